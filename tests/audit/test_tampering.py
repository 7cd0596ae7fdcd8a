"""Whoever owns the database can change anything in it; the chain and its heads outside tell."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Any
from uuid import UUID

from server.audit.rules.chain import Act, Seal, to_us
from server.audit.rules.signing import Head, Signer
from server.audit.rules.verdict import Wrong
from tests.audit.ledger import MINUTE_US, READ, SIGNER, Ledger, write_ledger
from tests.smallcounty import START as BEGAN

TIMES = 1000


def found(ledger: Ledger) -> set[Wrong]:
    return {finding.wrong for finding in ledger.verify().findings}


def test_an_untouched_chain_is_whole() -> None:
    verdict = write_ledger().verify()
    assert (verdict.code, verdict.findings) == (0, [])
    assert (verdict.links, verdict.last, verdict.heads, verdict.until) == (24, 24, 2, 24)


def test_a_thousand_random_mutations_are_all_found() -> None:
    """Any field of any act or seal, deletions, insertions, swaps, cuts, and a chain made anew."""
    whole, chance = write_ledger(), Random(22)
    for time in range(TIMES):
        ledger = whole.copy()
        mutate = chance.choice(MUTATIONS)
        mutate(ledger, chance)
        assert ledger.verify().code != 0, (time, mutate.__name__)


def other(chance: Random, said: Any) -> Any:
    """Something else of the same type."""
    if isinstance(said, int):
        return said + chance.choice((-2, -1, 1, 2, 1 << 20))
    if isinstance(said, bytes):
        at = chance.randrange(len(said))
        return said[:at] + bytes([said[at] ^ 1 << chance.randrange(8)]) + said[at + 1 :]
    return f"{said or ''}x" if chance.random() < 0.7 or not said else str(said)[:-1]


def change_an_act(ledger: Ledger, chance: Random) -> None:
    act_id = chance.choice(list(ledger.acts))
    name = chance.choice(Act._fields)
    act = ledger.acts.pop(act_id)
    value = other(chance, getattr(act, name))
    if name in ("user_id", "device_id", "reason") and getattr(act, name) and chance.random() < 0.3:
        value = None
    changed = act._replace(**{name: value})
    ledger.acts[changed.id] = changed


def change_a_seal(ledger: Ledger, chance: Random) -> None:
    at = chance.randrange(len(ledger.seals))
    name = chance.choice(Seal._fields[:-1])
    seal = ledger.seals[at]
    ledger.seals[at] = seal._replace(**{name: other(chance, getattr(seal, name))})


def delete(ledger: Ledger, chance: Random) -> None:
    """Some acts, their seals, or both; from the middle or the end."""
    count = chance.randint(1, 4)
    at = chance.choice((chance.randrange(len(ledger.seals) - count), len(ledger.seals) - count))
    gone, how = ledger.seals[at : at + count], chance.randrange(3)
    if how != 0:
        ledger.seals[at : at + count] = []
    if how != 1:
        for seal in gone:
            del ledger.acts[seal.act_id]


def renumber(ledger: Ledger) -> None:
    ledger.seals = [seal._replace(number=k) for k, seal in enumerate(ledger.seals, 1)]


def delete_and_hide(ledger: Ledger, chance: Random) -> None:
    """Take one out, number the others anew and compute the whole chain again."""
    seal = ledger.seals.pop(chance.randrange(len(ledger.seals)))
    del ledger.acts[seal.act_id]
    renumber(ledger)
    if chance.random() < 0.8:
        ledger.chain_again()


def insert_and_hide(ledger: Ledger, chance: Random) -> None:
    at = chance.randrange(len(ledger.seals))
    model = ledger.seals[at]
    act = ledger.acts[model.act_id]._replace(id=max(ledger.acts) + 1, reason="示例")
    ledger.acts[act.id] = act
    if chance.random() < 0.3:
        return  # and leave it to the sealer
    ledger.seals.insert(at, model._replace(act_id=act.id))
    renumber(ledger)
    if chance.random() < 0.8:
        ledger.chain_again(at)


def swap(ledger: Ledger, chance: Random) -> None:
    one, two = chance.sample(range(len(ledger.seals)), 2)
    a, b = ledger.seals[one], ledger.seals[two]
    ledger.seals[one], ledger.seals[two] = a._replace(act_id=b.act_id), b._replace(act_id=a.act_id)


def rewrite(ledger: Ledger, chance: Random) -> None:
    """Change an act and compute every hash from there on again."""
    at = chance.randrange(len(ledger.seals))
    act_id = ledger.seals[at].act_id
    ledger.acts[act_id] = ledger.acts[act_id]._replace(action="test.other")
    ledger.chain_again(at)


def seal_twice(ledger: Ledger, chance: Random) -> None:
    at, of = chance.randrange(len(ledger.seals)), chance.choice(ledger.seals)
    ledger.seals.insert(at, ledger.seals[at]._replace(act_id=of.act_id))
    if chance.random() < 0.7:
        renumber(ledger)
        ledger.chain_again()


def spoil_a_head(ledger: Ledger, chance: Random) -> None:
    at = chance.randrange(len(ledger.heads))
    head = ledger.heads[at]
    name = chance.choice(("number", "count", "hash", "signature"))
    ledger.heads[at] = replace(head, **{name: other(chance, getattr(head, name))})


MUTATIONS: tuple[Callable[[Ledger, Random], None], ...] = (
    *(change_an_act, change_an_act, change_a_seal, change_a_seal, delete, delete),
    *(delete_and_hide, insert_and_hide, swap, rewrite, seal_twice, spoil_a_head),
)


def test_what_was_done_is_called_by_its_name() -> None:
    ledger = write_ledger()
    ledger.acts[3] = ledger.acts[3]._replace(reason=None)
    assert [(f.wrong, f.first, f.count) for f in ledger.verify().findings] == [
        (Wrong.ALTERED, 3, 1)
    ]
    assert ledger.verify().first_broken == 3

    ledger = write_ledger()
    del ledger.seals[3:6]
    verdict = ledger.verify()
    assert (Wrong.MISSING, 4, 3) in [(f.wrong, f.first, f.count) for f in verdict.findings]

    ledger = write_ledger()
    a, b = ledger.seals[2], ledger.seals[9]
    ledger.seals[2], ledger.seals[9] = a._replace(act_id=b.act_id), b._replace(act_id=a.act_id)
    assert [(f.wrong, f.first, f.count) for f in ledger.verify().findings] == [
        (Wrong.REORDERED, 3, 2)
    ]

    ledger = write_ledger()
    del ledger.acts[5]
    assert found(ledger) == {Wrong.GONE}

    ledger = write_ledger()
    for seal in ledger.seals[-3:]:
        del ledger.acts[seal.act_id]
    del ledger.seals[-3:]
    assert found(ledger) == {Wrong.TAIL_CUT}

    ledger = write_ledger()
    ledger.acts[2] = ledger.acts[2]._replace(what="{}")
    ledger.chain_again(1)
    assert found(ledger) == {Wrong.REWRITTEN}

    ledger = write_ledger()
    ledger.seals[:2] = []
    assert Wrong.FRONT_CUT in found(ledger)

    ledger = write_ledger()
    ledger.queued_gone.append(99)
    assert found(ledger) == {Wrong.UNSEALED_GONE}


def test_a_head_that_nobody_signed_proves_nothing_and_is_named() -> None:
    ledger, stranger = write_ledger(), Signer(bytes(32))
    ledger.heads = [stranger.sign_head(ledger.heads[0])]
    assert found(ledger) == {Wrong.UNKNOWN_KEY}
    ledger.heads = [replace(write_ledger().heads[0], number=99)]
    assert found(ledger) == {Wrong.BAD_HEAD}
    ledger.heads = [SIGNER.sign_head(replace(write_ledger().heads[0], installation=UUID(int=1)))]
    assert found(ledger) == {Wrong.FOREIGN_HEAD}
    ledger.heads = []
    assert found(ledger) == {Wrong.NO_HEADS}
    assert ledger.verify().code == 2


def put_back(ledger: Ledger, to: int, lost_for: int) -> None:
    """An old backup takes its place; the chain goes on from there with other acts."""
    for seal in ledger.seals[to:]:
        del ledger.acts[seal.act_id]
    del ledger.seals[to:]
    at_us = to_us(BEGAN) + lost_for * MINUTE_US
    for k, action in enumerate(("sync.epoch", "test.act", "test.act")):
        act_id = ledger.seals[-1].act_id + 1
        what = '{"why": "restore"}' if k == 0 else "{}"
        ledger.acts[act_id] = Act(act_id, at_us, None, None, "", action, what, None)
        ledger.seals.append(Seal(to + 1 + k, act_id, at_us + MINUTE_US, b"", None))
    ledger.chain_again(to)


def test_a_restored_backup_is_told_from_a_cut_and_both_are_told() -> None:
    ledger = write_ledger()
    put_back(ledger, to=20, lost_for=60)
    assert found(ledger) == {Wrong.RESTORED}  # number 24 is known outside, and the table ends at 23
    assert ledger.verify().code == 2
    ledger.attest(-1)
    assert ledger.verify().heads == 2

    # The head was signed after the database was said to be put back: that is no restore.
    ledger = write_ledger()
    put_back(ledger, to=20, lost_for=5)
    assert found(ledger) >= {Wrong.TAIL_CUT}
    assert ledger.verify().code == 1

    # A first epoch is no restore either.
    ledger = write_ledger()
    put_back(ledger, to=20, lost_for=60)
    epoch = next(act for act in ledger.acts.values() if act.action == "sync.epoch")
    ledger.acts[epoch.id] = epoch._replace(what='{"why": "first"}')
    ledger.chain_again(20)
    assert found(ledger) == {Wrong.TAIL_CUT}


def test_ids_that_no_act_has_are_told() -> None:
    """Rolled back, still under way, or gone together with the queue's row before the seal."""
    ledger = write_ledger(attested=())
    for act_id in (5, 6, 9):
        del ledger.acts[act_id]
    ledger.seals = [seal for seal in ledger.seals if seal.act_id in ledger.acts]
    renumber(ledger)
    ledger.chain_again()
    ledger.attest(-1)
    verdict = ledger.verify()
    assert [(f.wrong, f.first, f.count) for f in verdict.findings] == [(Wrong.HOLES, 5, 3)]
    assert verdict.code == 0


