"""What a change is about, and what may be put right: whatever nonsense a phone sent."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from server.syncing.review.rules import (
    CORRECTABLE,
    about,
    corrected,
    read_change,
    without_codes,
    wrong_corrections,
)
from sync.model import Change, Instant, Op
from sync.wire import canonical
from tests.smallcounty import id_of

AT = Instant(1, 2, "示例")
KINDS = [*CORRECTABLE, ("hole", Op.APPEND), ("malformed", Op.APPEND), ("later", Op.PATCH)]
IDS = st.uuids().map(str)
FIELDS = st.sampled_from(
    ["household_id", "village_id", "dispute_id", "parties", "note", "people", "done_by", "x"]
)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | IDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(FIELDS, inner, max_size=3),
    max_leaves=6,
)


@st.composite
def changes(draw: st.DrawFn) -> Change:
    """Any change that the wire lets through."""
    entity, op = draw(st.sampled_from(KINDS))
    said = draw(st.dictionaries(FIELDS, VALUES, max_size=4))
    return Change(draw(IDS), draw(st.integers(1, 2**53)), entity, draw(IDS), op, said, AT)


@given(changes())
def test_any_change_can_be_set_aside_and_read_again(change: Change) -> None:
    needs, village = about(change)  # within a push: an error here would block the phone
    assert all(found is None or isinstance(found, UUID) for found in (needs, village))
    assert read_change(canonical(change).decode()) == change


@given(changes(), st.dictionaries(FIELDS, VALUES, max_size=4))
def test_a_correction_touches_nothing_but_what_it_names(
    change: Change, corrections: dict[str, Any]
) -> None:
    said = corrected(change.set, corrections)
    assert {n: v for n, v in said.items() if n not in corrections} == {
        n: v for n, v in change.set.items() if n not in corrections
    }
    assert all(said[n] == v for n, v in corrections.items() if v is not None)
    if not wrong_corrections(change, corrections):
        new = corrections.keys() - change.set.keys()
        assert new <= CORRECTABLE.get((change.entity, change.op), frozenset())


def test_what_each_change_leans_on() -> None:
    home, case, village = (str(id_of(name)) for name in ("A1w-1", "case", "A1"))

    def of(entity: str, op: Op, **said: Any) -> tuple[UUID | None, UUID | None]:
        return about(Change(home, 1, entity, home, op, said, AT))

    assert of("visit", Op.APPEND, household_id=home) == (UUID(home), None)
    assert of("household", Op.PATCH, people=1) == (UUID(home), None)
    assert of("household", Op.CREATE, village_id=village) == (None, UUID(village))
    assert of("dispute_event", Op.APPEND, dispute_id=case) == (UUID(case), None)
    parties = ["x", {}, {"household_id": home}]
    assert of("dispute", Op.CREATE, parties=parties) == (UUID(home), None)


CODES = ["HJ4T-AAAA-BBBB-CCCC", "HJ4T-DDDD-EEEE-FFFF"]


def test_a_partys_code_is_shown_to_nobody() -> None:
    parties = [{"id": str(id_of(f"party {k}")), "code": code} for k, code in enumerate(CODES)]
    said = {"story": "示例", "parties": parties}
    cut_off = json.dumps({"text": json.dumps({"set": said})})[:-40]
    shown = json.dumps(without_codes({**said, "text": cut_off, "more": [[said]]}))
    assert not any(code in shown for code in CODES)
    assert without_codes(said)["story"] == "示例"


def test_a_corrected_party_keeps_the_code_that_was_sent() -> None:
    parties: list[dict[str, Any]] = [{"id": "1", "code": CODES[0]}, {"code": CODES[1]}]
    put_right = [{**one, "name": "示某"} for one in without_codes(parties)]
    kept = corrected({"parties": parties}, {"parties": put_right})["parties"]
    assert [one["code"] for one in kept] == CODES
    stranger = corrected({"parties": parties}, {"parties": [{"id": "9", "code": "****"}]})
    assert stranger["parties"] == [{"id": "9", "code": "****"}]  # which no register takes
