"""Every client vector, gone through by the reference phone."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from sync.ids import uuid7
from sync.phone import Handset, LineLost, LineRefused, LoginLost, Summary, Verb
from tests.protocol.files import stories
from tests.protocol.matching import Bound
from tests.protocol.test_schemas import fits

VECTORS = stories("client")


class ScriptedClock:
    """Reads what the vector says, until it says something else."""

    def __init__(self) -> None:
        self.now: dict[str, Any] = {"wall": 0, "elapsed": 0, "boot": ""}

    @property
    def boot(self) -> str:
        return str(self.now["boot"])

    def wall(self) -> int:
        return int(self.now["wall"])

    def elapsed(self) -> int:
        return int(self.now["elapsed"])


class Player:
    """The phone of one vector, the person who holds it, and the line that the script speaks for."""

    def __init__(self, vector: dict[str, Any], folder: Path) -> None:
        self.vector, self.folder = vector, folder
        self.user, self.device = "li", vector["device"]
        self.bound, self.clock = Bound(), ScriptedClock()
        self.script: Iterator[dict[str, Any]] = iter(())
        self.where = ""
        self._ids = (uuid7(1_772_413_200_000, k) for k in count(1))
        # The vectors were written when 2 was the newest; a newer app differs by this number alone.
        self._app: dict[str, Any] = {"schema": 2, **vector.get("app", {})}
        self.switch_on()

    def switch_on(self) -> None:
        handset = Handset(
            str(self.folder),
            self.clock,
            lambda: next(self._ids),
            lambda user, device: self,
            device=self.device,
            **self._app,
        )
        self.phone = handset.open(self.user)

    @property
    def path(self) -> Path:
        """The file of the user who holds the phone."""
        return self.folder / f"{self.user}.sqlite3"

    def play(self) -> None:
        """Every step, in order."""
        for number, step in enumerate(self.vector["steps"]):
            self.where = f"step {number}"
            for deed in step.keys() & DEEDS.keys():
                getattr(self, DEEDS[deed].__name__)(step)

    def call(self, verb: Verb, body: dict[str, Any]) -> dict[str, Any]:
        """The line: compares the request with the script's, then answers or is lost."""
        exchange = next(self.script, None)
        assert exchange is not None, f"{self.where}: one {verb} more than there should be: {body}"
        assert verb in exchange, f"{self.where}: a {verb} instead of {exchange}"
        sent = json.loads(json.dumps(body))
        assert fits(verb, sent), f"{self.where}: {sent}"
        self.bound.compare(exchange[verb], sent, f"{self.where} {verb}")
        if "meanwhile" in exchange:
            self.record(exchange["meanwhile"])
        return self._answer(exchange)

    def news(self, etag: str | None) -> tuple[str | None, bool]:
        """The poll of the line."""
        exchange = next(self.script)
        self.bound.compare(exchange["news"], {"etag": etag}, f"{self.where} news")
        if exchange.get("status") == 304:
            return etag, False
        return exchange["answer"]["etag"], True

    def _answer(self, exchange: dict[str, Any]) -> dict[str, Any]:
        status = exchange.get("status", 200)
        if "lost" in exchange:
            raise LineLost("as the script says")
        if status == 429 or status >= 500:
            raise LineLost("as the script says", exchange.get("retry_after"), status)
        if status in (401, 403):
            raise LoginLost("as the script says")
        if status != 200:
            raise LineRefused(status, None)
        answer: dict[str, Any] = self.bound.filled(exchange["answer"])
        assert fits("page" if "more" in answer else "pushed", answer), f"{self.where}: {answer}"
        return answer

    # The deeds of a script.

    def set_clock(self, step: dict[str, Any]) -> None:
        self.clock.now = {**self.clock.now, **step["clock"]}

    def record(self, step: dict[str, Any]) -> None:
        written = self.bound.filled(step["record"])
        made = self.phone.record(written.pop("entity"), written.pop("op"), **written)
        if "row" in step:
            self.bound[step["row"]] = made

    def sync(self, step: dict[str, Any]) -> None:
        self.script = iter(step["sync"])
        self._check(self.phone.sync(), step["sync"], step.get("alarms", []))

    def listen(self, step: dict[str, Any]) -> None:
        self.script = iter(step["listen"])
        summary = self.phone.listen(self.news)
        assert (summary is None) == (len(step["listen"]) == 1), self.where
        self._check(summary or Summary(), step["listen"], step.get("alarms", []))

    def _check(self, summary: Summary, exchanges: list[dict[str, Any]], alarms: list[str]) -> None:
        left = list(self.script)
        assert not left, f"{self.where}: the phone did not ask for {left}"
        assert sorted(summary.alarms) == sorted(alarms), self.where
        lost = [e for e in exchanges if "lost" in e or e.get("status", 200) >= 429]
        assert summary.lost == bool(lost), self.where
        if lost:
            assert summary.retry_after == lost[-1].get("retry_after"), self.where

    def restart(self, step: dict[str, Any]) -> None:
        self.phone.close()
        self._app |= step["restart"]
        self.switch_on()

    def hand_to(self, step: dict[str, Any]) -> None:
        self.phone.close()
        self.user, self.device = step["hand_to"], step["device"]
        self.switch_on()

    def send_again(self, step: dict[str, Any]) -> None:
        self.phone.send_again(self.bound[step["send_again"]])

    def keep_file(self, step: dict[str, Any]) -> None:
        self.phone.close()
        shutil.copy(self.path, self.folder / step["keep_file"])
        self.switch_on()

    def put_back_file(self, step: dict[str, Any]) -> None:
        self.phone.close()
        shutil.copy(self.folder / step["put_back_file"], self.path)
        self.switch_on()

    def expect(self, step: dict[str, Any]) -> None:
        wanted = step["expect"]
        for entity, rows in wanted.get("rows", {}).items():
            path = f"{self.where} rows.{entity}"
            self.bound.compare(rows, self.phone.rows(entity), path, whole=True)
        if "waiting" in wanted:
            assert [c["n"] for c in self.phone.waiting()] == wanted["waiting"], self.where
        if "set_aside" in wanted:
            found = [
                {"n": change["n"], "status": status, "reason": reason}
                for change, status, reason in self.phone.set_aside()
            ]
            self.bound.compare(wanted["set_aside"], found, f"{self.where} set_aside")


DEEDS = {
    "clock": Player.set_clock,
    "record": Player.record,
    "sync": Player.sync,
    "listen": Player.listen,
    "hand_to": Player.hand_to,
    "restart": Player.restart,
    "send_again": Player.send_again,
    "keep_file": Player.keep_file,
    "put_back_file": Player.put_back_file,
    "expect": Player.expect,
}


@pytest.mark.parametrize("name", VECTORS)
def test_the_reference_phone_does_what_the_vector_says(name: str, tmp_path: Path) -> None:
    player = Player(VECTORS[name], tmp_path)
    player.play()
    player.phone.close()


@pytest.mark.parametrize("name", VECTORS)
def test_a_vector_speaks_only_words_of_the_readme(name: str) -> None:
    for step in VECTORS[name]["steps"]:
        assert step.keys() <= DEEDS.keys() | {"row", "alarms", "device"}, step
