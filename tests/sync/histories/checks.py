"""What must be true at every answer, and when all has come to rest: the invariants (1) to (8)."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from hashlib import md5
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

from hypothesis.stateful import RuleBasedStateMachine

from sync.clock import to_ms
from sync.line import Verb
from tests.sync.histories.exchange import Exchange, Told, wrong_rows
from tests.sync.histories.hands import Hand
from tests.sync.histories.oracle import Oracle
from tests.sync.histories.stage import Stage

SYNCS_TO_REST = 3
KEPT = 30 * 24 * 3600 * 1000  # how long phones keep what was acknowledged


class Written(NamedTuple):
    """Something that a person wrote on a phone."""

    hand: Hand
    change: dict[str, Any]
    at: int  # true milliseconds since 1970


class Checked(RuleBasedStateMachine):
    """A county, its phones, the oracle that is told of all, and what is asked of them."""

    hand_kind: ClassVar[type[Hand]] = Hand  # what the phones are

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
        self.written: dict[str, Written] = {}  # by mid
        self.saved: tuple[Any, Oracle] | None = None
        self.restored: str | None = None  # the last time: "told" or "untold"
        self.lost: Hand | None = None
        self.hands: list[Hand] = []
        self.overheard: list[Told | Exchange] | None = None  # while much happens at once

    def new_hand(
        self, user: str, number: int, page: int, batch: int, shares: Hand | None = None
    ) -> Hand:
        device = self.stage.enrol(user, number)
        self.oracle.enrol(device, user)
        return self.hand_kind(
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
            for kind, rows in self.oracle.rows("" if lost else hand.user, hand.schema).items():
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
        assert self.stage.history() == oracle.history()
        assert self.stage.aside() == {k: kept["change"]["set"] for k, kept in oracle.aside.items()}
        assert sorted(self.stage.log(), key=repr) == sorted(oracle.log, key=repr)
        for hand in self.hands:
            for change, status in hand.kept():
                known = (hand.device, change["mid"]) in oracle.fates
                assert known or self.is_hidden(hand, change, status), (change, status)
                lost = oracle.devices[hand.device]["revoked"]
                assert lost or change["id"] not in oracle.erased or not change["set"]
        assert list(self.vanished()) == []

    def is_hidden(self, hand: Hand, change: dict[str, Any], status: str | None) -> bool:
        """Whether three faults at once hide from a phone that the server forgot this change.

        The phone was put back and used a number twice; the server went back to when it knew only
        the other change of this number; and this one took no effect, so that no mark of it was
        left that could tell. Where somebody tells of the restore, what was kept is sent again.
        """
        twice = self.oracle.numbers.get((hand.device, change["n"]), set()) - {change["mid"]}
        kept_here_alone = status in ("rejected", "sent_again")
        untold = self.restored == "untold" and status == "quarantined"
        return bool(twice and self.restored and (kept_here_alone or untold))

    def vanished(self) -> Iterator[tuple[str, Any]]:
        """What somebody wrote that neither the server knows nor anybody can be blamed for."""
        for mid, (hand, change, at) in self.written.items():
            fate = self.oracle.fates.get((hand.device, mid))
            named = {change["id"], self.oracle.of_house(change)}
            if mid in hand.gone_with_file or named & self.oracle.erased:
                continue
            if mid in hand.sent_again:
                if not self.went_out_again(change):
                    yield mid, "its number is gone, and no other carries it"
            elif fate == ("rejected", "quarantine_full"):
                if change not in [kept for kept, _ in hand.kept()]:
                    yield mid, "rejected, and not whole on its phone"
            elif fate is None:
                # Nobody heals what no phone keeps any more.
                old = to_ms(self.stage.time) - at > KEPT or hand is self.lost
                if not (self.restored and old):
                    yield mid, "nowhere"

    def went_out_again(self, change: dict[str, Any]) -> bool:
        """Whether the same, recorded when it was recorded, was written under another number."""
        renamed = ({**other.change, "mid": "", "n": 0} for other in self.written.values())
        twins = [other for other in renamed if other == {**change, "mid": "", "n": 0}]
        return len(twins) > 1

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
        """Heads kept = heads recomputed, here from the entries alone; no phone found another."""
        heads, entries = self.stage.heads()
        recomputed: dict[str, tuple[int, int, int]] = {}
        for bucket, entity, id_, put, seq in entries:
            last, count, bits = recomputed.get(bucket, (0, 0, 0))
            if put:
                share = md5(f"{entity}{id_}{seq}".encode(), usedforsecurity=False).hexdigest()
                count, bits = count + 1, bits ^ int(share[:16], 16)
            recomputed[bucket] = (max(last, seq), count, bits)
        assert heads == {b: (seq, n, f"{h:016x}") for b, (seq, n, h) in recomputed.items()}
        for hand in self.hands:
            assert "digest_mismatch" not in [kind for kind, _ in hand.app.alarms()]

    def check_6_the_greater_stamp_has_won(self) -> None:
        """A field holds the value of the greatest stamp that was ever written to it."""
        houses, _ = self.stage.history()
        for (id_, field), writes in self.oracle.writes.items():
            if id_ in houses and field != self.words.sensitive:
                _, fields = houses[id_]
                assert fields[field] == (max(writes), writes[max(writes)])

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
