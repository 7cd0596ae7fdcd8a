"""Texts that stand as 中文。 English are cut where the house ends the Chinese half, whoever's names
they hold."""

from __future__ import annotations

from collections.abc import Iterator

import server.app  # noqa: F401 -- every noun's errors are known
from server.console.frame.look import halves
from server.errors import WanggeError
from tests.console.cut import CASES


def test_each_half_keeps_the_names_that_stand_in_it() -> None:
    for text, zh, en in CASES:
        assert halves(text) == (zh, en), text


def test_every_error_of_the_house_has_two_halves() -> None:
    for error in _family(WanggeError):
        zh, en = halves(error.text)
        assert zh and en, error
        assert not any(one > "\u2e7f" for one in en), error


def _family(error: type[WanggeError]) -> Iterator[type[WanggeError]]:
    yield error
    for one in error.__subclasses__():
        yield from _family(one)
