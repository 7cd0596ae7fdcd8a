"""The machine: what may happen in a county, in any order.

A stage offers a county (`Stage`); the rules tell the same to the county and to the oracle. What
is asked of both is in `checks.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from sync.clock import to_ms
from sync.model import Op
from tests.sync.histories.book import Logged, Named
from tests.sync.histories.exchange import Told, explain
from tests.sync.histories.office import Office
from tests.sync.histories.oracle import Oracle
from tests.sync.histories.phones import ANY

HOURS = (1, 20, 70, 31 * 24)
DEEDS = ("move", "serve", "recuse", "delete", "edit", "release", "decide", "nothing")
Tell = Callable[[Oracle, int], Any]  # False: it could not have come of it then
Deed = Callable[[], Tell]  # done, it says what the oracle is to be told


class Histories(Office):
    """Four stores on three phones, three users, two cells, an office, and chance."""

    @initialize(page=st.sampled_from([1, 3, 1000]), batch=st.sampled_from([1, 2, 200]))
    def a_county(self, page: int, batch: int) -> None:
        li, wang, zhao = self.users
        for number, user in enumerate((li, li, wang, zhao)):
            shares = self.hands[2] if number == 3 else None
            self.hands.append(self.new_hand(user, number, page, batch, shares))
        self.assign(li, self.stage.cells[:1])
        self.assign(wang, self.stage.cells)
        self.assign(zhao, ())
        for cell in (*self.stage.cells, self.stage.cells[0]):
            self.a_house_is_entered(self.stage.cells.index(cell))
        if self.words.case:
            self.a_case_is_noted(0)

    @rule(hours=st.sampled_from(HOURS))
    def time_passes(self, hours: int) -> None:
        self.stage.pass_hours(hours)

    @rule(told=st.booleans())
    def a_backup_is_made_or_restored(self, told: bool) -> None:
        if self.saved is None:
            self.saved = (self.stage.backup(), self.oracle.copy())
            return
        self.stage.pass_seconds(1)
        self.stage.restore(self.saved[0], told)
        self.oracle.take_back(self.saved[1])
        self.saved, self.restored = None, "told" if told else "untold"

    @rule(house=ANY, cell=ANY, who=ANY, deed=st.sampled_from(DEEDS))
    def all_phones_sync_at_once(self, house: int, cell: int, who: int, deed: str) -> None:
        """While the office writes. Some order, one after the other, has to explain every answer."""
        for which, hand in enumerate(self.hands):
            if id_ := self.shown(hand, house):
                patch = self.fields(which % 2 == 0, cell + which)
                self.write(hand, self.words.house, Op.PATCH, patch, id_, None)
            self.visits_are_written_down(which, [house, cell], None)
        self.stage.pass_seconds(1)
        office = self.deed(deed, house, cell, self.users[who % 3])
        self.overheard = []
        self.stage.at_once([hand.app.sync for hand in self.hands], lambda: self.do(office))
        events, self.overheard = self.overheard, None
        explained = explain(self.oracle, events, self.stage)
        assert explained, [event.told() for event in events]
        self.oracle = explained

    def deed(self, deed: str, house: int, cell: int, user: str) -> Deed | None:
        """Something that the office does, and what the oracle is to be told of it."""
        id_ = self.any_house(house)
        if deed == "serve":
            return self.serves(user, ((), self.stage.cells[:1], self.stage.cells)[cell % 3])
        if deed == "recuse" and (apart := self.any_recusable(house)):
            return self.recuses(apart, user)
        if deed == "release" and (named := self.any_set_aside(house)):
            return self.releases(named)
        if deed == "decide" and (met := self.any_conflict(house)):
            return self.decides(met)
        if id_ is None or deed not in ("move", "delete", "edit"):
            return None
        return {"move": self.moves, "delete": self.deletes, "edit": self.edits}[deed](id_, cell)

    def serves(self, user: str, cells: Sequence[str]) -> Deed:
        def do() -> Tell:
            self.stage.serve(user, *cells)
            return lambda oracle, now: oracle.assign(user, frozenset(cells), now)

        return do

    def recuses(self, id_: str, user: str) -> Deed:
        def do() -> Tell:
            self.stage.recuse(id_, user)
            return lambda oracle, now: oracle.recuse(id_, user)

        return do

    def moves(self, id_: str, cell: int) -> Deed:
        def do() -> Tell:
            where = self.stage.cells[cell % len(self.stage.cells)]
            self.stage.move_houses([id_], where)
            return lambda oracle, now: oracle.move(id_, where, now)

        return do

    def deletes(self, id_: str, cell: int) -> Deed:
        def do() -> Tell:
            self.stage.delete_house(id_)
            return lambda oracle, now: oracle.delete(id_)

        return do

    def edits(self, id_: str, value: int) -> Deed:
        def do() -> Tell:
            fields = self.fields(value % 2 == 0, value)
            self.stage.edit_house(id_, fields)
            return lambda oracle, now: oracle.edit(id_, fields, now)

        return do

    def releases(self, named: Named) -> Deed:
        def do() -> Tell:
            status = self.stage.release(*named)
            return lambda oracle, now: oracle.release(*named, now) == status

        return do

    def decides(self, met: Logged) -> Deed:
        def do() -> Tell:
            self.stage.decide(met.mid, met.field, "theirs")
            return lambda oracle, now: oracle.decide(met.mid, met.field, "theirs", now)

        return do

    def do(self, deed: Deed | None) -> None:
        if deed and self.overheard is not None:
            tell = deed()
            now = to_ms(self.stage.done_at)
            self.overheard.append(Told(lambda oracle: tell(oracle, now) is not False))
