"""The machine: what may happen in a county, in any order, and what must be true whatever did.

A stage offers a county (`Stage`); the rules tell the same to the county and to the oracle. At
every answer of the server, and when all has come to rest, the invariants of the protocol are
checked: they are the methods `check_1_…` to `check_8_…`.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from sync.clock import to_ms
from sync.line import Verb
from sync.model import Op
from sync.phone import RowsLocked
from tests.sync.histories.exchange import Exchange, Told, explain, wrong_rows
from tests.sync.histories.hands import Hand
from tests.sync.histories.oracle import Oracle
from tests.sync.histories.stage import Stage

FAULTS = ("", "ask", "answer", "answer", "twice", "full")
HOURS = (1, 20, 70, 31 * 24)
SYNCS_TO_REST = 3

ANY = st.integers(0, 30)  # picks a house, a phone, a cell: the remainder counts
DEATH = st.none() | st.integers(0, 60)
TEXTS = st.sampled_from("甲乙丙")
PLAIN = st.booleans()


DEEDS = ("move", "serve", "delete", "nothing")
Deed = tuple[Callable[[], None], Callable[[Oracle, int], None]]


class Histories(RuleBasedStateMachine):
    """Four stores on three phones, three users, two cells, an office, and chance."""

    @staticmethod
    def make_stage() -> Any:
        """A county for one history: a `Stage`."""
        raise NotImplementedError

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.stage: Stage = type(self).make_stage()
        self.words, self.users = self.stage.words, self.stage.people
        self.oracle = Oracle(self.words, tuple(self.stage.cells))
        self.written: dict[str, str] = {}  # mid → device
        self.saved: tuple[Any, Oracle] | None = None
        self.restored = self.lost = False
        self.hands: list[Hand] = []
        self.overheard: list[Told | Exchange] | None = None  # while much happens at once

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

    def new_hand(
        self, user: str, number: int, page: int, batch: int, shares: Hand | None = None
    ) -> Hand:
        device = self.stage.enrol(user, number)
        self.oracle.enrol(device, user)
        return Hand(
            self.stage,  # type: ignore[arg-type] # a stage is a county as far as a phone can tell
            user,
            device,
            str(Path(self.folder.name) / f"{number}.sqlite3"),
            page,
            batch,
            heard=self.hear,
            make_line=self.stage.new_line,
            shares=shares,
        )

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

    # At every answer.

    def hear(self, hand: Hand, verb: Verb, body: dict[str, Any], answer: dict[str, Any]) -> None:
        """The server has answered, whether or not the phone will hear it."""
        exchange = Exchange(hand, verb, body, answer)
        if self.overheard is not None:
            self.overheard.append(exchange)
            return
        if verb == "push":
            expected = self.oracle.take_push(hand.device, body, answer["server_time"])
            assert self.stage.fates(answer) == expected, (answer, expected, body)
        assert answer["next_n"] == self.oracle.devices[hand.device]["next_n"]
        self.check_5_no_content_after_revocation(exchange)

    def check_5_no_content_after_revocation(self, exchange: Exchange) -> None:
        """No row content after revocation, replays included; and what is told is true."""
        assert wrong_rows(self.oracle, exchange) == [], exchange.told()

    # When all has come to rest.

    def teardown(self) -> None:
        try:
            if sys.exc_info()[0] is None and self.hands:
                self.come_to_rest()
                self.check_all()
        finally:
            for hand in self.hands:
                hand.app.close()
            self.folder.cleanup()

    def check_all(self) -> None:
        self.check_1_phones_hold_what_they_may_see()
        self.check_2_every_change_is_somewhere_and_took_effect_once()
        self.check_4_heads_kept_are_heads_recomputed()
        self.check_6_the_greater_stamp_has_won()
        self.check_7_numbers_are_in_commit_order()
        self.check_3_any_paging_ends_like_one_full_pull()  # last: it needs new devices

    def come_to_rest(self) -> None:
        """No more faults: everybody syncs, three times and no more, then hears what others said."""
        for _ in range(SYNCS_TO_REST):
            for hand in self.hands:
                assert not hand.app.sync().lost
        self.check_8_outboxes_drain()
        for hand in self.hands:
            hand.app.sync()

    def check_1_phones_hold_what_they_may_see(self) -> None:
        """Phone = what the server lets it see, field by field, nothing more."""
        for hand in self.hands:
            lost = self.oracle.devices[hand.device]["revoked"]
            for kind, rows in self.oracle.rows("" if lost else hand.user).items():
                held = hand.app.rows(kind)
                assert held.keys() == rows.keys()
                for id_, row in rows.items():
                    assert row.items() <= held[id_].items()
                    assert hand.schema < 2 or self.stage.newest_column(kind) in held[id_]

    def check_2_every_change_is_somewhere_and_took_effect_once(self) -> None:
        """Every acknowledged change is in history, the conflict log or quarantine, once.

        Of what was erased nothing is, neither here nor on a phone that may still be told.
        """
        oracle = self.oracle
        assert self.stage.receipts() == oracle.fates
        assert self.stage.effects() == oracle.effects
        assert self.stage.aside() == {key: c["set"] for key, c in oracle.aside.items()}
        assert sorted(self.stage.log(), key=repr) == sorted(oracle.log, key=repr)
        for hand in self.hands:
            for change, status in hand.kept():
                # Three faults at once may hide a change that took no effect: a phone put back uses
                # a number twice, the server forgets it, and it left no mark that could tell.
                hidden = hand.put_back and self.restored and status in ("quarantined", "rejected")
                assert hidden or (hand.device, change["mid"]) in oracle.fates
                lost = oracle.devices[hand.device]["revoked"]
                assert lost or change["id"] not in oracle.erased or not change["set"]
        if not (self.restored or any(hand.put_back for hand in self.hands)):
            assert {(device, mid) for mid, device in self.written.items()} <= oracle.fates.keys()

    def check_3_any_paging_ends_like_one_full_pull(self) -> None:
        """Any paging and any lost answer gives the same end as one full pull of a new phone."""
        for number, user in enumerate(self.users, start=10):
            new = self.new_hand(user, number, 1000, 200)
            new.learn(2)
            new.app.sync()
            for hand in self.hands:
                if hand.user == user and not self.oracle.devices[hand.device]["revoked"]:
                    hand.learn(2)
                    hand.app.sync()
                    assert self.contents(hand) == self.contents(new)
            new.app.close()

    def check_4_heads_kept_are_heads_recomputed(self) -> None:
        """Heads kept = heads recomputed."""
        kept, recomputed = self.stage.heads()
        assert kept == recomputed

    def check_6_the_greater_stamp_has_won(self) -> None:
        """A field holds the value of the greatest stamp that was ever written to it."""
        for (id_, field), writes in self.oracle.writes.items():
            if id_ in self.oracle.houses:
                held = self.stage.field(id_, field)
                assert held == self.oracle.houses[id_]["fields"][field][1]
                assert field == self.words.sensitive or held == writes[max(writes)]

    def check_7_numbers_are_in_commit_order(self) -> None:
        """Seq order = commit order; no committed entry is unstamped, no number given twice."""
        seqs, unstamped, marks = self.stage.numbers()
        assert unstamped == 0
        assert len(set(seqs)) == len(seqs)
        assert list(marks) == sorted(set(marks))
        assert max(seqs) <= marks[-1]

    def check_8_outboxes_drain(self) -> None:
        """Outboxes drain once faults stop."""
        for hand in self.hands:
            assert hand.app.waiting() == []

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

    def contents(self, hand: Hand) -> dict[str, Any]:
        return {name: hand.app.rows(name) for name in self.stage.registry}
