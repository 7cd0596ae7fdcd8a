"""What may happen at the office, in any order."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.sync.histories.book import Logged, Named
from tests.sync.histories.phones import ANY, PLAIN, Phones

KEEP = st.sampled_from(["ours", "theirs"])


class Office(Phones):
    """Workers' desks. A second passes before each deed: its stamp is greater than any phone's."""

    @rule(cell=ANY)
    def a_house_is_entered(self, cell: int) -> None:
        self.stage.pass_seconds(1)
        where = self.stage.cells[cell % len(self.stage.cells)]
        id_ = self.stage.write_house(where)
        made = self.stage.new_house(where)
        fields = {name: made[name] for name in (self.words.plain, self.words.sensitive)}
        self.oracle.house(id_, where, fields, self.now)

    @rule(house=ANY, plain=PLAIN, value=ANY)
    def a_house_is_edited(self, house: int, plain: bool, value: int) -> None:
        if id_ := self.any_house(house):
            self.edit(id_, self.fields(plain, value))

    @rule(houses=st.sets(ANY, min_size=1, max_size=3), cell=ANY)
    def the_cells_are_redrawn(self, houses: set[int], cell: int) -> None:
        where = self.stage.cells[cell % len(self.stage.cells)]
        ids = sorted({id_ for house in houses if (id_ := self.any_house(house))})
        if ids:
            self.stage.pass_seconds(1)
            self.stage.move_houses(ids, where)
            for id_ in ids:
                self.oracle.move(id_, where, self.now)

    @rule(house=ANY)
    def a_house_is_deleted(self, house: int) -> None:
        if id_ := self.any_house(house):
            self.stage.delete_house(id_)
            self.oracle.delete(id_)

    @rule(house=ANY)
    def a_house_is_erased(self, house: int) -> None:
        if id_ := self.any_house(house):
            self.stage.erase_house(id_)
            self.oracle.erase(id_)

    @precondition(lambda self: self.words.case)
    @rule(cell=ANY)
    def a_case_is_noted(self, cell: int) -> None:
        self.stage.pass_seconds(1)
        where = self.stage.cells[cell % len(self.stage.cells)]
        self.oracle.case(*self.stage.write_case(where), where, self.now)

    @precondition(lambda self: self.oracle.cases)
    @rule(which=ANY, cell=ANY)
    def a_case_goes_to_a_cell(self, which: int, cell: int) -> None:
        if id_ := self.any_recusable(which):
            where = self.stage.cells[cell % len(self.stage.cells)]
            self.stage.pass_seconds(1)
            self.stage.move_case(id_, where)
            self.oracle.move_case(id_, where, self.now)

    @rule(which=ANY, who=ANY)
    def somebody_is_recused(self, which: int, who: int) -> None:
        if id_ := self.any_recusable(which):
            user = self.users[who % len(self.users)]
            self.stage.recuse(id_, user)
            self.oracle.recuse(id_, user)

    @rule(who=ANY, which=ANY)
    def cells_change_hands(self, who: int, which: int) -> None:
        cells = self.stage.cells
        self.stage.pass_seconds(1)
        self.assign(self.users[who % 3], ((), cells[:1], cells[1:], cells, cells)[which % 5])

    @precondition(lambda self: len(self.written) > 9 and not self.lost)
    @rule(which=ANY)
    def a_phone_is_lost(self, which: int) -> None:
        device = self.hand(which).device
        self.stage.revoke(device)
        self.oracle.revoke(device)
        self.lost = self.hand(which)

    @rule(which=ANY, apply=st.booleans())
    def somebody_decides_about_what_was_set_aside(self, which: int, apply: bool) -> None:
        if named := self.any_set_aside(which):
            self.settle(named, apply)

    @rule(apply=st.booleans(), again=st.booleans())
    def the_desk_is_cleared(self, apply: bool, again: bool) -> None:
        """Everything is released or closed, and phones offer what had found no room there."""
        for named in sorted(self.oracle.aside):
            self.settle(named, apply)
            if named in self.oracle.aside:
                self.settle(named, apply=False)
        if again:
            self.all_phones_sync()
            self.what_met_a_full_quarantine_is_sent_again(None)

    def settle(self, named: Named, apply: bool) -> None:
        self.stage.pass_seconds(1)
        if not apply:
            self.stage.close(*named)
            self.oracle.close(*named)
            return
        status = self.stage.release(*named)
        assert status == self.oracle.release(*named, self.now), self.oracle.fates[named]

    @rule(keep=KEEP, which=ANY)
    def somebody_decides_a_conflict(self, keep: str, which: int) -> None:
        if met := self.any_conflict(which):
            self.stage.pass_seconds(1)
            self.stage.decide(met.mid, met.field, keep)
            self.oracle.decide(met.mid, met.field, keep, self.now)

    def any_recusable(self, which: int) -> str | None:
        there = sorted(self.oracle.cases if self.words.case else self.oracle.houses)
        return there[which % len(there)] if there else None

    def any_set_aside(self, which: int) -> Named | None:
        waiting = list(self.oracle.aside)
        return waiting[which % len(waiting)] if waiting else None

    def any_conflict(self, which: int) -> Logged | None:
        log = self.oracle.log
        waiting = [c for c in log if c.asks and not c.decided and c.id in self.oracle.houses]
        return waiting[which % len(waiting)] if waiting else None
