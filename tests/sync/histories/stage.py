"""What the machine asks of a stage: a county on some store, its office, and a look behind it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from sync.registry import Registry
from tests.sync.histories.book import Fate, Logged, Named, Words
from tests.sync.histories.hands import HistoryLine


class Stage(Protocol):
    """One county for one history. What its methods do is committed when they return."""

    @property
    def words(self) -> Words: ...

    @property
    def cells(self) -> Sequence[str]: ...

    @property
    def people(self) -> Sequence[str]:
        """Three users."""

    @property
    def places(self) -> Sequence[Any]:
        """Three values of the sensitive field."""

    @property
    def nowhere(self) -> str:
        """A cell that there is not."""

    @property
    def registry(self) -> Registry: ...

    @property
    def time(self) -> datetime:
        """The time of the last thing that happened."""

    @property
    def done_at(self) -> datetime:
        """The time of the last thing that the office did."""

    def at_once(self, phones: Sequence[Callable[[], Any]], office: Callable[[], None]) -> None:
        """Do all of this at the same time, if the stage can."""

    def pass_seconds(self, seconds: int) -> None: ...

    def pass_hours(self, hours: int) -> None: ...

    def new_id(self) -> str: ...

    def enrol(self, user: str, number: int) -> str:
        """A new device of this user."""

    def new_line(self, county: Any, user: str) -> HistoryLine: ...

    def new_house(self, bucket: str) -> Mapping[str, Any]: ...

    def new_visit(self, house_id: str) -> Mapping[str, Any]: ...

    # The office.

    def serve(self, user: str, *cells: str) -> None: ...

    def write_house(self, bucket: str) -> str: ...

    def edit_house(self, id_: str, fields: Mapping[str, Any]) -> None: ...

    def move_houses(self, ids: Sequence[str], cell: str) -> None: ...

    def delete_house(self, id_: str) -> None: ...

    def erase_house(self, id_: str) -> None: ...

    def recuse(self, id_: str, user: str) -> None:
        """Or call back: of a case where there are cases, else of a house."""

    def write_case(self, cell: str) -> tuple[str, str]:
        """Its id, and that of the event that was told of it."""

    def move_case(self, id_: str, cell: str) -> None: ...

    def revoke(self, device: str) -> None: ...

    def release(self, device: str, mid: str) -> str:
        """Apply what was set aside; its status, or "refused" with nothing done."""

    def close(self, device: str, mid: str) -> None: ...

    def decide(self, mid: str, field: str, keep: str) -> None:
        """Whose value stays, "ours" or "theirs"."""

    def backup(self) -> Any: ...

    def restore(self, backup: Any, told: bool) -> None: ...

    # A look behind it.

    def fates(self, answer: Mapping[str, Any]) -> list[tuple[str, Fate]]:
        """The outcomes of a push, with the oracle's reasons."""

    def receipts(self) -> Mapping[Named, Fate]: ...

    def effects(self) -> Counter[str]:
        """How often each change took effect."""

    def history(self) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        """Every house and every visit there is, in the form of `Book.history`."""

    def aside(self) -> Mapping[Named, Mapping[str, Any]]:
        """What waits in quarantine, whole."""

    def log(self) -> Sequence[Logged]: ...

    def heads(self) -> tuple[Mapping[str, Any], Sequence[Any]]:
        """Heads as kept: bucket → (seq, n, h); and every entry: bucket, entity, id, put, seq."""

    def numbers(self) -> tuple[Sequence[int], int, Sequence[int]]:
        """The seqs of all entries, how many have none, and the seqs of the marks as written."""

    def newest_column(self, kind: str) -> str:
        """A column that only phones of the newest schema know."""
