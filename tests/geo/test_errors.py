"""Every refusal tells a person what to do next, in Chinese first."""

import copy
import re

import pytest

from geo.errors import GeoError, InvalidCode, InvalidTile

FAMILY: list[type[GeoError]] = [GeoError, *GeoError.__subclasses__()]


@pytest.mark.parametrize("error", FAMILY)
def test_each_has_a_slug_and_advice_in_both_languages(error: type[GeoError]) -> None:
    assert re.fullmatch("[a-z]+(-[a-z]+)*", error.slug)
    chinese, english = re.fullmatch("(.*?。) (.*)", str(error("甲乙"))).groups()  # type: ignore[union-attr] # no match is a red test
    assert re.search("[一-鿿]", chinese)
    assert re.search("[A-Za-z]{4}", english)


def test_slugs_are_each_their_own() -> None:
    assert len({error.slug for error in FAMILY}) == len(FAMILY)


def test_what_was_found_is_shown_but_cannot_flood_a_log() -> None:
    assert "“51192x”" in str(InvalidCode("51192x"))
    assert "\n" not in str(InvalidCode("511921\nforged line"))
    assert len(str(InvalidCode("9" * 10_000))) < 500


def test_an_error_survives_being_copied_to_another_process() -> None:
    assert str(copy.copy(InvalidTile("3/8/0"))) == str(InvalidTile("3/8/0"))
