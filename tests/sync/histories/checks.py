"""What must be true at every answer, and when all has come to rest: the invariants (1) to (8)."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from hypothesis.stateful import RuleBasedStateMachine

from sync.line import Verb
from tests.sync.histories.exchange import Exchange, Told, wrong_rows
from tests.sync.histories.hands import Hand
from tests.sync.histories.oracle import Oracle
from tests.sync.histories.stage import Stage

SYNCS_TO_REST = 3


class Checked(RuleBasedStateMachine):
    """A county, its phones, the oracle that is told of all, and what is asked of them."""

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

    def contents(self, hand: Hand) -> dict[str, Any]:
        return {name: hand.app.rows(name) for name in self.stage.registry}
