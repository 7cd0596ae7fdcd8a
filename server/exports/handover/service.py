"""What county IT does so that nobody types a thing twice: hand over what a platform has not heard.

The file first, then the books: a file takes its name when it is complete and on the disk, and only
then the transaction ends that says what was handed over. A crash before that gives the same rows
again in the next run, under the same number and name: nothing is lost, and a row is doubled only
where somebody delivered a file that `--list` does not show.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import yaml
from sqlalchemy.orm import Session

from server.approvals.rules import Act
from server.approvals.service import spend
from server.audit.service import record
from server.db import Identity
from server.exports.catalogue import EXPORTS
from server.exports.files import complete_file, digest_of, sweep
from server.exports.handover import queries, rules
from server.exports.handover.errors import BadHandoverMapping, FileThere, NoSuchHandover
from server.exports.handover.queries import ENTITIES
from server.exports.handover.rules import PlatformMap, SheetMap
from server.exports.lists import csv_lines, write_xlsx
from server.ladder.calendar import LOCAL

MAX_MAPPING: Final = 1 << 18  # bytes
_Rows = Iterator[list[Any]]


@dataclass(frozen=True, slots=True)
class HandedOver:
    """One hand-over: its number, its file, and how many rows of each kind. No file: nothing new.

    `changed_since`: of a repeated one, how many rows are told otherwise than the first time.
    """

    n: int
    path: Path | None
    counts: Mapping[str, Mapping[str, int]]
    changed_since: int = 0


def open_mapping(path: Path, platform: str) -> tuple[PlatformMap, bytes]:
    """The reviewed mapping of a platform, and its digest. Raises BadHandoverMapping."""
    try:
        with path.open("rb") as file:
            written = file.read(MAX_MAPPING + 1)
    except OSError as error:
        raise BadHandoverMapping(
            f"无法读取映射文件 {path}。 Cannot read the mapping file {path}: {error.strerror}."
        ) from error
    if len(written) > MAX_MAPPING:
        raise BadHandoverMapping("映射文件过大。 The mapping file is too large.")
    try:
        raw = yaml.safe_load(written)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise BadHandoverMapping("映射文件不是 YAML。 The mapping file is not YAML.") from error
    mapping = rules.read_platform(raw, _WORDS)
    if mapping.platform != platform:
        raise BadHandoverMapping(
            f"映射文件属于 {mapping.platform}。 The mapping file is for {mapping.platform}."
        )
    return mapping, hashlib.sha256(written).digest()


def hand_over(
    session: Session,
    by: Identity,
    mapping: PlatformMap,
    digest: bytes,
    place: Path,
    approval: UUID | None = None,
) -> HandedOver:
    """Write what is new or changed since the last hand-over, and keep what was told.

    `place`: a folder, where the file is named by platform and number; or a file, which must not be
    there. `approval`: a second person's, where persons can be read in it and there is anything to
    tell. Raises FileThere, NeedsApproval and its like. The caller commits: until then nothing
    counts as handed over.
    """
    platform = mapping.platform
    n = queries.lock_next(session, platform)
    path = _path(mapping, n, place)
    book = _Book(session, by, mapping, digest, n, path.name)
    sweep(path.parent, f"handover.{platform}")
    with complete_file(path, f"handover.{platform}") as part:
        _write(part, mapping, book.unheard)
        if not book.counts:
            part.unlink()
            return HandedOver(n, None, {})
        if mapping.personal:
            what = {"handover": platform, "mapping": digest.hex()}
            spend(session, by, approval, Act.EXPORT_BULK, what, rows=book.counts.total())
        file_digest = digest_of(part)
        queries.finish_handover(session, platform, n, file_digest, book.told())
        record(
            session,
            "handover.make",
            platform=platform,
            n=n,
            counts=book.told(),
            file=file_digest.hex(),
            mapping=digest.hex(),
        )
    return HandedOver(n, path, book.told())


def repeat_handover(
    session: Session,
    by: Identity,
    mapping: PlatformMap,
    digest: bytes,
    n: int,
    place: Path,
    approval: UUID | None = None,
) -> HandedOver:
    """The rows of an earlier hand-over once more, as they are today; nothing new is told.

    Raises NoSuchHandover, FileThere, NeedsApproval and its like.
    """
    queries.lock_next(session, mapping.platform)
    found = queries.find_handover(session, mapping.platform, n)
    if found is None:
        raise NoSuchHandover
    path = _path(mapping, n, place, again=True)
    if mapping.personal:
        what = {"handover": mapping.platform, "mapping": digest.hex(), "again": n}
        rows = sum(sum(changes.values()) for changes in found.counts.values())
        spend(session, by, approval, Act.EXPORT_BULK, what, rows=rows)
    changed = Counter[str]()

    def told(sheet: SheetMap) -> _Rows:
        batches = queries.list_told(session, mapping.platform, sheet.entity, by.now, n)
        for row in (row for batch in batches for row in batch):
            if row["before"] and row["before"] != rules.version_of(sheet, row, LOCAL):
                changed[sheet.entity] += 1
            yield rules.told(sheet, row, row["change"], LOCAL)

    with complete_file(path, f"handover.{mapping.platform}") as part:
        _write(part, mapping, told)
        record(session, "handover.repeat", platform=mapping.platform, n=n)
    return HandedOver(n, path, found.counts, changed.total())


class _Book:
    """What is told of each row, kept while the file is written."""

    def __init__(
        self,
        session: Session,
        by: Identity,
        mapping: PlatformMap,
        digest: bytes,
        n: int,
        file: str,
    ) -> None:
        self._session, self._by, self._platform, self._n = session, by, mapping.platform, n
        self._begun = {"at": by.now, "file": file, "mapping_digest": digest}
        self.counts = Counter[tuple[str, str]]()

    def unheard(self, sheet: SheetMap) -> _Rows:
        """Cells of the rows to tell; each batch is in the books before the next one is read."""
        entity = sheet.entity
        for batch in queries.list_unheard(self._session, self._platform, entity, self._by.now):
            told = list(self._judged(sheet, batch))
            self._keep(entity, told)
            for row, change, _ in told:
                yield rules.told(sheet, row, change, LOCAL)

    def told(self) -> dict[str, dict[str, int]]:
        """Entity → change → how many rows."""
        found: dict[str, dict[str, int]] = {}
        for (entity, change), count in self.counts.items():
            found.setdefault(entity, {})[change] = count
        return found

    def _judged(
        self, sheet: SheetMap, batch: Iterable[Mapping[Any, Any]]
    ) -> Iterator[tuple[Mapping[Any, Any], str, bytes]]:
        if sheet.entity == "visits":  # those that were told are not among them
            yield from ((row, "new", b"") for row in batch)
            return
        for row in batch:
            version = rules.version_of(sheet, row, LOCAL)
            ended = rules.has_ended(sheet, row)
            before = bytes(row["before"]) if row["before"] is not None else None
            change = rules.change_of(sheet, before, version, ended=ended)
            if change:
                yield row, change, version

    def _keep(self, entity: str, told: Sequence[tuple[Mapping[Any, Any], str, bytes]]) -> None:
        if not told:
            return
        if not self.counts:
            queries.insert_handover(
                self._session, platform=self._platform, n=self._n, **self._begun
            )
        row_of = {"platform": self._platform, "n": self._n, "entity": ENTITIES[entity]}
        queries.insert_rows(
            self._session,
            [
                {**row_of, "row_id": row["id"], "change": change, "version": version}
                for row, change, version in told
            ],
        )
        self.counts.update((entity, change) for _, change, _ in told)


def _write(path: Path, mapping: PlatformMap, rows_of: Callable[[SheetMap], _Rows]) -> None:
    sheets = [
        (sheet.name, [column.title for column in sheet.columns], rows_of(sheet))
        for sheet in mapping.sheets
    ]
    if mapping.format == "xlsx":
        write_xlsx(path, sheets)
        return
    ((_, titles, rows),) = sheets
    with path.open("w", encoding="utf-8", newline="") as file:
        file.writelines(csv_lines(titles, rows))


def _path(mapping: PlatformMap, n: int, place: Path, *, again: bool = False) -> Path:
    if place.is_dir():
        return place / f"{mapping.platform}-{n:04}{'-again' if again else ''}.{mapping.format}"
    if place.exists():
        raise FileThere(f"{place} 已存在，请换一个名称。 {place} exists; choose another name.")
    if not place.parent.is_dir():
        raise FileThere(f"没有文件夹 {place.parent}。 There is no folder {place.parent}.")
    return place


_WORDS: Mapping[str, Mapping[str, Sequence[str]]] = {
    entity: {
        **{column.name: list(column.words) for column in EXPORTS[entity].columns if column.words},
        "change": rules.CHANGES,
    }
    for entity in ENTITIES
}
