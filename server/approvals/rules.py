"""Pure: which acts need a second person, what a matter looks like, in what state an approval is."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from server.approvals.errors import BadMatter


class Act(StrEnum):
    """What one person alone cannot do."""

    EXPORT_BULK = "export.bulk"  # 批量导出: unmasked, of many or of the whole county
    CASE_DELETE = "case.delete"  # 删除案卷
    AUDIT_SETTINGS = "audit.settings"  # 变更审计设置


class State(StrEnum):
    """Where an approval stands; all but the first two are ends."""

    WAITING = "waiting"
    APPROVED = "approved"
    USED = "used"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"  # nobody decided in time
    LAPSED = "lapsed"  # approved, and not used in time


TO_DECIDE: Final = timedelta(hours=72)
TO_USE: Final = timedelta(hours=24)
MAX_WAITING: Final = 20  # of one person
MAX_MATTER: Final = 4096  # characters of its canonical JSON
LISTED: Final = {"list", "cases"}  # files that ended long ago: digest of their list, how many
_KEY: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")


def state_of(
    verdict: str | None, used_at: datetime | None, expires_at: datetime, now: datetime
) -> State:
    """Where it stands; at `expires_at` itself its time is over."""
    if used_at is not None:
        return State.USED
    over = now >= expires_at
    if verdict is None:
        return State.EXPIRED if over else State.WAITING
    if verdict == State.APPROVED:
        return State.LAPSED if over else State.APPROVED
    return State(verdict)


def matter(act: str, what: Mapping[str, object]) -> tuple[dict[str, Any], bytes]:
    """What is asked for as it is kept, and the digest by which it is compared. Raises BadMatter.

    Slugs to texts, whole numbers, booleans, ids or lists of them; an empty (None) one is left out.
    """
    kept = {key: _plain(value) for key, value in what.items() if value is not None}
    if not kept or not all(isinstance(key, str) and _KEY.fullmatch(key) for key in kept):
        raise BadMatter
    if act == Act.CASE_DELETE and kept.keys() != LISTED:
        kept = {"dispute": _id(kept)}
    text = json.dumps(kept, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    if len(text) > MAX_MATTER:
        raise BadMatter
    return kept, hashlib.sha256(f"{act} {text}".encode("utf-8", "surrogatepass")).digest()


def _id(kept: Mapping[str, Any]) -> str:
    if kept.keys() != {"dispute"}:
        raise BadMatter(errors={"what": "dispute_alone"})
    try:
        return str(UUID(kept["dispute"]))
    except (ValueError, TypeError, AttributeError):
        raise BadMatter(errors={"what": "bad_id"}) from None


def _plain(value: object) -> Any:
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bool | int | str):
        return value
    if isinstance(value, list | tuple) and not any(isinstance(one, list | tuple) for one in value):
        return [_plain(one) for one in value]
    raise BadMatter
