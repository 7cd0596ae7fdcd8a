"""A party's code: made anywhere, written by hand, typed on any phone."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.codes import (
    ALPHABET,
    LENGTH,
    RANDOM_BYTES,
    bare_code,
    grouped,
    new_code,
    read_code,
)
from tests.docs.blocks import blocks_of

CODES = st.binary(min_size=RANDOM_BYTES, max_size=RANDOM_BYTES).map(new_code)
PLACES = st.integers(0, LENGTH - 1)


@given(CODES)
def test_a_code_is_read_as_it_was_made(code: str) -> None:
    assert len(code) == LENGTH
    assert set(code) <= set(ALPHABET)
    assert read_code(code) == read_code(grouped(code)) == code


@given(CODES, PLACES, st.sampled_from(ALPHABET))
def test_every_single_wrong_character_is_found(code: str, at: int, wrong: str) -> None:
    typed = code[:at] + wrong + code[at + 1 :]
    assert read_code(typed) == (code if wrong == code[at] else None)


@given(CODES, PLACES, PLACES)
def test_every_two_that_changed_places_are_found(code: str, one: int, other: int) -> None:
    typed = list(code)
    typed[one], typed[other] = typed[other], typed[one]
    swapped = "".join(typed)
    assert read_code(swapped) == (code if swapped == code else None)


@given(
    CODES,
    st.sampled_from([" ", "-", "－", "　", " - ", "·", ".", "—", "，", "：", "\u200b"]),
    st.booleans(),
)
def test_it_is_typed_as_people_type(code: str, between: str, wide: bool) -> None:
    typed = between.join(code[n : n + 4] for n in range(0, LENGTH, 4)).lower()
    if wide:
        typed = "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in typed)
    assert read_code(f"  {typed}\n") == code


@given(CODES)
def test_what_looks_alike_is_taken_for_what_is_meant(code: str) -> None:
    assert read_code(code.replace("D", "0").replace("V", "U")) == code
    assert read_code(code.replace("D", "o").replace("V", "u")) == code
    assert read_code(code.replace("D", "Q")) == code


def test_no_two_characters_look_alike() -> None:
    for alike in ("0OQD", "1IL", "2Z", "5S", "8B", "UV"):
        assert sum(one in ALPHABET for one in alike) <= 1


@given(st.text(max_size=300))
def test_whatever_is_typed_is_read_or_is_none(typed: str) -> None:
    read = read_code(typed)
    assert read is None or read_code(read) == read
    assert len(bare_code(typed)) <= 64 * 18  # what one character may be spread to


@pytest.mark.parametrize("chance", [b"", bytes(15), bytes(17)])
def test_a_code_is_made_from_sixteen_random_bytes(chance: bytes) -> None:
    with pytest.raises(ValueError, match="16"):
        new_code(chance)


def test_codes_are_spread_over_all_there_are() -> None:
    # 64 bits and more: half of all numbers of 128 bits never give the same code.
    assert len(ALPHABET) ** (LENGTH - 1) > 2**64
    made = {new_code(n.to_bytes(16, "big")) for n in range(5000)}
    assert len(made) == 5000


def test_the_vectors_of_the_page_hold() -> None:
    (block,) = [block for block in blocks_of("residents.md") if block.kind == "json vectors"]
    for chance, code in json.loads(block.text):
        assert grouped(new_code(bytes.fromhex(chance))) == code
