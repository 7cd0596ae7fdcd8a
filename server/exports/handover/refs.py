"""A platform's answer: which of our rows has which id there, for the next hand-over."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from uuid import UUID

from sqlalchemy.orm import Session

from server.audit.service import record
from server.exports.handover import queries
from server.exports.handover.errors import BadHandoverMapping, BadRefs
from server.exports.handover.rules import NAME
from server.sheets import Row, open_sheet

COLUMNS = {
    "ours": ("本系统编号", "系统编号", "我方编号", "our_id", "id"),
    "theirs": ("平台编号", "对方编号", "平台主键", "their_id", "external_id"),
}
_BATCH = 1000
_LONGEST = 200


@dataclass
class RefsLoaded:
    """What became of an answer. `rejected`: (line, why)."""

    read: int = 0
    new: int = 0
    changed: int = 0
    rejected: list[tuple[int, str]] = field(default_factory=list)


def load_refs(session: Session, path: Path, platform: str) -> RefsLoaded:
    """Keep the ids of an answer (our id, their id); once more changes nothing.

    A row whose id there is another one now gets the new one. An id of theirs that belongs to
    another row of the same kind is rejected: which of the two is right, only people know.
    Raises BadSheet, BadRefs, and BadHandoverMapping for the name of no platform.
    """
    if not NAME.fullmatch(platform):
        raise BadHandoverMapping(
            "平台名称应为小写字母与数字。 A platform is named by a-z, 0-9, _, -."
        )
    sheet = open_sheet(path, COLUMNS, [["ours"], ["theirs"]])
    loaded, seen = RefsLoaded(), set[UUID]()
    rows = iter(sheet.rows())
    while batch := list(islice(rows, _BATCH)):
        _keep(session, platform, batch, loaded, seen)
    if loaded.read == len(loaded.rejected):
        raise BadRefs
    record(
        session,
        "handover.refs",
        platform=platform,
        new=loaded.new,
        changed=loaded.changed,
        rejected=len(loaded.rejected),
    )
    return loaded


def _keep(
    session: Session,
    platform: str,
    batch: Sequence[Row],
    loaded: RefsLoaded,
    seen: set[UUID],
) -> None:
    pairs = list(_understood(batch, loaded, seen))
    ids = [ours for _, ours, _ in pairs]
    entities = queries.map_entities(session, ids)
    known = queries.map_refs(session, platform, ids)
    owners = dict(queries.map_owners(session, platform, [theirs for *_, theirs in pairs]))
    kept = []
    for line, ours, theirs in pairs:
        entity = entities.get(ours)
        if entity is None:
            loaded.rejected.append((line, "没有这一行 no such row here"))
        elif owners.setdefault((entity, theirs), ours) != ours:
            loaded.rejected.append((line, "平台编号已属于另一行 their id belongs to another row"))
        elif known.get(ours) != theirs:
            loaded.changed += ours in known
            loaded.new += ours not in known
            kept.append(
                {"entity": entity, "row_id": ours, "system": platform, "external_id": theirs}
            )
    queries.keep_refs(session, kept)


def _understood(
    batch: Sequence[Row], loaded: RefsLoaded, seen: set[UUID]
) -> Iterator[tuple[int, UUID, str]]:
    for row in batch:
        loaded.read += 1
        ours, theirs = _id(row.cells.get("ours", "")), row.cells.get("theirs", "")
        if ours is None:
            loaded.rejected.append((row.line, "本系统编号有误 our id is none"))
        elif not theirs or len(theirs) > _LONGEST or "\x00" in theirs:
            loaded.rejected.append((row.line, "缺平台编号或过长 no id of theirs, or too long"))
        elif ours in seen:
            loaded.rejected.append((row.line, "编号重复 our id occurred before"))
        else:
            seen.add(ours)
            yield row.line, ours, theirs


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
