"""Pure: the chain, link by link, against itself and against the heads that others keep.

One pass, in the order of the numbers, with little memory. After a link that does not follow, the
next one is judged by what this one says of itself: each wrong is counted once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from server.audit.rules.chain import START, Act, Seal, link, to_us
from server.audit.rules.keeping import LEAST_MONTHS, months_before
from server.audit.rules.signing import Cut, Head, holds
from server.audit.rules.verdict import Finding, Verdict, Wrong

LATE: Final = timedelta(minutes=5)  # an act is sealed within one
EPOCH: Final = "sync.epoch"  # the act of a database that was put back, or is a copy
_REMEMBERED: Final = 100  # links that did not follow, to tell which two have changed places


@dataclass(frozen=True, slots=True)
class Known:
    """What the verifier is told besides the chain. `keys`: by name; `heads`: from outside the
    database; `inside`: those that it keeps, which go with the end that is cut off.
    """

    installation: UUID
    keys: Mapping[str, Ed25519PublicKey]
    heads: Sequence[Head]
    cuts: Sequence[Cut]
    inside: Sequence[Head] = ()


class Verifier:
    """Feed it every seal in the order of their numbers, then ask for the end."""

    def __init__(self, known: Known) -> None:
        self._wrongs: dict[Wrong, tuple[int, int]] = {}
        self._known = known
        self._seen = Seen()
        self._broken: list[tuple[bytes, Seal]] = []
        self._epochs: list[int] = []
        self._judged: list[tuple[Head, int]] = []  # heads that disagree, and when the link was made
        self.links, self._agreed, self._until = 0, 0, 0
        self._last, self._hash = self._begin(known.cuts)
        self._heads = sorted(self._trusted(), key=lambda head: head.number)
        self._skip_old_heads()

    def take(self, seal: Seal) -> None:
        """The next link."""
        self.links += 1
        if seal.number > self._last + 1:
            wrong = Wrong.MISSING if self.links > 1 else Wrong.FRONT_CUT
            self._note(wrong, self._last + 1, seal.number - self._last - 1)
            self._pass_heads(seal.number - 1, None)
        elif seal.number <= self._last:
            self._note(Wrong.TWICE, seal.number)
        if seal.act_id in self._seen:
            self._note(Wrong.TWICE, seal.number)
        self._seen.add(seal.act_id)
        self._follow(seal)
        self._last, self._hash = max(seal.number, self._last), seal.hash
        self._pass_heads(seal.number, seal)

    def end(self, unsealed: Iterable[Act], queued: Iterable[int], read_at: datetime) -> Verdict:
        """The verdict. `unsealed`: acts without a seal; `queued`: ids that wait for theirs, without
        an act; `read_at`: when all of this was read.
        """
        for act in unsealed:
            if not to_us(read_at - LATE) <= act.at_us <= to_us(read_at + LATE):
                self._note(Wrong.UNSEALED, act.id)
            self._seen.add(act.id)
            self._look_for_epoch(act)
        for act_id in queued:
            self._note(Wrong.UNSEALED_GONE, act_id)
        self._judge_heads()
        self._judge_cuts(read_at)
        first, holes = self._seen.find_holes()
        if holes:
            self._note(Wrong.HOLES, first, holes)
        found = [Finding(w, *self._wrongs[w]) for w in Wrong if w in self._wrongs]
        return Verdict(self.links, self._last, self._agreed, self._until, found)

    def _note(self, wrong: Wrong, first: int, count: int = 1) -> None:
        before = self._wrongs.get(wrong, (first, 0))
        self._wrongs[wrong] = (before[0], before[1] + count)

    def _take_back(self, wrong: Wrong) -> None:
        first, count = self._wrongs.pop(wrong)
        if count > 1:
            self._wrongs[wrong] = (first, count - 1)

    # ------------------------------------------------------------------ links

    def _follow(self, seal: Seal) -> None:
        if seal.act is None:
            self._note(Wrong.GONE, seal.number)
            return
        self._look_for_epoch(seal.act)
        if link(self._hash, seal.number, seal.sealed_us, seal.act) == seal.hash:
            if seal.sealed_us - seal.act.at_us > LATE.total_seconds() * 1e6:
                self._note(Wrong.LATE, seal.number)
            return
        self._note(self._how_altered(seal, seal.act), seal.number)

    def _how_altered(self, seal: Seal, act: Act) -> Wrong:
        """REORDERED where another broken link would follow with this one's act."""
        for at, (previous, other) in enumerate(self._broken):
            if link(previous, other.number, other.sealed_us, act) == other.hash:
                del self._broken[at]
                self._take_back(Wrong.ALTERED)
                self._note(Wrong.REORDERED, other.number)
                return Wrong.REORDERED
        if len(self._broken) < _REMEMBERED:
            self._broken.append((self._hash, seal))
        return Wrong.ALTERED

    def _look_for_epoch(self, act: Act) -> None:
        """The database was put back, or copied: what others know of the span between is lost."""
        if act.action == EPOCH and '"why": "first"' not in act.what:
            self._epochs.append(act.at_us)

    # ------------------------------------------------------------------- cuts

    def _begin(self, cuts: Sequence[Cut]) -> tuple[int, bytes]:
        """Where the chain has to begin: after what was removed, and signed for."""
        last, begin = 0, START
        for cut in sorted(cuts, key=lambda cut: cut.to_number):
            kept = cut.newest_at <= months_before(cut.at, LEAST_MONTHS)
            if cut.from_number != last + 1 or not kept or not self._signed(cut):
                self._note(Wrong.BAD_CUT, cut.to_number)
            last, begin = cut.to_number, cut.hash
        return last, begin

    def _judge_cuts(self, read_at: datetime) -> None:
        """None was signed at a time that is still to come."""
        for cut in self._known.cuts:
            if cut.at > read_at + LATE:
                self._note(Wrong.BAD_CUT, cut.to_number)

    def _signed(self, cut: Cut) -> bool:
        """Whether the signature holds, as far as one can tell: a key may not be known."""
        key = self._known.keys.get(cut.key)
        if key is None:
            self._note(Wrong.UNKNOWN_KEY, cut.to_number)
        return key is None or holds(key, cut)

    # ------------------------------------------------------------------ heads

    def _trusted(self) -> list[Head]:
        if not self._known.heads:
            self._note(Wrong.NO_HEADS, 0)
        told = dict.fromkeys([*self._known.heads, *self._known.inside])
        return [head for head in told if self._trusts(head)]

    def _trusts(self, head: Head) -> bool:
        if head.installation != self._known.installation:
            self._note(Wrong.FOREIGN_HEAD, head.number)
            return False
        if head.key not in self._known.keys:
            self._note(Wrong.UNKNOWN_KEY, head.number)
            return False
        if not holds(self._known.keys[head.key], head):
            self._note(Wrong.BAD_HEAD, head.number)
            return False
        return True

    def _skip_old_heads(self) -> None:
        """Heads within what was removed cannot be judged, but tell of its age; one of its very end
        can.
        """
        while self._heads and self._heads[0].number <= self._last:
            head = self._heads.pop(0)
            if head.number < self._last:
                self._note(Wrong.OLD_HEAD, head.number)
                self._date_cut(head)
            elif head.hash == self._hash:
                self._agree(head)
            else:
                self._note(Wrong.REWRITTEN, head.number)
        if Wrong.OLD_HEAD in self._wrongs and not self._heads and not self._agreed:
            self._note(Wrong.NO_HEADS, 0)

    def _date_cut(self, head: Head) -> None:
        """The link after a head was made later: a removal that takes it is of nothing older. But a
        removal signs a head itself, long after.
        """
        cuts = self._known.cuts
        if any((cut.to_number, cut.at) == (head.number, head.at) for cut in cuts):
            return
        taken = min(cut for cut in _spans(cuts) if cut[0] > head.number)
        if head.at > taken[1] + LATE:
            self._note(Wrong.BAD_CUT, taken[0])

    def _pass_heads(self, number: int, seal: Seal | None) -> None:
        while self._heads and self._heads[0].number <= number:
            head = self._heads.pop(0)
            if seal is not None and head.number == number and head.hash == seal.hash:
                self._agree(head)
            else:
                self._judged.append((head, seal.sealed_us if seal else 0))

    def _agree(self, head: Head) -> None:
        self._agreed, self._until = self._agreed + 1, head.number

    def _judge_heads(self) -> None:
        """A head that disagrees is of a span that was lost, where the database was put back after
        the head was signed and before the present link of that number was made.
        """
        for head, made_us in self._judged:
            lost = any(to_us(head.at) <= epoch <= made_us for epoch in self._epochs)
            self._note(Wrong.RESTORED if lost else Wrong.REWRITTEN, head.number)
        for head in self._heads:
            lost = any(to_us(head.at) <= epoch for epoch in self._epochs)
            self._note(Wrong.RESTORED if lost else Wrong.TAIL_CUT, head.number)


