"""A million guesses at codes, and a village behind one network, by the limiter's own arithmetic."""

from __future__ import annotations

from random import Random

import pytest

from server.access.factors.rules import DIGITS
from server.access.signing.rules import Comer, tries_of_code, tries_of_stranger
from server.codes import ALPHABET, LENGTH
from server.limits.rules import Bucket
from server.resident.service import FEW
from tests import smallcounty
from tests.limits.bucket_model import BucketModel
from tests.smallcounty import id_of

CODES = len(ALPHABET) ** (LENGTH - 1)  # the sixteenth character checks
LIVING = 100_000  # parties with a code whose case is not long over
KNOWN = smallcounty.settings("")
KNOCKS, IN_ALL = KNOWN.resident_knocks, KNOWN.resident_knocks_in_all
DAY = 24 * 3600.0


def look(model: BucketModel, network: bytes, now: float) -> bool:
    """Whether this look by code comes in: as server.resident.service.knock asks."""
    own, few = Bucket("resident", network, KNOCKS), Bucket("resident.few", network, FEW)
    everybody = Bucket("resident", b"", IN_ALL)
    return not model.knock([own, few], now) or not model.knock([everybody, own], now)


@pytest.mark.parametrize(
    "guesses", [20_000, pytest.param(1_000_000, marks=pytest.mark.long)], ids=str
)
def test_a_million_guesses_find_no_code(guesses: int) -> None:
    model, now, came_in = BucketModel(), 0.0, 0
    for _ in range(guesses):
        came_in += look(model, b"guesser", now)
        now += 0.1  # ten a second, turned away or not
    assert came_in <= KNOCKS + now / 60 * KNOCKS + 1
    assert came_in * LIVING / CODES < 1e-9


def test_a_million_guesses_that_come_in_would_not_either_and_take_long() -> None:
    assert 1_000_000 * LIVING / CODES < 1e-9
    assert 1_000_000 / KNOCKS / 60 > 5 * 24  # hours, from one network
    assert 1_000_000 / IN_ALL / 60 > 5  # hours, from any number of large ones


def test_a_village_behind_one_network_looks_while_others_guess() -> None:
    """A hundred look within ten minutes of the reply; forty networks guess."""
    chance, model = Random(3), BucketModel()
    evening = sorted(chance.triangular(0, 600, 100) for _ in range(100))
    assert all(look(model, b"village", at) for at in evening)  # a quiet evening: nobody waits
    model, waited = BucketModel(), []
    looks = [(at, b"village") for at in evening]
    guesses = [(n / 60, bytes([n % 40])) for n in range(60 * 600)]  # sixty a second
    for at, network in sorted([*looks, *guesses]):
        came_in = look(model, network, at)
        if network == b"village" and not came_in:
            waited.append(next(s for s in range(1, 61) if look(model, network, at + s)))
    assert not waited or max(waited) <= 60
    assert len(waited) < len(looks) / 2


def test_a_password_is_guessed_from_one_network_a_few_times_an_hour() -> None:
    for_a_day = _allowed(lambda model, n, now: _guess(model, "county", b"one", now))
    assert for_a_day <= 10 + 24 * 12 + 1
    spread = _allowed(lambda model, n, now: _guess(model, f"login-{n}", b"one", now), every=10)
    assert spread <= 60 + 24 * 60 * 6 + 1  # logins in turn: the network's own limit


def test_a_password_is_guessed_from_everywhere_a_few_hundred_times_a_day() -> None:
    spread = _allowed(
        lambda model, n, now: _guess(model, "county", bytes([n % 250]), now), every=10
    )
    assert spread <= 50 + 24 * 12 + 1


def test_a_code_of_six_digits_is_found_once_in_years() -> None:
    def guess(model: BucketModel, n: int, now: float) -> bool:
        user, device = id_of("user"), id_of(f"device {n}")
        return not model.knock(tries_of_code(user, device, _plain, own=False), now)

    a_day = _allowed(guess)
    three_steps = 3 / 10**DIGITS
    assert a_day <= 5 + 24 * 6 + 1
    assert 1 / (a_day * three_steps) > 2 * 365


def _guess(model: BucketModel, login: str, network: bytes, now: float) -> bool:
    comer = Comer(login, id_of("device"), "", network.hex())
    return not model.knock(tries_of_stranger(comer, _plain), now)


def _plain(*parts: str) -> bytes:
    return "\0".join(parts).encode()


def _allowed(guess: object, every: int = 60) -> int:
    """How many of a day's guesses are looked at, one in so many seconds."""
    model = BucketModel()
    moments = range(0, int(DAY), every)
    return sum(guess(model, n, float(now)) for n, now in enumerate(moments))  # type: ignore[operator]
