"""An audit in memory, as its tables are, to alter as somebody might who owns the database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from server.audit.rules.chain import START, Act, Seal, link, to_us
from server.audit.rules.signing import Cut, Head, Signer
from server.audit.rules.verdict import Verdict
from server.audit.rules.verifying import Known, Verifier
from tests.smallcounty import START as BEGAN

INSTALLATION = UUID("00000000-0000-7000-8000-0000000000aa")
SIGNER = Signer(bytes(range(32)))
MINUTE_US = 60_000_000
READ = BEGAN + timedelta(days=365)  # when it is verified, unless a test says otherwise


@dataclass
class Ledger:
    """Acts by id, and seals as (number, act_id, sealed_us, hash)."""

    acts: dict[int, Act] = field(default_factory=dict)
    seals: list[Seal] = field(default_factory=list)
    heads: list[Head] = field(default_factory=list)
    cuts: list[Cut] = field(default_factory=list)
    inside: list[Head] = field(default_factory=list)  # heads that the database keeps
    queued_gone: list[int] = field(default_factory=list)

    def copy(self) -> Ledger:
        """Another one that says the same."""
        return Ledger(dict(self.acts), list(self.seals), list(self.heads), list(self.cuts))

    def verify(self, at: datetime = READ) -> Verdict:
        """The verdict on it, on this day."""
        keys = {SIGNER.name: SIGNER.public}
        verifier = Verifier(Known(INSTALLATION, keys, self.heads, self.cuts, self.inside))
        for seal in sorted(self.seals):
            verifier.take(seal._replace(act=self.acts.get(seal.act_id)))
        sealed = {seal.act_id for seal in self.seals}
        unsealed = [act for act_id, act in sorted(self.acts.items()) if act_id not in sealed]
        return verifier.end(unsealed, self.queued_gone, at)

    def chain_again(self, since: int = 0) -> None:
        """Compute every hash anew from the place `since` on: what an owner of the database can."""
        previous = self.seals[since - 1].hash if since else START
        for at in range(since, len(self.seals)):
            seal = self.seals[at]
            previous = link(previous, seal.number, seal.sealed_us, self.acts[seal.act_id])
            self.seals[at] = seal._replace(hash=previous)

    def attest(self, at: int) -> None:
        """A signed head of the link at this place, kept outside."""
        seal = self.seals[at]
        when = BEGAN + timedelta(microseconds=seal.sealed_us - to_us(BEGAN), seconds=1)
        head = Head(INSTALLATION, seal.number, seal.hash, seal.number, when)
        self.heads.append(SIGNER.sign_head(head))


def write_ledger(count: int = 24, attested: Sequence[int] = (7, -1)) -> Ledger:
    """So many acts, a minute apart, each sealed ten seconds later."""
    ledger = Ledger()
    for k in range(count):
        at_us = to_us(BEGAN) + k * MINUTE_US
        user = str(UUID(int=k % 5 + 1)) if k % 4 else None
        act_id = k + 1
        act = Act(
            act_id,
            at_us,
            user,
            user,
            f"r{k}",
            f"test.act{k % 3}",
            f'{{"n": {k}}}',
            "示例" * (k % 2),
        )
        ledger.acts[act_id] = act
        ledger.seals.append(Seal(k + 1, act_id, at_us + MINUTE_US // 6, b"", None))
    ledger.chain_again()
    for at in attested:
        ledger.attest(at)
    return ledger
