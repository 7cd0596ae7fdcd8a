"""What may happen to phones and on them, in any order, and what all rules lean on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from sync.clock import to_ms
from sync.model import Op
from sync.phone import RowsLocked
from tests.sync.histories.checks import Checked, Written
from tests.sync.histories.hands import Hand

FAULTS = ("", "ask", "answer", "answer", "twice", "full")

ANY = st.integers(0, 30)  # picks a house, a phone, a cell: the remainder counts
DEATH = st.none() | st.integers(0, 60)
PLAIN = st.booleans()


class Phones(Checked):
    """Phones and their people."""

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

    @rule(death=DEATH)
    def what_met_a_full_quarantine_is_sent_again(self, death: int | None) -> None:
        for hand in self.hands:
            hand.send_again(death)
            self.note_written(hand)

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
        self.note_written(hand)
        return new

    def note_written(self, hand: Hand) -> None:
        now = to_ms(self.stage.time)
        for change in hand.app.waiting():
            self.written.setdefault(change["mid"], Written(hand, change, now))

    def edit(self, id_: str, fields: dict[str, Any]) -> None:
        self.stage.pass_seconds(1)
        self.stage.edit_house(id_, fields)
        self.oracle.edit(id_, fields, self.now)

    def assign(self, user: str, cells: Sequence[str]) -> None:
        self.stage.serve(user, *cells)
        self.oracle.assign(user, frozenset(cells), self.now)
