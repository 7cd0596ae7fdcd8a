"""Random histories with faults: whatever happened, at rest the invariants of the protocol hold."""

from __future__ import annotations

import random
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sync.digest import digest
from sync.line import Verb
from sync.memory import MemoryStore, State
from sync.model import Key, Op, Stamp
from tests.sync.field import FieldPhone
from tests.sync.sample import LI, NORTH, REGISTRY, SOUTH, WANG, SampleCounty

HISTORIES = 40
STEPS = 45
FAULTS = ("", "", "", "ask", "answer", "answer", "twice", "full")
CELLS = (NORTH, SOUTH)


class History:
    """Three phones of two workers, an office, and a run of chance."""

    def __init__(self, seed: int, folder: Path) -> None:
        self.chance = random.Random(seed)
        self.county = SampleCounty(seed)
        self.folder = folder
        self.phones = [self.new_phone(user, i) for i, user in enumerate((LI, LI, WANG))]
        self.written: dict[str, str] = {}  # mid → device
        self.backup: State | None = None
        for _ in range(3):
            self.county.write_house(self.chance.choice(CELLS))

    def new_phone(self, user: str, number: int, page: int | None = None) -> FieldPhone:
        phone = FieldPhone(
            self.county,
            user,
            self.county.new_id(),
            str(self.folder / f"{number}.sqlite"),
            page=page or self.chance.choice([1, 3, 1000]),
            batch=self.chance.choice([1, 2, 200]),
        )
        phone.line.watch = lambda verb, store, answer: self.check_5(phone, verb, store, answer)
        return phone

    # What happens.

    def run(self) -> None:
        deeds: list[tuple[Callable[[], None], int]] = [
            (self.somebody_writes, 12),
            (self.somebody_syncs, 12),
            (self.the_office_edits, 4),
            (self.a_house_moves, 3),
            (self.cells_change_hands, 3),
            (self.a_new_house, 2),
            (self.a_house_is_deleted, 1),
            (self.time_passes, 3),
            (self.a_backup_is_made, 1),
            (self.the_backup_is_restored, 1),
        ]
        acts, weights = [act for act, _ in deeds], [weight for _, weight in deeds]
        for act in self.chance.choices(acts, weights, k=STEPS):
            act()

    def somebody_writes(self) -> None:
        phone = self.chance.choice(self.phones)
        self.perhaps_dying(phone, lambda: self.write(phone))
        for change in phone.app.waiting():
            self.written[change["mid"]] = phone.device

    def write(self, phone: FieldPhone) -> None:
        houses = sorted(phone.app.rows("house"))
        kind = self.chance.choice(["create", "visit", "visit", "note", "place"])
        if kind == "create" or not houses:
            cell = self.chance.choice([*CELLS, "c:nowhere"])
            phone.app.record("house", Op.CREATE, self.county.new_house(cell))
        elif kind == "visit":
            house = self.chance.choice(houses)
            phone.app.record("visit", Op.APPEND, self.county.new_visit(house))
        else:
            values = self.county.places if kind == "place" else "甲乙丙"
            house = self.chance.choice(houses)
            phone.app.record("house", Op.PATCH, {kind: self.chance.choice(values)}, house)

    def somebody_syncs(self) -> None:
        phone = self.chance.choice(self.phones)
        phone.line.faults = iter(self.chance.choices(FAULTS, k=self.chance.randrange(6)))
        self.perhaps_dying(phone, phone.app.sync)
        phone.line.faults = iter(())

    def perhaps_dying(self, phone: FieldPhone, deed: Callable[[], Any]) -> None:
        dies = self.chance.random() < 0.25
        phone.die_after(self.chance.randrange(60) if dies else 10**9, deed)

    def the_office_edits(self) -> None:
        if house := self.any_house():
            field = self.chance.choice(["note", "place"])
            values = self.county.places if field == "place" else "子丑寅"
            self.county.edit_house(house, {field: self.chance.choice(values)})

    def a_house_moves(self) -> None:
        if house := self.any_house():
            self.county.move_house(house, self.chance.choice(CELLS))

    def a_house_is_deleted(self) -> None:
        if house := self.any_house():
            self.county.delete_house(house)

    def a_new_house(self) -> None:
        self.county.write_house(self.chance.choice(CELLS))

    def cells_change_hands(self) -> None:
        user = self.chance.choice([LI, WANG])
        self.county.assign(user, *self.chance.choice([(), (NORTH,), (SOUTH,), CELLS]))

    def time_passes(self) -> None:
        hours = self.chance.choice([1, 20, 70])
        self.county.pass_hours(hours)
        phone = self.chance.choice(self.phones)
        phone.clock.wrong = self.chance.randrange(-10, 10) * 3_600_000

    def a_backup_is_made(self) -> None:
        self.backup = self.county.db.backup()

    def the_backup_is_restored(self) -> None:
        if self.backup:
            members = self.county.db.state.members
            epoch = self.chance.choice([None, self.county.new_id()])
            self.county.db.restore(self.backup, epoch)
            self.county.db.state.members = dict(members)

    def any_house(self) -> str | None:
        records = self.county.db.state.records.items()
        houses = sorted(k.id for k, r in records if k.entity == "house" and not r.deleted)
        return self.chance.choice(houses) if houses else None

    # The end: no more faults, everybody syncs until nothing moves.

    def come_to_rest(self) -> None:
        for _ in range(2):  # the second time for what other phones pushed
            for phone in self.phones:
                assert not phone.app.sync().lost
        # A damaged phone may have asked for its one resync of the day already.
        self.county.pass_hours(24)
        for phone in self.phones:
            phone.app.sync()

    def check_1(self) -> None:
        """Phone = what the server lets it see, field by field, nothing more."""
        for phone in self.phones:
            assert contents(phone) == self.visible(phone.user)

    def check_2(self) -> None:
        """Every change is in history, the conflict log or quarantine, and took effect once."""
        state = self.county.db.state
        effects = Counter(note for note in state.journal.values() if isinstance(note, str))
        for mid, device in self.written.items():
            receipt = state.receipts[device, mid]
            kept = (device, mid) in state.quarantine
            assert effects[mid] == (0 if kept else 1), receipt
            assert kept == (receipt.status == "quarantined")
            if receipt.status in ("merged", "conflict"):
                assert any(c.mid == mid for c in state.conflicts.values())
        assert effects.total() == len(effects)

    def check_3(self) -> None:
        """Any paging and any lost answer gives the same end as one full pull."""
        for number, user in enumerate((LI, WANG), start=100):
            new = self.new_phone(user, number, page=1000)
            new.app.sync()
            assert all(contents(p) == contents(new) for p in self.phones if p.user == user)

    def check_4(self) -> None:
        """Heads kept = heads recomputed."""
        state = self.county.db.state
        for bucket, head in state.heads.items():
            feed = [entry for entry in state.feed.values() if entry.bucket == bucket]
            live = [(e.entity, e.id, e.seq) for e in feed if e.put]
            assert (head.n, head.h) == digest(live)
            assert head.seq == max(e.seq for e in feed)

    def check_5(
        self, phone: FieldPhone, verb: Verb, store: MemoryStore, answer: dict[str, Any]
    ) -> None:
        """No row content after revocation, replays included: checked at every answer."""
        if verb == "pull":
            for entities in answer["put"].values():
                for entity, table in entities.items():
                    assert all(store.holds(Key(entity, row[0])) for row in table["rows"])
        else:
            receipts = store.state.receipts
            for outcome in answer["outcomes"]:
                receipt = receipts[phone.device, outcome["mid"]]
                assert "row" not in outcome or store.holds(Key(receipt.entity, receipt.id))

    def check_6(self) -> None:
        """A field holds the value of the greatest stamp that was ever written to it."""
        wrote: dict[tuple[str, str], dict[Stamp, Any]] = defaultdict(dict)
        for note in self.county.db.state.journal.values():
            if not isinstance(note, str):
                id_, field, stamp, value = note
                assert wrote[id_, field].setdefault(stamp, value) == value
        for key, record in self.county.db.state.records.items():
            for field, stamp in record.stamps.items():
                assert stamp == max(wrote[key.id, field])
                assert record.row[field] == wrote[key.id, field][stamp]

    def check_7(self) -> None:
        """Seq order = commit order, no committed entry unstamped."""
        state = self.county.db.state
        seqs = [entry.seq for entry in state.feed.values()]
        marks = list(state.marks.values())
        assert state.pending == {}
        assert len(set(seqs)) == len(seqs)
        assert marks == sorted(set(marks))
        assert max(seqs) <= marks[-1]

    def check_8(self) -> None:
        """Outboxes drain once faults stop."""
        assert all(phone.app.waiting() == [] for phone in self.phones)

    def visible(self, user: str) -> dict[str, dict[str, dict[str, Any]]]:
        held = self.county.db.state.members[user]
        records = self.county.db.state.records
        return {
            name: {
                key.id: {column: record.row.get(column) for column in entity.columns(1)}
                for key, record in records.items()
                if key.entity == name and record.buckets & held
            }
            for name, entity in REGISTRY.items()
        }


def contents(phone: FieldPhone) -> dict[str, dict[str, dict[str, Any]]]:
    return {name: phone.app.rows(name) for name in REGISTRY}


@pytest.mark.parametrize("seed", range(HISTORIES))
def test_at_rest_the_invariants_hold(seed: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        history = History(seed, Path(folder))
        history.run()
        history.come_to_rest()
        history.check_1()
        history.check_2()
        history.check_3()
        history.check_4()
        history.check_6()
        history.check_7()
        history.check_8()
