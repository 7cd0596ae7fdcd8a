"""The client over real HTTP, in pages of a real county: a phone as its people use it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import BrowserContext, Page, Route
from sqlalchemy import create_engine, text

from tests.browser.site import PHONE, Site
from tests.smallcounty import PASSWORD, SmallCounty, id_of

PAGE = "/sign-in"  # any page of ours: the client's modules are fetched into it

# One handset for each tab. `unlocked` is a browser that knows no locks between tabs.
_BEGIN = """async ([version, unlocked]) => {
  const from = (name) => import(`/work/${version}/sync/${name}.js`);
  const { Handset } = await from("handset");
  const [{ newId }, field] = [await from("ids"), await from("field")];
  const handset = new Handset(unlocked ? { locks: undefined } : {});
  globalThis.me = { handset, newId, field, phone: null };
}"""
_DO = """async ([deed, given]) => {
  try {
    return { done: await (0, eval)(`(${deed})`)(globalThis.me, ...given) };
  } catch (error) {
    return { error: error.constructor.name, slug: error.slug };
  }
}"""


class Refused(Exception):
    """What the client rejected with, by the name of its error."""


class Tab:
    """One tab of a phone's browser."""

    def __init__(self, page: Page, version: str, unlocked: bool) -> None:
        self.page = page
        page.goto(PAGE)
        page.evaluate(_BEGIN, [version, unlocked])

    def do(self, deed: str, *given: Any) -> Any:
        """Evaluate `(me, …) => …`. Raises Refused."""
        told = self.page.evaluate(_DO, [deed, list(given)])
        if "error" in told:
            raise Refused(told.get("slug") or told["error"])
        return told.get("done")

    def sign_in(self, login: str, password: str = PASSWORD) -> None:
        """By login and password, at the server."""
        deed = "async (me, ...who) => { me.phone = await me.handset.signIn(...who) }"
        self.do(deed, login, password)

    def open(self, login: str, password: str = PASSWORD) -> None:
        """Without a line: the store of somebody who has signed in here before."""
        deed = "async (me, ...who) => { me.phone = await me.handset.open(...who) }"
        self.do(deed, str(id_of(f"user {login}")), password)

    def visit(self, household: str = "A1w-1", note: str = "示例") -> str:
        """Write a visit down; its id."""
        deed = """(me, visit) => me.field.recordVisit(me.phone, { ...visit, id: me.newId() })"""
        about = {"household_id": str(id_of(household)), "outcome": "met", "note": note}
        return str(self.do(deed, about))

    def sync(self) -> dict[str, Any]:
        """Sync once."""
        return dict(self.do("(me) => me.phone.sync()"))

    def waiting(self) -> int:
        """The number of the bottom bar."""
        return int(self.do("(me) => me.phone.countWaiting()"))

    def promises(self) -> int:
        """How many of them are still in the page's memory."""
        tools = self.page.context.new_cdp_session(self.page)
        kind = tools.send("Runtime.evaluate", {"expression": "Promise.prototype"})["result"]
        asked = {"prototypeObjectId": kind["objectId"]}
        found = tools.send("Runtime.queryObjects", asked)["objects"]
        count = {"objectId": found["objectId"], "returnByValue": True}
        count["functionDeclaration"] = "function () { return this.length; }"
        return int(tools.send("Runtime.callFunctionOn", count)["result"]["value"])


class Lived:
    """One phone: its browser, which several people and tabs may share."""

    def __init__(self, site: Site, version: str) -> None:
        self._version, first = version, site.open(size=PHONE)
        self.context: BrowserContext = first.context
        site.watch(first).forgive("Failed to load resource|ERR_FAILED|ERR_INTERNET_DISCONNECTED")
        first.close()

    def tab(self, unlocked: bool = False) -> Tab:
        """Another tab. While it is offline no page can be fetched: open tabs before."""
        return Tab(self.context.new_page(), self._version, unlocked)

    def on_the_road(self, path: str, meet: Callable[[Route], None]) -> None:
        """What happens to requests to this path of the API."""
        self.context.route(f"**/api/v1/{path}", meet)

    def on_a_good_road(self) -> None:
        """Nothing more happens to requests."""
        self.context.unroute_all()


# A disk with so many bytes left. (The quota of the browser's developer tools is looked at now and
# then: hundreds of megabytes went past it.)
SMALL_DISK = """(me, free) => {
  const { add, put, clear } = IDBObjectStore.prototype;
  const spend = (real) => function (value) {
    free -= JSON.stringify(value).length + (value.bytes ? value.bytes.length : 0);
    if (free < 0) throw new DOMException("full", "QuotaExceededError");
    return real.call(this, value);
  };
  Object.assign(IDBObjectStore.prototype, { add: spend(add), put: spend(put), clear() {
    if (this.name === "ballast") free += 1024 * 1024;
    return clear.call(this);
  } });
}"""


# A disk without a byte left, while `full` is true, as Chromium meets it: the request fails with
# AbortError, the store is shut, and is not opened again.
NO_DISK = """() => {
  globalThis.full = true;
  const { put } = IDBObjectStore.prototype, { open } = IDBFactory.prototype;
  IDBObjectStore.prototype.put = function (value) {
    const asked = put.call(this, value);
    if (full) {
      this.transaction.abort();
      this.transaction.db.close();
    }
    return asked;
  };
  IDBFactory.prototype.open = function (...given) {
    if (!full) return open.apply(this, given);
    const error = new DOMException("Internal error opening backing store", "UnknownError");
    const asked = { error };
    setTimeout(() => asked.onerror());
    return asked;
  };
}"""


def lose_answer(route: Route) -> None:
    """The server has done it, and the phone does not hear of it."""
    route.fetch()
    route.abort()


def visits(county: SmallCounty) -> list[str]:
    """The ids of all visits that the county knows of, in order."""
    engine = create_engine(county.url)
    with engine.connect() as connection:
        found = connection.execute(text("SELECT id FROM visit")).scalars().all()
    engine.dispose()
    return sorted(str(id_) for id_ in found)
