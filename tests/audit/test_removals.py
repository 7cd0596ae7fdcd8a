"""What the worker removes in time is signed for; what anybody else removes is found."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from server.audit.rules.signing import Cut, Signer
from server.audit.rules.verdict import Wrong
from tests.audit.ledger import INSTALLATION, SIGNER, Ledger, write_ledger
from tests.audit.test_tampering import found
from tests.smallcounty import START as BEGAN


def cut(ledger: Ledger, to: int, signer: Signer = SIGNER, months: int = 7) -> Cut:
    """Remove the first `to` links, as at a later day; the record of it."""
    last = ledger.seals[to - 1]
    newest = BEGAN + timedelta(minutes=to)
    at = newest + timedelta(days=31 * months)
    made = signer.sign_cut(Cut(INSTALLATION, 1, last.number, last.hash, newest, at))
    for seal in ledger.seals[:to]:
        del ledger.acts[seal.act_id]
    del ledger.seals[:to]
    ledger.cuts.append(made)
    return made


def test_what_was_removed_in_time_and_signed_for_is_whole() -> None:
    ledger = write_ledger(attested=(2, 9, -1))
    cut(ledger, to=10)
    verdict = ledger.verify()
    assert [(f.wrong, f.first) for f in verdict.findings] == [(Wrong.OLD_HEAD, 3)]
    assert (verdict.code, verdict.heads) == (0, 2)  # that of the very end of what went, too


def test_what_was_removed_otherwise_is_not() -> None:
    too_early = write_ledger()
    cut(too_early, to=10, months=5)
    assert found(too_early) >= {Wrong.BAD_CUT}

    unsigned = write_ledger()
    made = cut(unsigned, to=10)
    unsigned.cuts = [replace(made, signature=bytes(64))]
    assert found(unsigned) >= {Wrong.BAD_CUT}

    forgotten = write_ledger()
    cut(forgotten, to=10)
    forgotten.cuts = []
    assert found(forgotten) >= {Wrong.FRONT_CUT}

    further = write_ledger()
    made = cut(further, to=10)
    further.cuts = [replace(made, to_number=12, hash=further.seals[1].hash)]
    assert found(further) >= {Wrong.BAD_CUT}

    strange = write_ledger()
    cut(strange, to=10, signer=Signer(bytes(32)))
    assert found(strange) >= {Wrong.UNKNOWN_KEY}
    assert strange.verify().code == 2


def test_a_removal_that_says_more_than_it_may_is_no_true_one() -> None:
    # A head within the span was signed when the next link was still to come: this is younger.
    younger = write_ledger(attested=(8, -1))
    last = younger.seals[9]
    newest = BEGAN - timedelta(days=1)
    made = Cut(INSTALLATION, 1, 10, last.hash, newest, newest + timedelta(days=220))
    younger.seals[:10], younger.cuts = [], [SIGNER.sign_cut(made)]
    for act_id in range(1, 11):
        del younger.acts[act_id]
    assert Wrong.BAD_CUT in found(younger)

    # Signed for a day that has not come yet.
    ahead = write_ledger()
    cut(ahead, to=10)
    assert ahead.verify(BEGAN + timedelta(days=100)).code == 1


def test_heads_of_the_database_alone_prove_no_end() -> None:
    """Whoever cuts off the tail takes them along."""
    ledger = write_ledger()
    ledger.inside, ledger.heads = ledger.heads, []
    assert found(ledger) == {Wrong.NO_HEADS}

    # Nor do heads outside that are all of what was removed since.
    ledger = write_ledger(attested=(2,))
    cut(ledger, to=10)
    assert found(ledger) == {Wrong.OLD_HEAD, Wrong.NO_HEADS}
