"""Texts that stand as 中文。 English are cut where the house ends the Chinese half, whoever's names
they hold."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from shapely import box

import server.app  # noqa: F401 -- every noun's errors are known
from geo.partition import check
from server.audit.errors import NoHeads
from server.errors import WanggeError, halves, in_both
from server.moves.errors import CellsDoNotTile
from server.places.imports.errors import BadPlaces
from server.policies.errors import BadPolicyFile
from server.policies.rules.written import read_policy
from tests.console.cut import CASES


def test_each_half_keeps_the_names_that_stand_in_it() -> None:
    for text, zh, en in CASES:
        assert halves(text) == (zh, en), text


def test_a_refusal_that_says_where_says_it_in_both_languages() -> None:
    west, east = "511921100201001", "511921100201002"
    told = check(box(0, 0, 2, 1), {west: box(0, 0, 1.5, 1), east: box(1, 0, 2, 1)})
    zh, en = halves(CellsDoNotTile(told).detail)
    assert f"如 {west}, {east}：两个网格重叠" in zh
    assert f"such as {west}, {east}: Two cells overlap" in en
    assert "重叠" not in en


def test_what_is_said_behind_a_text_is_said_in_both_halves() -> None:
    """The name of a file, old codes, the line of a list: nobody reads one half and misses it."""
    shape = check(box(0, 0, 2, 1), {"511921100201001": box(0, 0, 1, 1)})
    line = in_both("第 3 行： line 3:", "代码重复：511921", "the code occurs twice: 511921")
    for error, said in (
        (NoHeads(in_both(NoHeads.text, "/样/heads.txt")), "/样/heads.txt"),
        (BadPlaces([line]), "511921"),
        (BadPlaces([line, line]), "1"),
        (CellsDoNotTile(shape), "1"),
    ):
        for half, other in zip(halves(error.detail), halves(error.text), strict=True):
            assert half.startswith(other), error
            assert said in half.removeprefix(other), error
    with pytest.raises(BadPolicyFile) as refused:
        read_policy(b"version: 1\nversion: 2\n")
    zh, en = halves(refused.value.detail)
    assert "第 1 行：“version”出现两次" in zh
    assert "Line 1: “version” occurs twice" in en


def test_every_error_of_the_house_has_two_halves() -> None:
    for error in _family(WanggeError):
        zh, en = halves(error.text)
        assert all((zh, en)), error
        assert not any(one > "\u2e7f" for one in en), error


def _family(error: type[WanggeError]) -> Iterator[type[WanggeError]]:
    yield error
    for one in error.__subclasses__():
        yield from _family(one)
