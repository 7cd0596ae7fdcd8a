"""A cluster lives no longer than the process that started it, even after `kill -9`.

That process holds the writing end of a pipe. When the pipe closes without a good-bye, which the
kernel sees to however the process ended, a small shell at the other end stops the server and
removes what is temporary. `PR_SET_PDEATHSIG` would be shorter, but it fires when the starting
*thread* ends, and it cannot remove a directory.
"""

import subprocess
from pathlib import Path
from typing import Final

SCRIPT: Final = r"""
trap '' HUP INT TERM
read -r word && exit 0
[ -f "$1/postmaster.pid" ] || sleep 2    # killed in the very moment of starting
pid=$(head -n 1 "$1/postmaster.pid" 2>/dev/null)
if [ -n "$pid" ] && tr '\0' '\n' 2>/dev/null <"/proc/$pid/cmdline" | grep -qxF -e "$1"; then
    kill -INT "$pid"
    for _ in $(seq 100); do [ -d "/proc/$pid" ] || break; sleep 0.1; done
fi
if [ -n "$2" ]; then rm -rf -- "$2"; fi
"""


class Watch:
    """Stops the server on `pgdata` when we die, then deletes `afterwards` if that is given."""

    def __init__(self, pgdata: Path, afterwards: Path | None) -> None:
        self._shell = subprocess.Popen(  # noqa: S603 (a constant script)
            ["/bin/sh", "-c", SCRIPT, "wangge-watch", pgdata, afterwards or ""],
            cwd="/",
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def end(self) -> None:
        """Say good-bye: the server is stopped, there is nothing left to watch."""
        self._shell.communicate(b"good-bye\n")
