"""The pure vectors (clock, merge, digest, ids), worked out by `sync`."""

from __future__ import annotations

from typing import Any

import pytest

from sync.clock import correct, from_ms, stamp, to_ms
from sync.digest import digest
from sync.ids import uuid7
from sync.merge import merge
from sync.model import Change, Instant, Locked, Op, Presence, Proof, Stamp, Times
from sync.phone import digest as digest_of_a_phone
from tests.protocol.files import pure

CLOCK, MERGE = pure("clock"), pure("merge")


@pytest.mark.parametrize("case", CLOCK["corrections"], ids=lambda case: case["why"])
def test_a_time_is_corrected(case: dict[str, Any]) -> None:
    received = from_ms(case["received_at"])
    times = correct(Instant(**case["at"]), Instant(**case["clock"]), received)
    found = (to_ms(times.recorded_at), times.proof, times.received_at)
    assert found == (case["recorded_at"], case["proof"], received)


@pytest.mark.parametrize("case", CLOCK["stamps"], ids=lambda case: case["why"])
def test_a_change_is_stamped(case: dict[str, Any]) -> None:
    recorded = from_ms(case["recorded_at"])
    times = Times(recorded, Proof.PROVED, recorded)
    found = stamp(times, case["device"], case["n"], case["last_time"], reset=case["reset"])
    assert list(found) == case["stamp"]


@pytest.mark.parametrize("case", MERGE["cases"], ids=lambda case: case["why"])
def test_a_patch_meets_a_row(case: dict[str, Any]) -> None:
    stamps = {field: Stamp(*held) for field, held in case["stamps"].items()}
    here = Locked(Presence.PRESENT, case["row"], stamps)
    patch = Change(
        uuid7(0, 0), 1, "household", uuid7(0, 1), Op.PATCH, case["set"], Instant(0, 0, "b"),
        case["was"],
    )  # fmt: skip
    new = Stamp(*case["stamp"])
    merged = merge(here, patch, new, MERGE["mutable"], MERGE["sensitive"])
    assert merged.set == {field: case["set"][field] for field in case["won"]}
    assert merged.stamps == dict.fromkeys(case["won"], new)
    logged = [
        {"field": c.field, "ours": c.ours, "theirs": c.theirs, "was": c.was, "open": c.open}
        for c in merged.conflicts
    ]
    assert logged == case["conflicts"]


@pytest.mark.parametrize("case", pure("digest")["cases"], ids=lambda case: case["why"])
def test_a_bucket_is_counted_and_hashed_alike_on_both_sides(case: dict[str, Any]) -> None:
    rows = [(entity, id_, rev) for entity, id_, rev in case["rows"]]
    assert digest(rows) == digest_of_a_phone(rows) == (case["n"], case["h"])


@pytest.mark.parametrize("case", pure("uuid7")["cases"], ids=lambda case: case["id"])
def test_an_id_is_made(case: dict[str, Any]) -> None:
    assert uuid7(case["ms"], int(case["random"], 16)) == case["id"]
