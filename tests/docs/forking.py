"""`wangge` for the pages' examples: a process of its own each time, but none that loads it anew.

One process has loaded every command and forks for each that is typed; what stands on the PATH only
hands over arguments, environment, place and the three streams, and ends with the same code. Loading
would be most of what the examples cost.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

_HAND = """#!{python} -IS
import json, os, socket, sys
ask = socket.socket(socket.AF_UNIX)
ask.connect({address!r})
said = json.dumps([sys.argv, dict(os.environ), os.getcwd()]).encode()
socket.send_fds(ask, [len(said).to_bytes(4, "big")], [0, 1, 2])
ask.sendall(said)
sys.exit(int(ask.makefile().read() or 70))
"""


@cache
def directory() -> Path:
    """Where that `wangge` is; the process behind it ends with this one."""
    here = Path(tempfile.mkdtemp(prefix="wangge-forking-"))
    address = here / "socket"
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(address))
        listening.listen(8)
        behind = subprocess.Popen(
            [sys.executable, "-m", __spec__.name, str(listening.fileno())],
            pass_fds=[listening.fileno()],
            cwd=Path(__file__).parents[2],
            stdin=subprocess.DEVNULL,
        )
    atexit.register(_end, behind, here)
    hand = here / "wangge"
    hand.write_text(_HAND.format(python=sys.executable, address=str(address)), "utf-8")
    hand.chmod(0o755)
    return here


def _end(behind: subprocess.Popen[bytes], here: Path) -> None:
    behind.terminate()
    behind.wait()
    shutil.rmtree(here, ignore_errors=True)


def _serve(listening: socket.socket) -> NoReturn:
    from server.cli import COMMANDS

    gc.disable()  # what is loaded stays, and who is forked does not live long
    for name in sorted(set(COMMANDS.values())):
        import_module(f"server.cli.{name}")
    import_module("server.app")
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for whom was forked
    while True:
        asking, _nobody = listening.accept()
        if os.fork() == 0:
            listening.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            _type(asking)
        asking.close()


def _type(asking: socket.socket) -> NoReturn:
    length, streams, *_rest = socket.recv_fds(asking, 4, 3)
    with asking.makefile("rb") as told:
        argv, environment, place = json.loads(told.read(int.from_bytes(length, "big")))
    for wanted, stream in enumerate(streams):
        os.dup2(stream, wanted)
        os.close(stream)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(place)
    sys.argv = argv
    code = _run()
    asking.sendall(str(code).encode())
    os._exit(code)


def _run() -> int:
    from server.cli import main

    code: Any = 0
    try:
        main(prog_name="wangge")
    except SystemExit as end:
        code = end.code
    sys.stdout.flush()
    sys.stderr.flush()
    return code if isinstance(code, int) else 0 if code is None else 1


if __name__ == "__main__":
    _serve(socket.socket(fileno=int(sys.argv[1])))