def _spans(cuts: Sequence[Cut]) -> list[tuple[int, datetime]]:
    return [(cut.to_number, cut.newest_at) for cut in cuts]


class Seen:
    """A set of ids that mostly follow each other: a bit for each."""

    def __init__(self) -> None:
        self._pages: dict[int, bytearray] = {}

    def __contains__(self, number: int) -> bool:
        page = self._pages.get(number >> 16)
        return page is not None and bool(page[number >> 3 & 0x1FFF] & 1 << (number & 7))

    def find_holes(self) -> tuple[int, int]:
        """The first number between the least and the greatest that is not here; how many."""
        if not self._pages:
            return 0, 0
        pages = sorted(self._pages)
        bits = [int.from_bytes(self._pages[page], "little") for page in (pages[0], pages[-1])]
        least = (pages[0] << 16) + (bits[0] & -bits[0]).bit_length() - 1
        greatest = (pages[-1] << 16) + bits[1].bit_length() - 1
        here = sum(int.from_bytes(page, "little").bit_count() for page in self._pages.values())
        first = least
        while here < greatest - least + 1 and first in self:
            first += 1
        return first, greatest - least + 1 - here

    def add(self, number: int) -> None:
        """Remember this one."""
        page = self._pages.setdefault(number >> 16, bytearray(1 << 13))
        page[number >> 3 & 0x1FFF] |= 1 << (number & 7)
