"""A sealed value opens where it was put and nowhere else."""

from __future__ import annotations

from base64 import b64encode
from itertools import product
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.sealed import Keyring, SealBroken, Sealing, row_key, sealing_of
from server.settings import BadSettings, from_environment
from tests.sealed.old import seal_old

OLD, NEW = {"k1": b"1" * 32}, {"k2": b"2" * 32}
RING = Keyring({**NEW, **OLD}, b"b" * 32)
ROWS = [row_key(UUID(int=n)) for n in range(3)]
COLUMNS = ("household.head_name", "household.telephone", "party.name")


def test_a_value_moved_to_another_row_column_or_table_does_not_open() -> None:
    places = list(product(COLUMNS, ROWS))
    for column, row in places:
        sealed = RING.seal(column, row, "示某甲")
        for there in places:
            if there == (column, row):
                assert RING.open(*there, sealed) == "示某甲"
            else:
                with pytest.raises(SealBroken):
                    RING.open(*there, sealed)


def test_what_stands_where_a_column_ends_and_a_row_begins_cannot_be_shifted() -> None:
    """Not only the bytes in sequence are bound: a longer column with a shorter row is another."""
    row = row_key(UUID(int=1), UUID(int=2))
    sealed = RING.seal("a", row, "示某甲")
    with pytest.raises(SealBroken):
        RING.open("a\x00" + row[:16].decode("latin1"), row[16:], sealed)


@given(st.lists(st.none() | st.text(), max_size=6), st.data())
def test_any_texts_under_any_keys_come_back_in_their_order(
    texts: list[str | None], data: st.DataObject
) -> None:
    rings = [Keyring(OLD, b"b" * 32), RING]
    carried: list[bytes | None] = []
    for n, text in enumerate(texts):
        row = row_key(UUID(int=n))
        how = data.draw(st.integers(0, 2))
        if text is None:
            carried.append(None)
        elif how == 2:
            carried.append(row + seal_old(OLD, "visit.note", text))
        else:
            carried.append(row + rings[how].seal("visit.note", row, text))
    assert RING.open_all("visit.note", carried) == texts


@given(st.binary(max_size=80))
def test_garbage_is_refused_by_name(garbage: bytes) -> None:
    with pytest.raises(SealBroken):
        RING.open("visit.note", ROWS[0], garbage)


def test_a_changed_byte_anywhere_is_noticed() -> None:
    sealed = RING.seal("visit.note", ROWS[0], "示例")
    for at in range(len(sealed)):
        changed = bytearray(sealed)
        changed[at] ^= 1
        with pytest.raises(SealBroken):
            RING.open("visit.note", ROWS[0], bytes(changed))


def test_a_value_tells_its_key_and_whether_it_is_bound_to_its_row() -> None:
    assert sealing_of(RING.seal("visit.note", ROWS[0], "示例")) == Sealing(2, "k2")
    assert sealing_of(seal_old(OLD, "visit.note", "示例")) == Sealing(1, "k1")
    for garbage in (b"", b"\x02", b"\x03k1\x00", b"\x02k1"):
        with pytest.raises(SealBroken):
            sealing_of(garbage)


def test_a_key_that_is_gone_opens_nothing() -> None:
    sealed = Keyring(OLD, b"b" * 32).seal("visit.note", ROWS[0], "示例")
    with pytest.raises(SealBroken):
        Keyring(NEW, b"b" * 32).open("visit.note", ROWS[0], sealed)


def test_keys_without_a_name_or_twice_of_one_name_are_refused_at_the_start() -> None:
    """The second of one name would silently take the place of the first."""
    key = b64encode(b"1" * 32).decode()
    known = {"WANGGE_DATABASE_URL": "postgresql:///x", "WANGGE_BLIND_KEY": key}
    for keys in (
        f":{key}",
        f"k1:{key},k1:{key}",
        f"k\x00:{key}",
        f"k1:{key},",
        "k1",
        f"k1:{key[:-2]}",
    ):
        with pytest.raises(BadSettings, match="WANGGE_SEAL_KEYS"):
            from_environment({**known, "WANGGE_SEAL_KEYS": keys})
    ready = from_environment({**known, "WANGGE_SEAL_KEYS": f"2026-01:{key},k1:{key}"})
    assert list(ready.seal_keys) == ["2026-01", "k1"]
