"""Any number of workers, any of them killed: nothing is lost, nothing is sent by two at a time."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from math import inf
from pathlib import Path
from random import Random
from threading import Thread

from server.db import transaction
from server.notices import service as notices
from server.notices.delivery.rules import Answer
from server.notices.delivery.sending import Try, send
from server.notices.delivery.service import LEASE, deliver, make_out_all
from server.notices.rules import Kind, Notice
from server.notices.targets import service as targets
from server.notices.targets.rules import Channel
from server.settings import Settings
from server.worker import JOBS, Worker, deliver_owed, purge_old
from tests.notices.conftest import NoticeDesk
from tests.notices.receiver import Receiver, answer
from tests.smallcounty import id_of
from tests.waiting import await_waiting

ROOT = Path(__file__).parents[2]


def test_killed_between_sending_and_marking_it_is_sent_again_under_the_same_id(
    desk: NoticeDesk, receiver: Receiver
) -> None:
    desk.add("platform", receiver.url)
    desk.owe(3)
    argv = [sys.executable, "-m", "tests.notices.killed", desk.county.url]
    died = subprocess.run([*argv, desk.county.clock.now.isoformat()], cwd=ROOT)
    assert died.returncode == -signal.SIGKILL
    assert len(receiver.heard) == 3
    assert desk.states() == ["waiting"] * 3
    assert desk.go_round() == 0  # its lease holds: it might still be sending
    desk.county.clock.pass_time(minutes=5)
    assert desk.go_round() == 3
    assert desk.states() == ["sent"] * 3
    assert set(Counter(heard.id for heard in receiver.heard).values()) == {2}


def test_two_workers_share_and_nobody_hears_anything_twice(
    desk: NoticeDesk, receiver: Receiver
) -> None:
    for name in ("one", "two", "three"):
        desk.add(name, receiver.url)
    desk.owe(60)
    sent: list[int] = []

    def go_round() -> None:
        with desk.county.app.app_context():
            sent.append(desk.go_round())

    workers = [Thread(target=go_round) for _ in range(3)]
    for one in workers:
        one.start()
    for one in workers:
        one.join()
    assert sum(sent) == 180
    assert len(receiver.heard) == len({heard.id for heard in receiver.heard}) == 180


def test_what_one_has_taken_another_leaves_alone(desk: NoticeDesk, receiver: Receiver) -> None:
    desk.add("platform", receiver.url)
    desk.owe(3)
    meanwhile: list[int] = []

    def and_another(group: Sequence[Try], settings: Settings, until: float) -> list[Answer | None]:
        with desk.county.app.app_context():
            meanwhile.append(desk.go_round())
        return send(group, settings, until)

    assert desk.go_round(send=and_another) == 3
    assert meanwhile == [0]
    assert len(receiver.heard) == 3


def test_who_comes_back_after_the_lease_changes_nothing(
    desk: NoticeDesk, receiver: Receiver
) -> None:
    """A worker stood still for longer than its lease: another one has sent and marked since."""
    desk.add("platform", receiver.url)
    desk.owe()
    later = replace(desk.county.worker, now=desk.county.clock.now + LEASE)

    def stand_still(group: Sequence[Try], settings: Settings, until: float) -> list[Answer | None]:
        with desk.county.app.app_context():
            assert deliver(later, settings, Random(2)) == 1
        return [Answer(400, "too late")] * len(group)

    desk.go_round(send=stand_still)
    assert desk.see() == [("sent", 2, 204, None)]


def test_who_is_removed_while_it_is_being_told_stays_removed(
    desk: NoticeDesk, receiver: Receiver
) -> None:
    desk.add("platform", receiver.url)
    receiver.always = answer(500)
    desk.owe(3)

    def and_remove(group: Sequence[Try], settings: Settings, until: float) -> list[Answer | None]:
        with desk.county.app.app_context(), transaction(desk.county.worker) as session:
            targets.remove(session, desk.county.worker, Channel.WEBHOOK, "platform")
        return send(group, settings, until)

    desk.go_round(send=and_remove)
    assert desk.states() == ["dropped"] * 3


def test_what_is_made_out_while_its_target_is_removed_waits_for_nobody(
    desk: NoticeDesk, receiver: Receiver
) -> None:
    desk.add("platform", receiver.url)
    desk.owe(3)

    def work() -> None:
        with desk.county.app.app_context():
            make_out_all(desk.county.worker, inf)

    with ThreadPoolExecutor(1) as threads:
        with transaction(desk.county.worker) as session:
            targets.remove(session, desk.county.worker, Channel.WEBHOOK, "platform")
            making_out = threads.submit(work)
            await_waiting(desk.county, making_out)
        making_out.result()
    assert desk.states() == []


def test_a_fault_with_one_target_is_nobody_elses(desk: NoticeDesk, receiver: Receiver) -> None:
    desk.add("one", receiver.url)
    desk.add("two", receiver.url)
    desk.owe(3)
    one = desk.endpoint("one").id

    def stumble(group: Sequence[Try], settings: Settings, until: float) -> list[Answer | None]:
        if group[0].target_id == one:
            raise RuntimeError("示例")
        return send(group, settings, until)

    assert desk.go_round(send=stumble) == 3
    assert sorted(desk.see("s.name, d.state, d.tries")) == [
        *[("one", "waiting", 0)] * 3,
        *[("two", "sent", 1)] * 3,
    ]
    assert desk.go_round() == 3


def test_two_who_make_out_at_once_make_it_out_once(desk: NoticeDesk, receiver: Receiver) -> None:
    desk.add("platform", receiver.url)
    desk.owe(500)
    made_out: list[int] = []

    def work() -> None:
        with desk.county.app.app_context():
            made_out.append(make_out_all(desk.county.worker, inf))

    workers = [Thread(target=work) for _ in range(3)]
    for one in workers:
        one.start()
    for one in workers:
        one.join()
    assert sum(made_out) == 500
    assert len(desk.states()) == 500


def test_the_worker_delivers_in_its_round(desk: NoticeDesk, receiver: Receiver) -> None:
    desk.add("platform", receiver.url)
    desk.owe()
    assert Worker(desk.county.app, JOBS).run_once(desk.county.clock.now)["deliver"]
    assert desk.states() == ["sent"]
    assert deliver_owed(desk.county.worker) == 0


def test_what_arrived_is_kept_for_sixty_days_and_what_waits_for_as_long_as_it_takes(
    desk: NoticeDesk, receiver: Receiver
) -> None:
    once = Notice(Kind.WARNING, id_of("case"), (), once="warning:1")
    with transaction(desk.county.worker) as session:
        notices.owe(session, desk.county.worker, [once])
    desk.add("platform", receiver.url)
    receiver.always = answer(404)
    desk.owe()
    desk.go_round()
    receiver.always = answer(200)
    desk.owe()
    desk.go_round()
    assert sorted(desk.see("n.kind, d.state")) == [
        ("climbed", "sent"),
        ("climbed", "waiting"),
        ("warning", "waiting"),
    ]
    desk.county.clock.now += timedelta(days=60)
    purge_old(desk.county.worker)
    assert len(desk.states()) == 3
    desk.county.clock.now += timedelta(seconds=1)
    assert purge_old(desk.county.worker) == 2  # a delivery, and its notice
    assert desk.states() == ["waiting", "waiting"]
    assert desk.go_round() == 2
    desk.county.clock.now += timedelta(days=61)
    assert purge_old(desk.county.worker) == 3
    with transaction(desk.county.worker) as session:
        notices.owe(session, desk.county.worker, [once])
    desk.go_round()
    assert desk.states() == []  # said once, for good
