"""The machine: what may happen in a county, in any order.

A stage offers a county (`Stage`); the rules tell the same to the county and to the oracle. What
is asked of both is in `checks.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from sync.clock import to_ms
from sync.model import Op
from sync.phone import RowsLocked
from tests.sync.histories.checks import Checked
from tests.sync.histories.exchange import Told, explain
from tests.sync.histories.hands import Hand
from tests.sync.histories.oracle import Oracle

FAULTS = ("", "ask", "answer", "answer", "twice", "full")
HOURS = (1, 20, 70, 31 * 24)

ANY = st.integers(0, 30)  # picks a house, a phone, a cell: the remainder counts
DEATH = st.none() | st.integers(0, 60)
TEXTS = st.sampled_from("甲乙丙")
PLAIN = st.booleans()


DEEDS = ("move", "serve", "delete", "nothing")
Deed = tuple[Callable[[], None], Callable[[Oracle, int], None]]


class Histories(Checked):
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

    # On the phones.

    @rule(which=ANY, houses=st.lists(ANY, min_size=1, max_size=4), death=DEATH)
    def visits_are_written_down(self, which: int, houses: list[int], death: int | None) -> None:
        hand = self.hand(which)
        for house in houses:
            if id_ := self.shown(hand, house):
                visit = self.stage.new_visit(id_)
                self.write(hand, self.words.visit, Op.APPEND, visit, None, death)

    @rule(which=ANY, house=ANY, plain=PLAIN, value=ANY, death=DEATH)
    def a_house_is_corrected(
        self, which: int, house: int, plain: bool, value: int, death: int | None
    ) -> None:
        hand = self.hand(which)
        if id_ := self.shown(hand, house):
            self.write(hand, self.words.house, Op.PATCH, self.fields(plain, value), id_, death)

    @rule(which=ANY, cell=ANY)
    def a_house_is_made(self, which: int, cell: int) -> None:
        places = [*self.stage.cells, self.stage.nowhere]
        made = self.stage.new_house(places[cell % len(places)])
        self.write(self.hand(which), self.words.house, Op.CREATE, made, None, None)

    @rule(which=ANY, house=ANY)
    def a_house_is_made_and_visited(self, which: int, house: int) -> None:
        hand = self.hand(which)
        made = self.stage.new_house(self.stage.cells[house % 2])
        id_ = self.write(hand, self.words.house, Op.CREATE, made, None, None)
        self.write(hand, self.words.visit, Op.APPEND, self.stage.new_visit(id_), None, None)

    @rule(which=ANY, house=ANY, kind=st.sampled_from(["field", "entity", "unseen", "nobody"]))
    def a_phone_blunders(self, which: int, house: int, kind: str) -> None:
        """An old or broken app: what it writes must be kept for a person and block nothing."""
        hand, houses = self.hand(which), sorted(self.oracle.houses)
        id_ = houses[house % len(houses)] if houses and kind != "nobody" else self.stage.new_id()
        if kind == "field":
            self.write(hand, self.words.house, Op.PATCH, {"colour": "red"}, id_, None)
        elif kind == "entity":
            self.write(hand, "quest", Op.APPEND, {}, None, None)
        else:  # some other's house, or nobody's
            self.write(hand, self.words.visit, Op.APPEND, self.stage.new_visit(id_), None, None)
            self.write(hand, self.words.house, Op.PATCH, self.fields(True, house), id_, None)

    @rule(which=ANY, faults=st.lists(st.sampled_from(FAULTS), max_size=5), death=DEATH)
    def a_phone_syncs(self, which: int, faults: list[str], death: int | None) -> None:
        hand = self.hand(which)
        hand.line.faults = iter(faults)
        hand.dying(death, hand.app.sync)
        hand.line.faults = iter(())

    @rule()
    def all_phones_sync(self) -> None:
        for hand in self.hands:
            hand.app.sync()

    @rule(which=ANY)
    def a_phone_is_switched_off_and_on(self, which: int) -> None:
        self.hand(which).reboot()

    @rule(which=ANY, hours=st.integers(-80, 80))
    def a_phone_gets_a_wrong_clock(self, which: int, hours: int) -> None:
        self.hand(which).clock.wrong = hours * 3_600_000

    @rule(which=ANY)
    def a_phone_learns_new_columns(self, which: int) -> None:
        self.hand(which).learn(2)

    @rule(which=ANY, house=ANY, after=st.booleans())
    def a_phone_is_copied_or_put_back(self, which: int, house: int, after: bool) -> None:
        """Whoever repairs it restores yesterday's copy: what was written since is lost with it."""
        hand = self.hand(which)
        if not hand.copied:
            hand.copy_file()
            return
        if after:
            hand.app.sync()  # the server has heard more than the copy knows
        hand.put_copy_back()
        self.visits_are_written_down(which, [house], None)

    @rule(one=ANY, other=ANY, house=ANY, plain=PLAIN, value=ANY, office=st.booleans())
    def several_correct_one_house(
        self, one: int, other: int, house: int, plain: bool, value: int, office: bool
    ) -> None:
        """Each without knowing of the others, and who wrote first need not be heard first."""
        hands = self.hand(one), self.hand(other)
        for hand in hands:
            hand.app.sync()
        if not (id_ := self.shown(hands[0], house)):
            return
        for turn, hand in enumerate(hands):
            fields = self.fields(plain, value + turn)
            self.write(hand, self.words.house, Op.PATCH, fields, id_, None)
            self.stage.pass_seconds(1)
        if office:
            self.edit(id_, self.fields(plain, value + 2))
        for hand in reversed(hands):
            hand.app.sync()

    # At the office. A second passes before each deed: its stamp is greater than any phone's.

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

    @precondition(lambda self: self.stage.knows_recusal)
    @rule(house=ANY, who=ANY)
    def somebody_is_recused(self, house: int, who: int) -> None:
        if id_ := self.any_house(house):
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
        self.lost = True

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
        self.saved, self.restored = None, True

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
        stage, where = self.stage, self.stage.cells[cell % len(self.stage.cells)]
        id_ = self.any_house(house)
        if deed == "serve":
            cells = ((), self.stage.cells[:1], self.stage.cells)[cell % 3]
            return (
                lambda: stage.serve(user, *cells),
                lambda oracle, now: oracle.assign(user, frozenset(cells), now),
            )
        if id_ is None or deed == "nothing":
            return None
        if deed == "move":
            return (
                lambda: stage.move_houses([id_], where),
                lambda oracle, now: oracle.move(id_, where, now),
            )
        return lambda: stage.delete_house(id_), lambda oracle, now: oracle.delete(id_)

    def do(self, deed: Deed | None) -> None:
        if deed and self.overheard is not None:
            do, tell = deed
            do()
            now = to_ms(self.stage.done_at)
            self.overheard.append(Told(lambda oracle: tell(oracle, now)))

    # What the rules lean on.

    @property
    def now(self) -> int:
        """The time of the last thing that the office did."""
        return to_ms(self.stage.done_at)

    def hand(self, which: int) -> Hand:
        return self.hands[which % len(self.hands)]

    def any_house(self, house: int) -> str | None:
        houses = sorted(self.oracle.houses)
        return houses[house % len(houses)] if houses else None

    def shown(self, hand: Hand, house: int) -> str | None:
        """A house that the person sees on this phone."""
        try:
            houses = sorted(hand.app.rows(self.words.house))
        except RowsLocked:
            return None
        return houses[house % len(houses)] if houses else None

    def fields(self, plain: bool, value: int) -> dict[str, Any]:
        if plain:
            return {self.words.plain: "甲乙丙"[value % 3]}
        return {self.words.sensitive: self.stage.places[value % 3]}

    def write(
        self,
        hand: Hand,
        entity: str,
        op: Op,
        fields: Any,
        id_: str | None,
        death: int | None,
    ) -> str:
        new = id_ or self.stage.new_id()
        hand.dying(death, lambda: hand.app.record(entity, op, fields, new))
        self.written |= {change["mid"]: hand.device for change in hand.app.waiting()}
        return new

    def edit(self, id_: str, fields: dict[str, Any]) -> None:
        self.stage.pass_seconds(1)
        self.stage.edit_house(id_, fields)
        for field, value in fields.items():
            self.oracle.edit(id_, field, value, self.now)

    def assign(self, user: str, cells: Sequence[str]) -> None:
        self.stage.serve(user, *cells)
        self.oracle.assign(user, frozenset(cells), self.now)
