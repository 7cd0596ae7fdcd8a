"""A road between phones and the server on which things go wrong, as fates say. Loopback only.

Every phone has a road (a port) of its own: it asks one thing at a time, so its k-th request meets
its k-th fate, whatever the other phones do.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from threading import Thread
from typing import Any, NamedTuple

from tests.faults.fates import Break, Fate, Fates, Kind

SLOWEST = 0.4  # seconds of a delay
KILL_WITHIN = 0.06  # seconds after the request was sent on
THIN_BYTES = 8192  # a second: 64 kbit/s
SLICE = 7  # bytes of the longest write of a sliced road
FEW = 400  # writes: then the rest goes at once, or a megabyte takes minutes
LONGEST = 64 << 20
ORIGIN_SECONDS = 30.0
HTML = b"<html><body>" + "请先登录无线网络。".encode() + b"</body></html>"

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Lost(Exception):
    """The phone's connection ends here; `reset`: by RST."""

    def __init__(self, reset: bool = False) -> None:
        super().__init__(reset)
        self.reset = reset


class Meeting(NamedTuple):
    """What became of a request: for the log of a failing seed."""

    number: int
    line: str
    fate: Fate


class Road:
    """One phone's way to the server."""

    def __init__(self, origin: int, fates: Fates, break_: Break) -> None:
        self.met: list[Meeting] = []
        self._origin, self._fates, self._break = origin, fates, break_
        self._late: list[bytes] = []
        self._delivering = asyncio.Lock()
        self._mended = False

    def mend(self) -> None:
        """From now on everything goes well."""
        self._mended = True

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection of the phone."""
        try:
            while request := await _read_message(reader):
                await self._meet(request, writer)
        except Lost as lost:
            if lost.reset:
                _reset(writer)
        except (OSError, asyncio.IncompleteReadError):
            pass  # the phone hung up, or the server did
        finally:
            writer.close()

    async def deliver_late(self) -> None:
        """What was held back reaches the server now; nobody waits for the answer.

        Whoever comes second waits for the first: afterwards nothing is on its way any more.
        """
        async with self._delivering:
            while self._late:
                with suppress(OSError, asyncio.IncompleteReadError):
                    await self._ask(self._late.pop(0))

    async def _meet(self, request: bytes, writer: asyncio.StreamWriter) -> None:
        fate = Fate(Kind.GOOD, 0) if self._mended else next(self._fates)
        line = request.split(b"\r\n", 1)[0].decode("latin-1")
        self.met.append(Meeting(len(self.met), line, fate))
        if fate.kind is Kind.LATE:
            self._late.append(request)
            raise Lost
        await _WAYS.get(fate.kind, Road._pass_on)(self, fate, request, writer)
        await self.deliver_late()

    async def _pass_on(self, fate: Fate, request: bytes, writer: asyncio.StreamWriter) -> None:
        await _write(writer, await self._ask(request))

    async def _lose_ask(self, fate: Fate, request: bytes, writer: asyncio.StreamWriter) -> None:
        raise Lost(reset=fate.kind is Kind.ASK_RESET)

    async def _lose_answer(self, fate: Fate, request: bytes, writer: asyncio.StreamWriter) -> None:
        await self._ask(request)
        raise Lost(reset=fate.kind is Kind.ANSWER_RESET)

    async def _twice(self, fate: Fate, request: bytes, writer: asyncio.StreamWriter) -> None:
        await self._ask(request)
        await _write(writer, await self._ask(request))

    async def _at_once(self, fate: Fate, request: bytes, writer: asyncio.StreamWriter) -> None:
        both = [asyncio.ensure_future(self._ask(request)) for _ in range(2)]
        done, _ = await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        answers = await asyncio.gather(*both, return_exceptions=True)
        first = answers[both.index(done.pop())]
        if isinstance(first, BaseException):
            raise Lost
        await _write(writer, first)

    async def _slow(self, fate: Fate, request: bytes, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(fate.share * SLOWEST)
        answer = await self._ask(request)
        await asyncio.sleep((1 - fate.share) * SLOWEST)
        await _write(writer, answer)

    async def _sliced(self, fate: Fate, request: bytes, writer: asyncio.StreamWriter) -> None:
        await _write_slices(writer, await self._ask(request, _write_slices))

    async def _thin(self, fate: Fate, request: bytes, writer: asyncio.StreamWriter) -> None:
        await _write_thin(writer, await self._ask(request, _write_thin))

    async def _cut_ask(self, fate: Fate, request: bytes, writer: asyncio.StreamWriter) -> None:
        _, origin = await self._connect()
        await _write(origin, request[: int(len(request) * fate.share)])
        origin.close()
        raise Lost

    async def _cut_answer(self, fate: Fate, request: bytes, writer: asyncio.StreamWriter) -> None:
        answer = await self._ask(request)
        await _write(writer, answer[: int(len(answer) * fate.share)])
        raise Lost

    async def _stranger(self, fate: Fate, request: bytes, writer: asyncio.StreamWriter) -> None:
        status = b"502 Bad Gateway" if fate.kind is Kind.GATEWAY else b"200 OK"
        head = b"HTTP/1.1 %s\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n"
        await _write(writer, head % (status, len(HTML)) + HTML)

    async def _kill(self, fate: Fate, request: bytes, writer: asyncio.StreamWriter) -> None:
        asked = asyncio.ensure_future(self._ask(request))
        await asyncio.sleep(fate.share * KILL_WITHIN)
        await asyncio.get_running_loop().run_in_executor(None, self._break, fate)
        try:
            await _write(writer, await asked)
        except (OSError, asyncio.IncompleteReadError) as error:
            raise Lost from error

    async def _ask(self, request: bytes, write: Write | None = None) -> bytes:
        """The server's whole answer, over a connection of its own."""
        reader, writer = await self._connect()
        try:
            async with asyncio.timeout(ORIGIN_SECONDS):
                await (write or _write)(writer, request)
                return await _read_message(reader) or _raise(ConnectionResetError())
        finally:
            writer.close()

    async def _connect(self) -> Streams:
        return await asyncio.open_connection("127.0.0.1", self._origin, limit=LONGEST)


