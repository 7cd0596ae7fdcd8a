"""What this machine offers a cluster: PostgreSQL's programs, and a user to run them as."""

import os
import pwd
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

from server.cluster.errors import ClusterError

OLDEST_MAJOR: Final = 15
DEBIAN: Final = Path("/usr")
ENVIRONMENT: Final = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8"}


@dataclass(frozen=True)
class Account:
    """The operating system's user that owns the cluster; not root, which PostgreSQL refuses."""

    name: str
    uid: int
    gid: int

    def run(self, command: Sequence[str | Path], cwd: Path) -> subprocess.CompletedProcess[bytes]:
        """Run to the end as this user; both output streams come back as one."""
        return subprocess.run(  # noqa: S603 (our own commands)
            command,
            cwd=cwd,
            env=ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
            **self._privileges(),
        )

    def spawn(
        self, command: Sequence[str | Path], cwd: Path, output: IO[bytes]
    ) -> subprocess.Popen[bytes]:
        """Start as this user, in a session of its own: Ctrl-C is for us to pass on."""
        return subprocess.Popen(  # noqa: S603 (our own commands)
            command,
            cwd=cwd,
            env=ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            **self._privileges(),
        )

    def may_enter(self, directory: Path) -> bool:
        """Whether this user can reach what lies in the directory."""
        return self.run(["test", "-x", directory], cwd=Path("/")).returncode == 0

    def make_directory(self, directory: Path) -> None:
        """A directory for this user alone. Raises ClusterError if another user has it."""
        if not directory.exists():
            directory.mkdir(mode=0o700)
            os.chown(directory, self.uid, self.gid)
        found = directory.lstat()
        if found.st_uid != self.uid or found.st_mode & 0o170777 != 0o040700:
            raise ClusterError(
                f"{directory} 已被占用（应为 {self.name} 独有的目录，权限 0700），请移走后再试。 "
                f"{directory} is not a directory of {self.name} alone (0700): move it away"
            )

    def write(self, path: Path, text: str) -> None:
        """Write a file that this user alone reads."""
        path.write_text(text, encoding="utf-8")
        path.chmod(0o600)
        os.chown(path, self.uid, self.gid)

    def _privileges(self) -> dict[str, Any]:
        if os.geteuid() == self.uid:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}


def account() -> Account:
    """The user that runs us; for root, the `postgres` user of Debian's package.

    Raises ClusterError when that user does not exist.
    """
    try:
        found = pwd.getpwnam("postgres") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
    except KeyError:
        raise ClusterError(
            "系统中没有所需的用户，请运行 docker/system-packages.sh run。 "
            "the user to run PostgreSQL as is missing: run docker/system-packages.sh run"
        ) from None
    return Account(found.pw_name, found.pw_uid, found.pw_gid)


def own_name() -> str:
    """Name of the user that runs us, as the kernel tells it to the database."""
    return pwd.getpwuid(os.geteuid()).pw_name


def find_programs(
    major: int | None = None, *, debian: Path = DEBIAN, path: str | None = None
) -> Path:
    """Directory of PostgreSQL's programs: Debian's newest that has PostGIS, else one on PATH.

    `major` asks for exactly that version (an existing cluster reads no other). Raises
    ClusterError when there is none, or only one older than OLDEST_MAJOR.
    """
    found = _installed(debian, path)
    usable = {n: place for n, place in found.items() if n >= OLDEST_MAJOR and major in (None, n)}
    if usable:
        return max(usable.items(), key=lambda one: (_has_postgis(debian, one[0]), one[0]))[1]
    seen = ", ".join(str(n) for n in sorted(found)) or "-"
    wanted = f"PostgreSQL {major or f'{OLDEST_MAJOR}+'}"
    package = f"postgresql-{major or OLDEST_MAJOR}"
    raise ClusterError(
        f"缺少 {wanted}（现有：{seen}），请安装 {package} 及 PostGIS。 "
        f"{wanted} is missing (found: {seen}): "
        f"install {package} with its PostGIS"
    )


def _installed(debian: Path, path: str | None) -> dict[int, Path]:
    places = [at.parent for at in debian.glob("lib/postgresql/*/bin/postgres")]
    found = {int(place.parent.name): place for place in places if place.parent.name.isdecimal()}
    elsewhere = shutil.which("postgres", path=path)
    if elsewhere is not None:
        place = Path(elsewhere).resolve().parent
        found.setdefault(_major(place / "postgres"), place)
    return found


def _major(postgres: Path) -> int:
    said = subprocess.run(  # noqa: S603 (found on PATH, asked for its version)
        [postgres, "--version"], capture_output=True, text=True, check=False
    ).stdout
    number = re.search(r"\d+", said)
    return int(number.group()) if number else 0


def _has_postgis(debian: Path, major: int) -> bool:
    return (debian / f"share/postgresql/{major}/extension/postgis.control").exists()
