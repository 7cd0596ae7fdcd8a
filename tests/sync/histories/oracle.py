"""The oracle: what a county must know after what happened, in plain dictionaries.

A naive statement of the protocol, written from its description and not from its code: one change
after the other, one row after the other, no sets, no locks, no feed, no cursors. It is told what
the office did and what every phone really delivered, and says what must have come of it. Times
are milliseconds since 1970, stamps are tuples (time, device, n).
"""

from __future__ import annotations

import copy
from collections import Counter
from typing import Any, NamedTuple

Stamp = tuple[int, str, int]
Rows = dict[str, dict[str, dict[str, Any]]]
Fate = tuple[str, str | None]  # status, reason


class Words(NamedTuple):
    """What a county calls the things of the stories."""

    house: str
    visit: str
    plain: str  # a field of a house that the greater stamp wins
    sensitive: str  # one that a person decides
    cell: str  # the field of a house that says where it lies
    of_house: str  # the field of a visit that says whose it is


REMEMBERED = 60 * 24 * 3600 * 1000  # how long the server knows what it has answered

# What a change may end as without taking effect, by the oracle's own names.
EFFECTIVE = frozenset({"applied", "merged", "conflict"})


class Oracle:
    """All that a county must know. `copy` and `take_back` are a backup and its restore."""

    def __init__(self, words: Words, cells: tuple[str, ...]) -> None:
        self.words, self.cells = words, cells
        self.houses: dict[str, dict[str, Any]] = {}
        self.visits: dict[str, dict[str, Any]] = {}
        self.gone: dict[str, str] = {}  # id → "deleted" or "erased"
        self.erased: set[str] = set()  # outside the database: no restore forgets it
        self.served: dict[str, list[tuple[int, frozenset[str]]]] = {}  # user → from when, cells
        self.devices: dict[str, dict[str, Any]] = {}
        self.fates: dict[tuple[str, str], Fate] = {}  # device, mid
        self.effects: Counter[str] = Counter()  # mid → how often it took effect
        self.aside: dict[tuple[str, str], dict[str, Any]] = {}
        self.log: list[tuple[str, str, str, Any, Any, bool]] = []
        self.writes: dict[tuple[str, str], dict[Stamp, Any]] = {}

    # What the office does.

    def enrol(self, device: str, user: str) -> None:
        self.devices[device] = {"user": user, "next_n": 1, "last": 0, "revoked": False}

    def assign(self, user: str, cells: frozenset[str], now: int) -> None:
        self.served.setdefault(user, []).append((now, cells))

    def revoke(self, device: str) -> None:
        self.devices[device]["revoked"] = True

    def house(self, id_: str, cell: str, fields: dict[str, Any], now: int) -> None:
        self._make_house(id_, cell, fields, (now, "", 0), now)

    def edit(self, id_: str, field: str, value: Any, now: int) -> None:
        self._write(id_, field, value, (now, "", 0))

    def move(self, id_: str, cell: str, now: int) -> None:
        self.houses[id_]["lay"].append((now, cell))

    def recuse(self, id_: str, user: str) -> None:
        """Or call back: whoever is recused of a house neither sees it nor its visits."""
        self.houses[id_]["recused"] ^= {user}

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

    def copy(self) -> Oracle:
        return copy.deepcopy(self)

    def take_back(self, backup: Oracle) -> None:
        """Be as the backup was, but for what is kept outside the database."""
        outside = self.erased
        self.__dict__.update(backup.copy().__dict__)
        self.erased = outside
        for id_ in sorted(outside):
            self._wipe(id_)

    # What phones deliver.

    def take_push(self, device: str, body: dict[str, Any], now: int) -> list[tuple[str, Fate]]:
        """What must be answered, change by change; stops at a hole."""
        known = self.devices[device]
        answers = []
        for change in sorted(body["changes"], key=lambda change: int(change["n"])):
            if change["n"] > known["next_n"]:
                break
            fate = self.fates.get((device, change["mid"]))
            if fate is None:
                reset = change["n"] < known["next_n"]
                stamp = self._stamp(device, change, body["clock"], now, reset)
                fate = self._decide(known, change, stamp, body["clock"], now)
                if fate[0] in EFFECTIVE and reset:
                    fate = (fate[0], "device_reset")
                self._remember(device, change, fate)
            elif fate[0] in EFFECTIVE:
                fate = ("duplicate", fate[1])
            known["next_n"] = max(known["next_n"], change["n"] + 1)
            answers.append((change["mid"], fate))
        return answers

    # What must be so.

    def sees(self, user: str, id_: str) -> bool:
        """Whether a house or a visit is this user's to see, now."""
        house = self.houses.get(self.visits[id_]["house"] if id_ in self.visits else id_)
        return (
            house is not None
            and house["lay"][-1][1] in self.holds(user)
            and user not in house["recused"]
        )

    def holds(self, user: str) -> frozenset[str]:
        return self.served[user][-1][1] if user in self.served else frozenset()

    def rows(self, user: str) -> Rows:
        """All that a phone of this user must hold: kind → id → field → value."""
        return {
            self.words.house: {id_: self.row(id_) for id_ in self.houses if self.sees(user, id_)},
            self.words.visit: {id_: self.row(id_) for id_ in self.visits if self.sees(user, id_)},
        }

    def row(self, id_: str) -> dict[str, Any]:
        if id_ in self.visits:
            return {self.words.of_house: self.visits[id_]["house"]}
        house = self.houses[id_]
        values = {field: value for field, (_, value) in house["fields"].items()}
        return {self.words.cell: house["lay"][-1][1], **values}

    # One change.

    def _decide(
        self, known: dict[str, Any], change: dict[str, Any], stamp: Stamp, clock: Any, now: int
    ) -> Fate:
        id_, user = change["id"], known["user"]
        if self.gone.get(id_) == "erased" or self._of(change) in self.erased:
            return ("rejected", "erased")
        if known["revoked"]:
            return ("quarantined", "device_revoked")
        if change["entity"] not in (self.words.house, self.words.visit):
            return ("quarantined", "hole" if change["entity"] == "hole" else "unknown_entity")
        if change["op"] == "patch":
            return self._patch(user, change, stamp)
        if id_ in self.gone:
            return ("quarantined", "deleted")
        if id_ in self.houses or id_ in self.visits:
            return ("quarantined", "id_taken")
        if change["entity"] == self.words.house:
            return self._create(user, change, stamp, now)
        return self._append(user, change, corrected(change["at"], clock, now))

    def _create(self, user: str, change: dict[str, Any], stamp: Stamp, now: int) -> Fate:
        fields = dict(change["set"])
        cell = fields[self.words.cell]
        if not self.holds(user):
            return ("quarantined", "not_yours")
        if cell not in self.cells:
            return ("quarantined", "no_such_cell")
        mutable = {f: fields[f] for f in (self.words.plain, self.words.sensitive)}
        self._make_house(change["id"], cell, mutable, stamp, now)
        return ("applied", None)

    def _append(self, user: str, change: dict[str, Any], recorded: int) -> Fate:
        """Judged by where the house lay and what the user served when it was written down."""
        house = self.houses.get(str(self._of(change)))
        if house is None:
            return ("quarantined", "not_served")
        if at(house["lay"], recorded) not in at_or_none(self.served.get(user, []), recorded):
            return ("quarantined", "not_served")
        self.visits[change["id"]] = {"house": self._of(change), "mid": change["mid"]}
        return ("applied", None)

    def _patch(self, user: str, change: dict[str, Any], stamp: Stamp) -> Fate:
        id_ = change["id"]
        if not change["set"].keys() <= {self.words.plain, self.words.sensitive}:
            return ("quarantined", "field_not_mutable")
        if id_ in self.gone:
            return ("quarantined", "deleted")
        if id_ not in self.houses or not self.sees(user, id_):
            return ("quarantined", "no_such_row")
        fates = {self._meet(change, field, stamp) for field in change["set"]}
        worst = [f for f in ("conflict", "merged", "applied") if f in fates]
        return (worst[0] if worst else "applied", None)

    def _meet(self, change: dict[str, Any], field: str, stamp: Stamp) -> str:
        """The greater stamp wins. `was` says only whether anybody has to hear of it."""
        id_, theirs, was = change["id"], change["set"][field], change["was"].get(field)
        held, ours = self.houses[id_]["fields"][field]
        wins = stamp > held
        if ours == theirs or (wins and was == ours):
            if wins:
                self._write(id_, field, theirs, stamp)
            return "applied"
        asks = field == self.words.sensitive
        self.log.append((change["mid"], id_, field, ours, theirs, asks))
        if asks:
            return "conflict"
        self.writes[id_, field][stamp] = theirs
        if wins:
            self._write(id_, field, theirs, stamp)
        return "merged"

    def _remember(self, device: str, change: dict[str, Any], fate: Fate) -> None:
        self.fates[device, change["mid"]] = fate
        if fate[0] in EFFECTIVE:
            self.effects[change["mid"]] += 1
        if fate[0] == "quarantined":
            self.aside[device, change["mid"]] = change

    def _stamp(
        self, device: str, change: dict[str, Any], clock: Any, now: int, reset: bool
    ) -> Stamp:
        known = self.devices[device]
        recorded = corrected(change["at"], clock, now)
        floor = known["last"] + 1 if reset else known["last"]
        if reset and now - recorded >= REMEMBERED:
            floor = 1  # perhaps a replay of what is long forgotten: it wins over nothing
        time = max(floor, recorded)
        known["last"] = max(known["last"], time)
        return (time, device, change["n"])

    def _make_house(
        self, id_: str, cell: str, fields: dict[str, Any], stamp: Stamp, now: int
    ) -> None:
        self.houses[id_] = {"lay": [(now, cell)], "recused": set(), "fields": {}}
        for field, value in fields.items():
            self._write(id_, field, value, stamp)

    def _write(self, id_: str, field: str, value: Any, stamp: Stamp) -> None:
        self.houses[id_]["fields"][field] = (stamp, value)
        self.writes.setdefault((id_, field), {})[stamp] = value

    def _of(self, change: dict[str, Any]) -> str | None:
        """The house that a change names beside its own id."""
        named: str | None = change["set"].get(self.words.of_house)
        return named

    def _about(self, id_: str) -> set[str]:
        """The ids of a house, of its visits, and of what was set aside for it."""
        visits = {v for v, row in self.visits.items() if row["house"] == id_}
        aside = {c["id"] for c in self.aside.values() if self._of(c) == id_}
        return {id_} | visits | aside

    def _wipe(self, id_: str) -> None:
        about = self._about(id_)
        if id_ in self.houses:
            self.delete(id_, "erased")
        self.visits = {v: row for v, row in self.visits.items() if v not in about}
        self.gone |= dict.fromkeys(about, "erased")
        self.log = [line for line in self.log if line[1] not in about]
        self.aside = {key: c for key, c in self.aside.items() if c["id"] not in about}


def corrected(then: dict[str, Any], clock: dict[str, Any], now: int) -> int:
    """When it was: measured within one boot, else claimed; never after receipt."""
    if then["boot"] == clock["boot"] and clock["elapsed"] >= then["elapsed"]:
        return int(now - (clock["elapsed"] - then["elapsed"]))
    claimed = int(then["wall"] + (now - clock["wall"]))
    return claimed if claimed <= now else now


def at(story: list[tuple[int, Any]], when: int) -> Any:
    """What was so at that time; before there was anything, the first."""
    return next((value for since, value in reversed(story) if since <= when), story[0][1])


def at_or_none(story: list[tuple[int, frozenset[str]]], when: int) -> frozenset[str]:
    return next((value for since, value in reversed(story) if since <= when), frozenset())
