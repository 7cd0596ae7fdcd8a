"""Where a cluster lies, and how its place is made."""

import contextlib
import fcntl
import hashlib
import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from server.cluster.errors import ClusterError
from server.cluster.machine import Account
from server.cluster.settings import PORT

ELSEWHERE: Final = Path("/var/lib")
LONGEST_SOCKET_PATH: Final = 100  # bytes; Linux takes 107


class Home:
    """The directory of one cluster: `asked` for by us, possibly lying elsewhere by a link."""

    def __init__(self, asked: Path) -> None:
        self.asked = asked.absolute()

    def claim(self, owner: Account, say: Callable[[str], None]) -> None:
        """Make the directory unless it is there. Raises ClusterError if `owner` cannot use it."""
        if self.asked.is_symlink() and not self.asked.exists():
            self.asked.unlink()
        if not self.asked.exists():
            self._make(owner, say)
        if self.path.stat().st_uid != owner.uid or not owner.may_enter(self.path):
            raise ClusterError(
                f"用户 {owner.name} 不能使用 {self.path}，请换回原用户，或 make clean。 "
                f"{self.path} is not {owner.name}'s, or out of reach: "
                "go on as the user who made it, or `make clean`, which deletes the data"
            )

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """One process at a time makes or starts the cluster; the others wait."""
        with (self.path / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def remove(self) -> None:
        """Delete the cluster with all that is in it; nothing else is ever deleted."""
        if self.made:
            shutil.rmtree(self.socket, ignore_errors=True)
            shutil.rmtree(self.path)
        if self.asked.is_symlink():
            self.asked.unlink()

    @property
    def made(self) -> bool:
        """Whether there is a cluster, finished."""
        return (self.pgdata / "PG_VERSION").exists()

    @property
    def path(self) -> Path:
        """Where it really lies, symbolic links followed."""
        return self.asked.resolve()

    @property
    def pgdata(self) -> Path:
        """PostgreSQL's data directory."""
        return self.path / "pgdata"

    @property
    def log(self) -> Path:
        """What the server has said."""
        return self.path / "postgres.log"

    @property
    def socket(self) -> Path:
        """Directory of the socket: with the data, or in /tmp if that path is long or unusual."""
        beside = self.path / "socket"
        whole = f"{beside}/.s.PGSQL.{PORT}"
        # libpq reads a comma as a list of hosts, and quotes would need quoting three times
        if len(os.fsencode(whole)) <= LONGEST_SOCKET_PATH and re.fullmatch(r"[\w./ +-]+", whole):
            return beside
        return Path("/tmp") / f"wangge-{_mark(self.path)}"  # noqa: S108 (its owner is checked)

    def _make(self, owner: Account, say: Callable[[str], None]) -> None:
        parent = self.asked.parent
        parent.mkdir(parents=True, exist_ok=True)
        if owner.may_enter(parent):
            owner.make_directory(self.asked)
            return
        elsewhere = ELSEWHERE / f"wangge-{_mark(self.asked)}"
        owner.make_directory(elsewhere)
        self.asked.symlink_to(elsewhere)
        say(
            f"用户 {owner.name} 无法进入 {parent}，数据库放在 {elsewhere}。 "
            f"user {owner.name} cannot enter {parent}, so the database lies in {elsewhere}"
        )


def _mark(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:10]