def test_what_was_sealed_long_after_its_time_is_noted() -> None:
    ledger = write_ledger(attested=())
    ledger.acts[3] = ledger.acts[3]._replace(at_us=ledger.acts[3].at_us - 10 * MINUTE_US)
    ledger.chain_again()
    ledger.attest(-1)
    verdict = ledger.verify()
    assert [(f.wrong, f.first) for f in verdict.findings] == [(Wrong.LATE, 3)]
    assert verdict.code == 0


def test_an_act_of_old_that_has_no_seal_is_looked_at() -> None:
    ledger = write_ledger()
    ledger.acts[25] = ledger.acts[1]._replace(id=25)
    assert found(ledger) == {Wrong.UNSEALED}
    fresh = to_us(READ) - MINUTE_US
    ledger.acts[25] = ledger.acts[25]._replace(at_us=fresh)
    assert ledger.verify().code == 0  # it waits for the next round
    ledger.acts[25] = ledger.acts[25]._replace(at_us=fresh + 60 * MINUTE_US)  # no clock says so
    assert found(ledger) == {Wrong.UNSEALED}


def test_heads_are_read_back_as_they_were_written() -> None:
    from server.audit.rules.signing import from_line, to_line

    head = write_ledger().heads[0]
    assert from_line(to_line(head)) == head
    for torn in (to_line(head)[:-1], "", "[]", "{}", "null", '{"data": 3}', "[" * 10_000):
        assert from_line(torn) is None, torn[:20]
    assert isinstance(head, Head)
