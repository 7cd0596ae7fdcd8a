"""The oracle: what a county must know after what happened.

A naive statement of the protocol, written from its description and not from its code: one change
after the other, one row after the other, no sets, no locks, no feed, no cursors. It is told what
the office did and what every phone really delivered, and says what must have come of it.
"""

from __future__ import annotations

from typing import Any

from tests.sync.histories.book import OFFICE, UNWRITTEN, Book, Fate, Logged, Stamp

REMEMBERED = 60 * 24 * 3600 * 1000  # how long the server knows what it has answered
ROOM_ASIDE = 3  # open changes of one device: the county's thousand, so that histories meet it

# What a change may end as without being refused, by the oracle's own names.
EFFECTIVE = frozenset({"applied", "merged", "conflict"})


class Oracle(Book):
    """The book, and all that may happen to it."""

    # What the office does.

    def enrol(self, device: str, user: str) -> None:
        self.devices[device] = {"user": user, "next_n": 1, "last": 0, "revoked": False}

    def assign(self, user: str, cells: frozenset[str], now: int) -> None:
        self.served.setdefault(user, []).append((now, cells))

    def revoke(self, device: str) -> None:
        self.devices[device]["revoked"] = True

    def house(self, id_: str, cell: str, fields: dict[str, Any], now: int) -> None:
        self.make_house(id_, cell, fields, UNWRITTEN, now)

    def edit(self, id_: str, fields: dict[str, Any], now: int) -> None:
        for field, value in fields.items():
            self.write(id_, field, value, (now, "", 0))

    def move(self, id_: str, cell: str, now: int) -> None:
        self.houses[id_]["lay"].append((now, cell))

    def case(self, id_: str, event: str, cell: str, now: int) -> None:
        """A case and what was told of it first."""
        self.cases[id_] = {"lay": [(now, cell)], "recused": set()}
        self.events[event] = id_

    def move_case(self, id_: str, cell: str, now: int) -> None:
        self.cases[id_]["lay"].append((now, cell))

    def recuse(self, id_: str, user: str) -> None:
        """Or call back: whoever is recused neither sees it nor what hangs on it."""
        (self.cases.get(id_) or self.houses[id_])["recused"] ^= {user}

    def release(self, device: str, mid: str, now: int) -> str:
        """Apply after all what was set aside, by its own stamp; the status, or "refused"."""
        kept = self.aside[device, mid]
        fate = self._judge(OFFICE, self.devices[device]["user"], kept, now)
        if fate[0] not in EFFECTIVE:
            return "refused"
        del self.aside[device, mid]
        self.effects[mid] += 1
        return fate[0]

    def close(self, device: str, mid: str) -> None:
        """Leave it unapplied for good."""
        del self.aside[device, mid]

    def decide(self, mid: str, field: str, keep: str, now: int) -> None:
        """Whose value of a sensitive field stays; the phone's is set as an edit of the office."""
        at = next(i for i, line in enumerate(self.log) if (line.mid, line.field) == (mid, field))
        line = self.log[at]
        self.log[at] = line._replace(decided=keep)
        if keep == "theirs":
            self.edit(line.id, {field: line.theirs}, now)

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
                fate = self._answer_first(device, change, body["clock"], now)
            elif fate[0] in EFFECTIVE:
                fate = ("duplicate", fate[1])
            known["next_n"] = max(known["next_n"], change["n"] + 1)
            answers.append((change["mid"], fate))
        return answers

    def _answer_first(
        self, device: str, change: dict[str, Any], clock: dict[str, Any], now: int
    ) -> Fate:
        known, mid = self.devices[device], change["mid"]
        reset = change["n"] < known["next_n"]
        recorded, proof = corrected(change["at"], clock, now)
        said = {"change": change, "recorded": recorded, "proof": proof}
        said["stamp"] = self._stamp(device, change["n"], recorded, now, reset)
        fate = self._bar(known, change) or self._judge(known["user"], known["user"], said, now)
        if fate[0] in EFFECTIVE:
            fate = (fate[0], "device_reset" if reset else None)
            self.effects[mid] += 1
        if fate[0] == "quarantined":
            if sum(of == device for of, _ in self.aside) >= ROOM_ASIDE:
                fate = ("rejected", "quarantine_full")  # it stays on the phone
            else:
                self.aside[device, mid] = said | {"stamp": (recorded, device, change["n"])}
        self.fates[device, mid] = fate
        self.numbers.setdefault((device, change["n"]), set()).add(mid)
        return fate

    # One change.

    def _bar(self, known: dict[str, Any], change: dict[str, Any]) -> Fate | None:
        if self.gone.get(change["id"]) == "erased" or self.of_house(change) in self.erased:
            return ("rejected", "erased")
        return ("quarantined", "device_revoked") if known["revoked"] else None

    def _judge(self, user: str, author: str, said: dict[str, Any], now: int) -> Fate:
        """`user` answers for it, `author` did it: not the same where the office releases it."""
        change = said["change"]
        id_, entity = change["id"], change["entity"]
        if entity not in (self.words.house, self.words.visit):
            return ("quarantined", "hole" if entity == "hole" else "unknown_entity")
        if change["op"] == "patch":
            return self._patch(user, change, said["stamp"])
        if id_ in self.gone:
            return ("quarantined", "deleted")
        if id_ in self.houses or id_ in self.visits:
            return ("quarantined", "id_taken")
        if entity == self.words.house:
            return self._create(user, change, said["stamp"], now)
        return self._append(user, author, said)

    def _create(self, user: str, change: dict[str, Any], stamp: Stamp, now: int) -> Fate:
        fields = dict(change["set"])
        cell = fields[self.words.cell]
        if not self.holds(user):
            return ("quarantined", "not_yours")
        if cell not in self.cells:
            return ("quarantined", "no_such_cell")
        mutable = {f: fields[f] for f in (self.words.plain, self.words.sensitive)}
        self.make_house(change["id"], cell, mutable, stamp, now)
        return ("applied", None)

    def _append(self, user: str, author: str, said: dict[str, Any]) -> Fate:
        """Judged by where the house lay and what the user served when it was written down."""
        change, recorded = said["change"], said["recorded"]
        house = self.houses.get(str(self.of_house(change)))
        if house is None:
            return ("quarantined", "not_served")
        served = at_or_none(self.served.get(user, []), recorded)
        if user != OFFICE and at(house["lay"], recorded) not in served:
            return ("quarantined", "not_served")
        self.visits[change["id"]] = {
            "house": self.of_house(change),
            "outcome": change["set"]["outcome"],
            "proof": said["proof"],
            "done_by": author,
            "recorded_by": user,
        }
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
                self.write(id_, field, theirs, stamp)
            return "applied"
        asks = field == self.words.sensitive
        self.log.append(Logged(change["mid"], id_, field, ours, theirs, asks))
        if asks:
            return "conflict"
        self.writes[id_, field][stamp] = theirs
        if wins:
            self.write(id_, field, theirs, stamp)
        return "merged"

    def _stamp(self, device: str, n: int, recorded: int, now: int, reset: bool) -> Stamp:
        known = self.devices[device]
        floor = known["last"] + 1 if reset else known["last"]
        if reset and now - recorded >= REMEMBERED:
            floor = 1  # perhaps a replay of what is long forgotten: it wins over nothing
        time = max(floor, recorded)
        known["last"] = max(known["last"], time)
        return (time, device, n)


def corrected(then: dict[str, Any], clock: dict[str, Any], now: int) -> tuple[int, str]:
    """When it was: measured within one boot, else claimed; never after receipt."""
    if then["boot"] == clock["boot"] and clock["elapsed"] >= then["elapsed"]:
        return int(now - (clock["elapsed"] - then["elapsed"])), "proved"
    claimed = int(then["wall"] + (now - clock["wall"]))
    return (claimed if claimed <= now else now), "claimed"


def at(story: list[tuple[int, Any]], when: int) -> Any:
    """What was so at that time; before there was anything, the first."""
    return next((value for since, value in reversed(story) if since <= when), story[0][1])


def at_or_none(story: list[tuple[int, frozenset[str]]], when: int) -> frozenset[str]:
    return next((value for since, value in reversed(story) if since <= when), frozenset())
