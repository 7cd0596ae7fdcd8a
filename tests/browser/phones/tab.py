"""A page with nothing on it but the client, and its phones as tests hold them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from playwright.sync_api import Browser, Page, Route

from server.console.worker import kit
from sync.phone import LineLost, LineRefused, LoginLost, RowsLocked, Summary, TooLong

ORIGIN = "http://127.0.0.1:9"  # nothing listens there: the page comes from these files
ADAPTER = Path(__file__).with_name("adapter.js")
SHELL = "<!doctype html><title>phone</title><script type=module src=/a.js></script>"

Reading = Mapping[str, Any]  # what a phone's clocks read
Answer = Callable[[Any, Any], Mapping[str, Any]]  # verb and body → what the page hears


class Killed(Exception):
    """The phone lost power before this request to its store."""


ERRORS = {"Killed": Killed, "LoginLost": LoginLost, "RowsLocked": RowsLocked, "TooLong": TooLong}


class Kept(NamedTuple):
    """A change, its status and its reason."""

    change: Mapping[str, Any]
    status: str
    reason: str | None


STATUS = {"set_aside": "quarantined", "rejected": "rejected"}


class Tab:
    """One page, whose phones ask `lines` by their key."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.lines: dict[str, Answer] = {}
        self.complaint: BaseException | None = None
        page.expose_function("line", self._line)
        self.load()

    def load(self) -> None:
        """The page anew, as after a restart: what is in its stores is all that is left."""
        self.page.goto("/")
        self.page.wait_for_function("window.phones")

    def forget(self) -> None:
        """Nobody has ever used this browser."""
        self.page.evaluate("phones.forget()")
        self.complaint = None

    def open(
        self, key: str, now: Reading, name: str, user: str, device: str, app: Mapping[str, Any]
    ) -> None:
        """A phone on the store of this name."""
        given = [key, now, name, user, device, app]
        self.page.evaluate("given => phones.open(...given)", given)

    def do(self, key: str, now: Reading, verb: str, given: Sequence[Any], left: int | None) -> Any:
        """Let a phone do something. Raises what it raises, and what its line complained of."""
        told = self.page.evaluate("given => phones.do(...given)", [key, now, verb, given, left])
        if self.complaint:
            raise self.complaint
        if "error" in told:
            raise ERRORS.get(told["error"], AssertionError)(told["told"])
        return told.get("done")

    def _line(self, key: str, verb: str, said: str) -> str:
        try:
            return json.dumps(self.lines[key](verb, json.loads(said)))
        except BaseException as error:  # noqa: BLE001 # raised again in `do`; a page cannot
            self.complaint = error
            return json.dumps({"login": True})


@contextmanager
def empty_tab(chromium: Browser) -> Iterator[Tab]:
    """A browser that has never been used, at a page with the client's modules and the adapter."""
    context = chromium.new_context(base_url=ORIGIN)
    context.route("**/*", _serve)
    yield Tab(context.new_page())
    context.close()


def heard(ask: Callable[[], Mapping[str, Any]]) -> dict[str, Any]:
    """What a page hears of an answer, or of how the line failed."""
    try:
        return {"answer": ask()}
    except LineLost as lost:
        return {"lost": True, "retry_after": lost.retry_after, "status": lost.status}
    except LineRefused as refused:
        return {"refused": refused.status}
    except LoginLost:
        return {"login": True}


class PhoneInTab:
    """The verbs of sync.phone.Phone, done by the client in a page."""

    left: int | None = None  # requests to its store until it dies; -1: as many as are left

    def __init__(self, tab: Tab, key: str, now: Callable[[], Reading]) -> None:
        self._tab, self._key, self._now = tab, key, now

    def record(self, entity: str, op: str, set: Any, id: str | None = None, was: Any = None) -> str:
        """Write something down."""
        said = {"entity": entity, "op": str(op), "set": dict(set), "id": id, "was": was}
        return str(self.do("record", {k: v for k, v in said.items() if v is not None}))

    def sync(self) -> Summary:
        """Sync once."""
        return _summary(self.do("sync"))

    def listen(self, _news: Any) -> Summary | None:
        """Poll once."""
        told = self.do("listen")
        return None if told is None else _summary(told)

    def send_again(self, mid: str) -> str:
        """Offer a change once more."""
        return str(self.do("sendAgain", mid))

    def rows(self, entity: str) -> dict[str, Any]:
        """Rows as the person sees them."""
        return dict(self.do("rows", entity))

    def waiting(self) -> list[Any]:
        """Changes that are not acknowledged."""
        return [kept["change"] for kept in self.do("waiting")]

    def set_aside(self) -> list[Kept]:
        """Changes that were not taken."""
        told = self.do("setAside")
        return [Kept(kept["change"], STATUS[kept["state"]], kept["reason"]) for kept in told]

    def numbers(self) -> dict[str, int]:
        """Plain numbers of this device."""
        return dict(self.do("numbers"))

    def alarms(self) -> list[tuple[str, int]]:
        """What went wrong and was healed."""
        return [(alarm["kind"], alarm["at"]) for alarm in self.do("alarms")]

    def close(self) -> None:
        """Let go of the store."""
        self.do("close")

    def do(self, verb: str, *given: Any) -> Any:
        """One verb of the adapter."""
        left, self.left = self.left, None if self.left is None else -1
        return self._tab.do(self._key, self._now(), verb, given, left)


def _summary(told: Mapping[str, Any]) -> Summary:
    return Summary(
        told["pushed"], told["received"], told["complete"], told["lost"], told["busy"],
        told["retryAfter"], told["alarms"],
    )  # fmt: skip


def _serve(route: Route) -> None:
    path = route.request.url.removeprefix(ORIGIN)
    if path.startswith("/sync/"):
        found = kit.STATIC / path[1:]
        route.fulfill(body=found.read_bytes(), content_type="text/javascript")
    elif path == "/a.js":
        route.fulfill(body=ADAPTER.read_bytes(), content_type="text/javascript")
    else:
        route.fulfill(body=SHELL if path == "/" else "", content_type="text/html")
