"""A county's pages as people with browsers reach them, and what no page may ever do.

    def test_a_supervisor_opens_the_day(site: Site) -> None:
        page = site.open("/day", "township-a")
        expect(page.get_by_role("heading", name="今日")).to_be_visible()
        assert_accessible(page)

Every page is watched: a request to another host, a violation of the content policy, an error in the
console or one that nobody caught fails the test when it is over.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import NAMESPACE_URL, uuid5

from playwright.sync_api import Browser, BrowserContext, Page, Request, ViewportSize, expect

DESK: ViewportSize = {"width": 1366, "height": 768}
PHONE: ViewportSize = {"width": 360, "height": 740}
LOCALES = {"zh": "zh-CN", "en": "en-GB"}
PATIENCE = 20_000  # milliseconds until a page shows what it should: the machine may be busy
expect.set_options(timeout=PATIENCE)

# A form that is sent again for its errors is a 4xx, which the console reports as an error.
_OURS = re.compile(r"Failed to load resource: .* status of 4(?!04)\d\d")


@dataclass
class Watch:
    """What the pages of one browser did that no page may."""

    host: str
    complaints: list[str] = field(default_factory=list)
    forgiven: list[re.Pattern[str]] = field(default_factory=lambda: [_OURS])

    def forgive(self, pattern: str) -> None:
        """From here on this error is part of the story: a line that was cut, say."""
        self.forgiven.append(re.compile(pattern))

    def over(self, context: BrowserContext) -> None:
        """Look at all pages of this browser, those that open later too."""
        context.on("request", self._asked)
        context.on("console", self._said)
        context.on("weberror", lambda error: self._note(f"not caught: {error.error}"))

    def _asked(self, request: Request) -> None:
        there = urlsplit(request.url)
        if there.scheme not in {"data", "blob"} and there.netloc != self.host:
            self._note(f"a request to another host: {request.url}")

    def _said(self, message: Any) -> None:
        if message.type == "error":
            self._note(f"console: {message.text} ({message.location.get('url')})")

    def _note(self, complaint: str) -> None:
        if not any(known.search(complaint) for known in self.forgiven):
            self.complaints.append(complaint)


class Site:
    """The pages of one county, at one address, over the story's clock."""

    def __init__(self, base: str, chromium: Browser, clock: Callable[[], datetime], password: str):
        self.base, self.clock = base, clock
        self._chromium, self._password = chromium, password
        self._contexts: list[tuple[BrowserContext, Watch]] = []

    def open(
        self,
        path: str | None = None,
        login: str | None = None,
        size: ViewportSize = DESK,
        lang: str = "zh",
        **more: Any,
    ) -> Page:
        """A new browser: nobody's before. Signed in as `login`, at `path`; `more` as Playwright's
        `new_context` takes it.
        """
        context = self._chromium.new_context(
            base_url=self.base,
            viewport=size,
            screen=size,
            has_touch=size is PHONE,
            locale=LOCALES[lang],
            timezone_id="Asia/Shanghai",
            reduced_motion="reduce",
            **more,
        )
        watch = Watch(urlsplit(self.base).netloc)
        watch.over(context)
        self._contexts.append((context, watch))
        context.set_default_timeout(PATIENCE)
        context.add_init_script(_shift(self.clock() - datetime.now(tz=self.clock().tzinfo)))
        page = context.new_page()
        if login:
            self.sign_in(page, login)
        if path:
            page.goto(path)
        return page

    def sign_in(self, page: Page, login: str) -> None:
        """A session for this browser, without the way through the form.

        It is the same browser to the county every time: a user has so many devices and no more.
        """
        browser = str(uuid5(NAMESPACE_URL, login))
        page.context.add_cookies([{"name": "wangge_browser", "value": browser, "url": self.base}])
        sent: dict[str, str | float | bool] = {"login": login, "password": self._password}
        answer = page.request.post("/sign-in", form=sent, max_redirects=0)
        assert answer.status == 303, answer.text()

    def watch(self, page: Page) -> Watch:
        """What is held against this page's browser."""
        return next(watch for context, watch in self._contexts if context == page.context)

    def pass_time(self, **span: float) -> None:
        """Let days, hours or minutes pass, for the county and on everybody's wall."""
        self.clock.pass_time(**span)  # type: ignore[attr-defined] # the small county's clock
        script = _shift(timedelta(**span))
        for context, _watch in self._contexts:
            context.add_init_script(script)
            for page in context.pages:
                page.evaluate(script)

    def close(self) -> None:
        """Close every browser; fails if a page did what no page may."""
        for context, _watch in self._contexts:
            context.close()
        complaints = [told for _context, watch in self._contexts for told in watch.complaints]
        assert not complaints, "\n".join(complaints)


def fits(page: Page) -> None:
    """Nothing stands beyond the screen's edge: nobody has to push the page sideways."""
    wide = page.evaluate(_TOO_WIDE)
    assert not wide, f"wider than the screen: {wide}"


def _shift(span: timedelta) -> str:
    """A script by which the page's wall clock goes so much ahead."""
    return f"({_SHIFT})({span.total_seconds() * 1000:.0f})"


_TOO_WIDE = """() => {
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= width) return [];
  return [...document.querySelectorAll("body *")]
    .filter(one => one.getBoundingClientRect().right > width + 1)
    .slice(0, 5).map(one => one.outerHTML.slice(0, 120));
}"""
_SHIFT = """ahead => {
  const Wall = Date, now = () => Wall.now() + ahead;
  globalThis.Date = new Proxy(Wall, {
    construct: (_, given, as) => Reflect.construct(Wall, given.length ? given : [now()], as),
    apply: () => new Wall(now()).toString(),
    get: (_, name) => name === "now" ? now : Reflect.get(Wall, name),
  });
}"""
