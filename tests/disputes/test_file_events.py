"""What an act may say: each field with its own events, each need with what it asks for."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.disputes.rules.events import (
    EVENT_FIELDS,
    supplied,
    wrong_event,
)
from server.disputes.rules.kept import kept_in_event, said_in, terms_of
from server.disputes.rules.registering import DISPUTE_FIELDS, NewDispute, wrong_dispute
from server.disputes.rules.words import SENT_BY_PARTY
from server.ladder.kinds import Event, Need
from tests.smallcounty import START, id_of

ID = str(id_of("anybody"))
SOON = (START + timedelta(days=10)).date().isoformat()


def wrong(event: str, **said: Any) -> dict[str, str]:
    """What is wrong with an act that was noted just now."""
    return wrong_event({"dispute_id": ID, "event": event, **said}, START, START)


GOOD: list[tuple[str, dict[str, Any]]] = [
    ("hand_down", {"to_office": ID, "why": "交办"}),
    ("supervise", {"kind": "listed", "until": SOON, "why": "督办"}),
    ("lift", {"why": "已办结"}),
    ("request", {"party_id": ID}),
    ("recuse", {"person": ID}),
    ("dispose", {"disposition": "scheduled", "owner_id": ID, "by_date": SOON}),
    ("dispose", {"disposition": "joint_study", "offices": [ID, ID]}),
    (
        "settle",
        {"terms": [{"what": "付清工资", "due_on": SOON, "party_id": ID}], "form": "written"},
    ),
    ("settle", {"agreement": "各退半尺", "outcomes": [{"claim": 1, "outcome": "solved"}]}),
    ("fulfil", {"term": 2}),
    ("mediate", {"place": "村委会", "present": 5, "why": "第一次调解"}),
    ("honour", {"note_id": ID, "why": "属实"}),
]


@pytest.mark.parametrize(("event", "said"), GOOD)
def test_every_field_goes_with_its_event(event: str, said: dict[str, Any]) -> None:
    assert wrong(event, **said) == {}


@pytest.mark.parametrize(("event", "said"), GOOD)
def test_and_says_nothing_with_another(event: str, said: dict[str, Any]) -> None:
    lost = said.keys() - {"why", "agreement", "party_id"}
    assert wrong("accept", **said) == dict.fromkeys(lost, "not_with_this_event")


@pytest.mark.parametrize(
    ("event", "field", "value"),
    [
        ("hand_down", "to_office", "the township"),
        ("supervise", "kind", "ranked"),
        ("supervise", "until", "2026-2-30"),
        ("supervise", "until", "20260301"),
        ("supervise", "until", "1999-01-01"),  # before it was said
        ("supervise", "until", "9999-12-31"),
        ("dispose", "disposition", "later"),
        ("dispose", "by_date", 20260401),
        ("dispose", "offices", [ID] * 11),
        ("dispose", "offices", ID),
        ("settle", "form", "sealed"),
        ("settle", "terms", [{"what": "赔"}] * 21),
        ("settle", "terms", [{"what": "字" * 501}]),
        ("settle", "terms", [{"what": "  "}]),
        ("settle", "terms", [{"due_on": SOON}]),
        ("settle", "terms", [{"what": "赔", "fine": 1}]),
        ("settle", "terms", [{"what": "赔", "due_on": "1999-01-01"}]),
        ("settle", "terms", ["赔"]),
        ("settle", "outcomes", [{"claim": 1, "outcome": "solved"}] * 2),
        ("settle", "outcomes", [{"claim": True, "outcome": "solved"}]),
        ("settle", "outcomes", [{"claim": 0, "outcome": "solved"}]),
        ("settle", "outcomes", [{"claim": 1, "outcome": "won"}]),
        ("settle", "outcomes", [{"claim": 1}]),
        ("settle", "outcomes", {"1": "solved"}),
        ("fulfil", "term", 0),
        ("fulfil", "term", 1.5),
        ("mediate", "place", "村" * 101),
        ("mediate", "present", -1),
        ("note", "why", "字" * 4001),
        ("note", "why", {"zh": "字"}),
        ("note", "party_id", 7),
        ("accept", "mood", "fine"),
        ("accept", "rights_told", 1),
    ],
)
def test_a_wrong_value_is_named_by_its_field(event: str, field: str, value: Any) -> None:
    assert wrong(event, **{field: value}) == {field: f"bad_{field}"}


def test_what_the_clock_and_the_parties_do_staff_cannot_send() -> None:
    for event in (*("register", "climb", "overdue", "withdraw_climb", "rate"), "bribe", None, 7):
        assert "event" in wrong_event({"dispute_id": ID, "event": event}, START, START)
    rating = {"dispute_id": ID, "event": "rate", "rating": "fair"}
    assert wrong_event(rating, START, START, sent=SENT_BY_PARTY) == {}
    assert wrong_event({**rating, "rating": "5"}, START, START, sent=SENT_BY_PARTY) == {
        "rating": "bad_rating"
    }
    assert "event" in wrong_event(
        {"dispute_id": ID, "event": "accept"}, START, START, SENT_BY_PARTY
    )


@pytest.mark.parametrize(
    ("said", "enough"),
    [
        ({"disposition": "now"}, False),
        ({"disposition": "now", "why": "当场赔了"}, True),
        ({"disposition": "scheduled", "owner_id": ID}, False),
        ({"disposition": "scheduled", "by_date": SOON}, False),
        ({"disposition": "scheduled", "to_office": ID, "by_date": SOON}, True),
        ({"disposition": "joint_study"}, False),
        ({"disposition": "joint_study", "offices": [ID]}, True),
        ({"disposition": "explain", "why": " "}, False),
        ({"disposition": "explain", "why": "按当时的政策"}, True),
        ({"why": "没有处置意见"}, False),
    ],
)
def test_a_disposition_says_what_it_has_to_say(said: dict[str, Any], enough: bool) -> None:
    assert (Need.DISPOSITION in supplied(said)) is enough


def test_half_a_supervision_is_none() -> None:
    assert Need.SUPERVISION not in supplied({"kind": "listed"})
    assert Need.SUPERVISION not in supplied({"until": SOON})
    assert Need.SUPERVISION in supplied({"kind": "listed", "until": SOON})


def test_terms_are_an_agreement_too() -> None:
    assert Need.AGREEMENT in supplied({"terms": [{"what": "付清工资"}]})
    assert Need.AGREEMENT not in supplied({"terms": [], "agreement": " "})


def test_what_is_kept_beside_the_text_is_no_text_of_a_person() -> None:
    for event, said in GOOD:
        kept = kept_in_event({"event": event, **said})
        details = json.dumps(kept["details"], ensure_ascii=False)
        assert details.isascii(), details
    kept = kept_in_event({"why": "第一次调解", "place": "村委会", "present": 5})
    assert kept["why"] == "第一次调解\n地点 Place: 村委会"
    assert kept["details"] == {"present": 5}
    assert kept_in_event({"why": ""})["details"] is None


TERM = st.fixed_dictionaries(
    {"what": st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)},
    optional={"due_on": st.dates(date(2026, 4, 1), date(2100, 1, 1)), "party_id": st.uuids()},
)


@given(terms=st.lists(TERM, max_size=20), agreement=st.none() | st.text(max_size=60))
def test_terms_are_found_again_in_what_was_kept(
    terms: list[dict[str, Any]], agreement: str | None
) -> None:
    terms = [
        term for term in terms if term["what"].strip("\x00 \t\n") and "\x00" not in term["what"]
    ]
    said = {"agreement": agreement, "terms": terms}
    kept = kept_in_event(said)
    if kept["details"] is not None:  # as the database gives it back
        kept["details"] = json.loads(json.dumps(kept["details"]))
    found = terms_of(kept["agreement"], kept["details"])
    assert found == [
        {
            "what": " ".join(term["what"].split()),
            "due_on": term.get("due_on"),
            "party_id": term.get("party_id"),
        }
        for term in terms
    ]


@given(terms=st.lists(TERM, max_size=20), agreement=st.none() | st.text(max_size=60))
def test_what_was_kept_can_be_said_again(
    terms: list[dict[str, Any]], agreement: str | None
) -> None:
    """A person above honours a late record: what it said holds, word for word."""
    kept = kept_in_event({"why": "协商", "agreement": agreement, "terms": terms, "form": "oral"})
    assert kept_in_event(said_in(kept)) == kept


def test_the_form_knows_every_field_that_it_names() -> None:
    for name in EVENT_FIELDS - {"dispute_id", "event"}:
        assert wrong("settle", **{name: None}) == {}, name
    assert "mood" in wrong("settle", mood=None)
    assert Event.SETTLE.value == "settle"


NONSENSE: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=5)
    | st.sampled_from([ID, SOON, "settle", "solved", "oral"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["claim", "outcome", "what", "due_on"]), inner, max_size=3
        )
    ),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from([*sorted(EVENT_FIELDS), "mood"]), NONSENSE, max_size=5))
def test_whatever_a_phone_sends_is_judged_and_never_breaks(said: dict[str, Any]) -> None:
    if not wrong_event({"dispute_id": ID, "event": "note", **said}, START, START):
        assert supplied(said) <= set(Need)
        json.dumps(kept_in_event(said)["details"])


@given(
    st.dictionaries(st.sampled_from([*sorted(DISPUTE_FIELDS), "mood"]), NONSENSE, max_size=5),
    st.lists(NONSENSE, max_size=3),
)
def test_nor_does_what_it_registers(said: dict[str, Any], parties: list[Any]) -> None:
    whole = {"category": "other", "story": "示例", **said, "parties": parties}
    if not wrong_dispute(whole, START, START):
        new = NewDispute(uuid4(), whole, START, START)
        assert len(new.parties) == len(parties)
        assert (new.relation is None) is (new.related_id is None)
