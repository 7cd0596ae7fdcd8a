"""Whether a change is too large is answered without writing it out, and answered the same."""

from __future__ import annotations

from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from sync.judge import MAX_BYTES, TOO_LARGE, judge_size
from sync.model import Change, Instant, Op
from sync.wire import canonical

# Characters that take one, two, three, four and six bytes as JSON, by the thousand.
PIECES = st.sampled_from(["a", "é", "户", "𠀀", "\x01", '"'])
TEXTS = st.builds(lambda piece, times: piece * times, PIECES, st.integers(0, 70_000))
VALUES = TEXTS | st.none() | st.booleans() | st.integers() | st.lists(TEXTS, max_size=2)


def change_of(fields: dict[str, Any], was: dict[str, Any]) -> Change:
    id_ = "00000000-0000-7000-8000-000000000000"
    return Change(id_, 1, "visit", id_, Op.PATCH, fields, Instant(0, 0, "b"), was)


@given(st.dictionaries(TEXTS, VALUES, max_size=4), st.dictionaries(TEXTS, VALUES, max_size=2))
@example({"note": "\x01" * (MAX_BYTES // 16)}, {})
@example({"n" * 70_000: None}, {})
@example({f"f{k}": "" for k in range(10_000)}, {})
def test_the_limit_is_64_kb_of_canonical_json(fields: dict[str, Any], was: dict[str, Any]) -> None:
    change = change_of(fields, was)
    large = len(canonical(change)) > MAX_BYTES
    assert judge_size(change) == (TOO_LARGE if large else None)
