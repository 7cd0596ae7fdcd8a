"""The register outside the database: added to, never torn, never guessed at."""

from __future__ import annotations

import os
from pathlib import Path
from threading import Thread

import pytest

from server.erasure.errors import RegisterDamaged
from server.erasure.register import Erased, Register
from tests.smallcounty import id_of

ONE, TWO = Erased("household", id_of("A1w-1")), Erased("visit", id_of("visit 1"))


def test_what_was_written_down_is_read_again_and_nobody_else_reads_it(tmp_path: Path) -> None:
    register = Register(tmp_path)
    assert register.read() == frozenset()
    register.add([ONE])
    register.add([TWO, ONE])
    register.add([])
    assert Register(tmp_path).read() == {ONE, TWO}
    assert register.path.stat().st_mode & 0o777 == 0o600


def test_a_line_is_on_the_disk_before_add_returns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[bytes] = []
    fsync = os.fsync

    def watch(descriptor: int) -> None:
        synced.append((tmp_path / "erased").read_bytes())
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", watch)
    Register(tmp_path).add([ONE])
    assert synced[0] == f"household {ONE.id}\n".encode()
    assert len(synced) == 2  # and the directory, since the file is new


def test_half_a_line_that_a_crash_left_was_never_acknowledged(tmp_path: Path) -> None:
    register = Register(tmp_path)
    register.add([ONE])
    with register.path.open("a") as file:
        file.write(f"household {TWO.id}"[:20])
    assert register.read() == {ONE}
    register.add([TWO])
    assert register.read() == {ONE, TWO}


@pytest.mark.parametrize(
    "line", ["household 123", "person 0", "\x00" * 40, f"household {ONE.id} 示某", "名"]
)
def test_a_damaged_register_opens_nothing(tmp_path: Path, line: str) -> None:
    register = Register(tmp_path)
    register.add([ONE])
    with register.path.open("a") as file:
        file.write(f"{line}\nvisit {TWO.id}\n")
    with pytest.raises(RegisterDamaged, match=":2"):
        register.read()


def test_two_that_write_at_once_lose_nothing(tmp_path: Path) -> None:
    ids = [Erased("visit", id_of(f"visit {k}")) for k in range(40)]

    def write(mine: list[Erased]) -> None:
        for one in mine:
            Register(tmp_path).add([one])

    threads = [Thread(target=write, args=(ids[k::4],)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Register(tmp_path).read() == set(ids)