Write = Callable[[asyncio.StreamWriter, bytes], Awaitable[None]]
Way = Callable[[Road, Fate, bytes, asyncio.StreamWriter], Coroutine[Any, Any, None]]

_WAYS: dict[Kind, Way] = {
    Kind.ASK_LOST: Road._lose_ask,
    Kind.ASK_RESET: Road._lose_ask,
    Kind.ANSWER_LOST: Road._lose_answer,
    Kind.ANSWER_RESET: Road._lose_answer,
    Kind.TWICE: Road._twice,
    Kind.AT_ONCE: Road._at_once,
    Kind.SLOW: Road._slow,
    Kind.SLICED: Road._sliced,
    Kind.THIN: Road._thin,
    Kind.ASK_CUT: Road._cut_ask,
    Kind.ANSWER_CUT: Road._cut_answer,
    Kind.GATEWAY: Road._stranger,
    Kind.PORTAL: Road._stranger,
    Kind.KILL_WEB: Road._kill,
    Kind.KILL_BACKEND: Road._kill,
    Kind.KILL_CLUSTER: Road._kill,
    Kind.KILL_JOBS: Road._kill,
}


class Proxy:
    """All roads of a run. `break_` ends what a fate says; it runs in one thread that lasts."""

    def __init__(self, origin: int, break_: Break = lambda fate: None) -> None:
        self.roads: dict[str, Road] = {}
        self._origin, self._break = origin, break_
        self._loop = asyncio.new_event_loop()
        self._loop.set_default_executor(ThreadPoolExecutor(1, "breaker"))
        self._servers: list[asyncio.Server] = []

    def road(self, name: str, fates: Fates) -> int:
        """Open a road; its port."""
        self.roads[name] = road = Road(self._origin, fates, self._break)
        server = self._run(asyncio.start_server(road.serve, "127.0.0.1", 0, limit=LONGEST))
        self._servers.append(server)
        port: int = server.sockets[0].getsockname()[1]
        return port

    def mend(self) -> None:
        """Faults stop; what was held back on any road has reached the server when this returns."""
        for road in self.roads.values():
            road.mend()
            self._run(road.deliver_late())

    def count(self) -> Counter[str]:
        """How many requests met which fate."""
        return Counter(met.fate.kind.value for road in self.roads.values() for met in road.met)

    def _run(self, what: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(what, self._loop).result(PATIENCE)

    async def _close(self) -> None:
        for server in self._servers:
            server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        for _ in range(3):  # what was closed is let go of in the next turns of the loop
            await asyncio.sleep(0)
        await self._loop.shutdown_default_executor()


PATIENCE = 120.0


@contextmanager
def proxy(origin: int, break_: Break = lambda fate: None) -> Iterator[Proxy]:
    """A proxy before the server at this loopback port, for a while."""
    made = Proxy(origin, break_)
    thread = Thread(target=made._loop.run_forever, name="proxy", daemon=True)
    thread.start()
    try:
        yield made
    finally:
        made._run(made._close())
        made._loop.call_soon_threadsafe(made._loop.stop)
        thread.join()
        made._loop.close()


async def _read_message(reader: asyncio.StreamReader) -> bytes:
    """A request or an answer, whole, as it came; nothing at the end of the connection."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as end:
        if end.partial:
            raise
        return b""
    return head + await reader.readexactly(_length(head))


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            return int(value)
    return 0


async def _write(writer: asyncio.StreamWriter, text: bytes) -> None:
    writer.write(text)
    await writer.drain()


async def _write_slices(writer: asyncio.StreamWriter, text: bytes) -> None:
    at = 0
    for k in range(FEW):
        size = 1 + k % SLICE
        await _write(writer, text[at : at + size])
        at += size
        await asyncio.sleep(0)
    await _write(writer, text[at:])


async def _write_thin(writer: asyncio.StreamWriter, text: bytes) -> None:
    step = THIN_BYTES // 16
    for at in range(0, len(text), step):
        await _write(writer, text[at : at + step])
        await asyncio.sleep(1 / 16)


def _reset(writer: asyncio.StreamWriter) -> None:
    found = writer.get_extra_info("socket")
    found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _raise(error: Exception) -> bytes:
    raise error
