"""From where somebody asks: a network is a source, and nobody chooses it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.limits.rules import network_of, source_of


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("::ffff:203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:1:2::3", "2001:db8:1::/48"),
        ("fe80::1%eth0", "fe80::/48"),
        ("", "unknown"),
        ("nonsense", "unknown"),
    ],
)
def test_a_network_is_a_source(address: str, network: str) -> None:
    assert network_of(address) == network


@given(st.text(max_size=80))
def test_any_address_has_a_source(address: str) -> None:
    assert network_of(source_of(address, None))


def test_the_last_of_several_is_the_one_that_our_proxy_wrote() -> None:
    assert source_of("198.51.100.1, 203.0.113.7", "127.0.0.1") == "203.0.113.7"
    assert source_of(None, "127.0.0.1") == "127.0.0.1"
    assert source_of("", None) == ""
