"""The oracle's book: rows, who sees them, what was set aside and logged; all plain dictionaries.

Times are milliseconds since 1970, stamps are tuples (time, device, n).
"""

from __future__ import annotations

import copy
from collections import Counter
from typing import Any, NamedTuple, Self

Stamp = tuple[int, str, int]
Rows = dict[str, dict[str, dict[str, Any]]]
Fate = tuple[str, str | None]  # status, reason
Named = tuple[str, str]  # a change by device and mid

OFFICE = "office"  # whoever decides there: sees all, may write everywhere
UNWRITTEN: Stamp = (0, "", 0)  # of a field that was there from the first and nobody changed yet


class Words(NamedTuple):
    """What a county calls the things of the stories."""

    house: str
    visit: str
    plain: str  # a field of a house that the greater stamp wins
    sensitive: str  # one that a person decides
    cell: str  # the field of a house that says where it lies
    of_house: str  # the field of a visit that says whose it is
    case: str | None = None  # what people step aside from; None: houses themselves
    event: str | None = None  # what is told of a case


class Logged(NamedTuple):
    """One field in which two people met."""

    mid: str
    id: str
    field: str
    ours: Any
    theirs: Any
    asks: bool  # a person must decide
    decided: str | None = None  # "ours" or "theirs"


class Book:
    """All that a county must know. `copy` and `take_back` are a backup and its restore."""

    def __init__(self, words: Words, cells: tuple[str, ...]) -> None:
        self.words, self.cells = words, cells
        self.houses: dict[str, dict[str, Any]] = {}
        self.visits: dict[str, dict[str, Any]] = {}
        self.cases: dict[str, dict[str, Any]] = {}
        self.events: dict[str, str] = {}  # what was told → of which case
        self.gone: dict[str, str] = {}  # id → "deleted" or "erased"
        self.erased: set[str] = set()  # outside the database: no restore forgets it
        self.served: dict[str, list[tuple[int, frozenset[str]]]] = {}  # user → from when, cells
        self.devices: dict[str, dict[str, Any]] = {}
        self.fates: dict[Named, Fate] = {}
        self.numbers: dict[tuple[str, int], set[str]] = {}  # device, n → mids that were heard
        self.effects: Counter[str] = Counter()  # mid → how often it took effect
        self.aside: dict[Named, dict[str, Any]] = {}
        self.log: list[Logged] = []
        self.writes: dict[tuple[str, str], dict[Stamp, Any]] = {}

    def copy(self) -> Self:
        return copy.deepcopy(self)

    def take_back(self, backup: Self) -> None:
        """Be as the backup was, but for what is kept outside the database."""
        outside = self.erased
        self.__dict__.update(backup.copy().__dict__)
        self.erased = outside
        for id_ in sorted(outside):
            self._wipe(id_)

    # What must be so.

    def sees(self, user: str, id_: str) -> bool:
        """Whether a house, a case, or what hangs on one of them is this user's to see, now."""
        of = self.visits[id_]["house"] if id_ in self.visits else self.events.get(id_, id_)
        found = self.houses.get(of) or self.cases.get(of)
        if found is None or user == OFFICE:
            return found is not None
        return found["lay"][-1][1] in self.holds(user) and user not in found["recused"]

    def holds(self, user: str) -> frozenset[str]:
        if user == OFFICE:
            return frozenset(self.cells)
        return self.served[user][-1][1] if user in self.served else frozenset()

    def rows(self, user: str, schema: int) -> Rows:
        """All that a phone of this user must hold: kind → id → field → value."""
        return {
            kind: {id_: self.row(id_, schema) for id_ in there if self.sees(user, id_)}
            for kind, there in self.kinds().items()
        }

    def kinds(self) -> dict[str, Any]:
        """Kind → id → what is known of it."""
        kinds: dict[str, Any] = {self.words.house: self.houses, self.words.visit: self.visits}
        if self.words.case and self.words.event:
            kinds |= {self.words.case: self.cases, self.words.event: self.events}
        return kinds

    def row(self, id_: str, schema: int) -> dict[str, Any]:
        if id_ in self.visits:
            visit = self.visits[id_]
            new = {"proof": visit["proof"]} if schema >= 2 else {}
            return {self.words.of_house: visit["house"], "outcome": visit["outcome"], **new}
        if id_ in self.events:
            return {f"{self.words.case}_id": self.events[id_]}
        if id_ in self.cases:
            return {self.words.cell: self.cases[id_]["lay"][-1][1]}
        house = self.houses[id_]
        values = {field: value for field, (_, value) in house["fields"].items()}
        return {self.words.cell: house["lay"][-1][1], **values}

    def history(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Every house and every visit, whoever may see it: with stamps, and with who wrote it."""
        houses = {id_: (row["lay"][-1][1], row["fields"]) for id_, row in self.houses.items()}
        told = ("house", "outcome", "proof", "done_by", "recorded_by")
        visits = {id_: tuple(row[name] for name in told) for id_, row in self.visits.items()}
        return houses, visits

    # How rows come and go.

    def make_house(
        self, id_: str, cell: str, fields: dict[str, Any], stamp: Stamp, now: int
    ) -> None:
        self.houses[id_] = {"lay": [(now, cell)], "recused": set(), "fields": {}}
        for field, value in fields.items():
            self.write(id_, field, value, stamp)

    def write(self, id_: str, field: str, value: Any, stamp: Stamp) -> None:
        self.houses[id_]["fields"][field] = (stamp, value)
        self.writes.setdefault((id_, field), {})[stamp] = value

    def delete(self, id_: str, how: str = "deleted") -> None:
        for visit in [v for v, row in self.visits.items() if row["house"] == id_]:
            del self.visits[visit]
            self.gone[visit] = how
        del self.houses[id_]
        self.gone[id_] = how

    def erase(self, id_: str) -> None:
        """The house, its visits, and whatever was set aside or logged of them."""
        self.erased |= self._about(id_)
        self._wipe(id_)

    def of_house(self, change: dict[str, Any]) -> str | None:
        """The house that a change names beside its own id."""
        named: str | None = change["set"].get(self.words.of_house)
        return named

    def _about(self, id_: str) -> set[str]:
        """The ids of a house, of its visits, and of what was set aside for it."""
        visits = {v for v, row in self.visits.items() if row["house"] == id_}
        kept = (kept["change"] for kept in self.aside.values())
        return {id_} | visits | {change["id"] for change in kept if self.of_house(change) == id_}

    def _wipe(self, id_: str) -> None:
        about = self._about(id_)
        if id_ in self.houses:
            self.delete(id_, "erased")
        self.visits = {v: row for v, row in self.visits.items() if v not in about}
        self.gone |= dict.fromkeys(about, "erased")
        self.log = [line for line in self.log if line.id not in about]
        self.aside = {
            k: kept for k, kept in self.aside.items() if kept["change"]["id"] not in about
        }
