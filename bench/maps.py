"""The map: measures of all cells over HTTP, tallied by the worker, against a superuser who counts
them from the visits; and how long a first look takes in a browser that has nothing of it yet.

A first look is usable when every cell stands on the screen in its colour, beside the legend: a
click on one, which is made then in a look of its own, is answered by its panel. It is whole when
the map has taken the sketch's place, with its names, and nothing moves any more. Both are counted
from the address.
"""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from statistics import median
from time import perf_counter

from playwright.sync_api import Browser, Page, Request, StorageState, ViewportSize, sync_playwright

from bench import web
from bench.ground import Ground, connect, settle
from bench.row import Bench, Pair
from bench.tiles import sow
from server.db import plain, worker
from server.demo.staff import PASSWORD
from server.ids import new_id
from server.installation import Installation, opened
from server.maps.measures.queries import STATEMENT, Asked, values_of
from server.worker.jobs import tally_cells

LOGINS = ("county", "township01")  # 200,000 households, and one of its townships
ASKS = 12  # of each, for a p95
LOOKS = 3
_SIZE: ViewportSize = {"width": 1366, "height": 768}
_MARKS = {"usable": "#map[data-usable]", "whole": "#map[data-ready]"}
# Without a graphics card: WebGL is drawn by the processor, pages as the browser sees fit.
_ARGUMENTS = (
    *("--no-first-run", "--disable-background-networking", "--disable-component-update"),
    "--enable-unsafe-swiftshader",
)

# Some 330,000 visits of four months; in every second cell more.
_WALK = """
    INSERT INTO visit (id, household_id, bucket, cell_id, outcome, done_by, recorded_by,
                       occurred_at, recorded_at, received_at, proof)
    SELECT gen_random_uuid(), h.id, h.bucket, h.cell_id,
           (ARRAY['met', 'met', 'by_telephone', 'nobody_home'])[1 + (random() * 3)::int],
           u.id, u.id, t.at, t.at, t.at, 'claimed'
      FROM household h
     CROSS JOIN (SELECT id FROM user_account ORDER BY login LIMIT 1) u
     CROSS JOIN LATERAL (
           SELECT now() - random() * interval '120 days' AS at
             FROM generate_series(1, 1 + (random() + hashtext(h.cell_id::text) % 2)::int)) t
"""


def walk(county: Installation) -> None:
    """Visits, set-wise; and the worker's first round after them."""
    connection = connect(county.admin_url)
    try:
        connection.cursor().execute(_WALK)
        connection.commit()
        with opened(county.settings("worker")):
            tally_cells(worker(datetime.now(UTC)))
        settle(connection)
    finally:
        connection.close()


@contextmanager
def asking(port: int, login: str) -> Iterator[Callable[[], float]]:
    """Somebody who asks for the measures of all own cells; seconds of one answer."""
    caller = web.Caller(port)
    token = caller.sign_in(login, PASSWORD, str(new_id(datetime.now(UTC))))
    caller.hang_up()
    headers = {"Authorization": f"Bearer {token}", "Accept-Encoding": "gzip"}

    def ask() -> float:
        connection = HTTPConnection("127.0.0.1", port, timeout=60)
        start = perf_counter()
        connection.request("GET", "/api/v1/map/cells", headers=headers)
        answer = connection.getresponse()
        answer.read()
        took = perf_counter() - start
        connection.close()
        if answer.status >= 400:
            raise RuntimeError(f"/map/cells: {answer.status}")
        return took

    yield ask


@contextmanager
def bare(county: Installation) -> Iterator[Callable[[], float]]:
    """Counted from all visits by a superuser, who has no row security; seconds."""
    connection = connect(county.admin_url)
    connection.autocommit = True
    cursor = connection.cursor()
    cursor.execute("SET max_parallel_workers_per_gather = 0; SET jit = off; SET work_mem = '48MB'")
    statement = plain(STATEMENT)

    def ask() -> float:
        now = datetime.now(UTC)  # a period that is over: tallies tell nothing of it
        asked = Asked(None, "", now - timedelta(days=30), now, now - timedelta(days=90))
        start = perf_counter()
        cursor.execute(statement, values_of(asked, now))
        cursor.fetchall()
        return perf_counter() - start

    try:
        yield ask
    finally:
        connection.close()


@contextmanager
def looking(port: int) -> Iterator[Callable[[str], dict[str, float]]]:
    """A browser; of somebody's first look what `_look` tells. Needs Chromium and its WebGL in
    software.
    """
    found = shutil.which("chromium-headless-shell") or shutil.which("chromium")
    if found is None:
        raise RuntimeError("Chromium is not here: docker/system-packages.sh test")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=_ARGUMENTS)
        signed_in = {login: _sign_in(browser, port, login) for login in LOGINS}
        yield lambda login: _look(browser, port, signed_in[login])
        browser.close()


def _sign_in(browser: Browser, port: int, login: str) -> StorageState:
    """The cookies of a session."""
    context = browser.new_context(base_url=f"http://127.0.0.1:{port}")
    form: dict[str, str | float | bool] = {"login": login, "password": PASSWORD}
    context.request.post("/sign-in", form=form, max_redirects=0)
    kept = context.storage_state()
    context.close()
    return kept


def _look(browser: Browser, port: int, session: StorageState) -> dict[str, float]:
    """With cookies and an empty cache, twice: seconds of who waits and of who clicks at once, and
    what was fetched without tiles, packed, in kB. Raises TimeoutError of playwright: a click was in
    vain.
    """
    took = {}
    fetched: list[Request] = []
    with _opened(browser, port, session, fetched) as (page, start):
        for mark, there in _MARKS.items():
            page.wait_for_selector(there, state="attached", timeout=120_000)
            took[f"{mark}_s"] = perf_counter() - start
        weights = [one.sizes()["responseBodySize"] for one in fetched if "/tiles/" not in one.url]
        took["kB"] = sum(weights) / 1000
    with _opened(browser, port, session, []) as (page, _):
        page.wait_for_selector(_MARKS["usable"], state="attached", timeout=120_000)
        start = perf_counter()
        _click(page)
        took["click_s"] = perf_counter() - start
    return took


@contextmanager
def _opened(
    browser: Browser, port: int, session: StorageState, fetched: list[Request]
) -> Iterator[tuple[Page, float]]:
    """The map in a browser that has nothing of it yet, and since when; `fetched` grows."""
    context = browser.new_context(
        base_url=f"http://127.0.0.1:{port}", viewport=_SIZE, storage_state=session
    )
    try:
        page = context.new_page()
        page.on("requestfinished", lambda request: fetched.append(request))
        start = perf_counter()
        page.goto("/map", wait_until="commit")
        yield page, start
    finally:
        context.close()


def _click(page: Page) -> None:
    """On one's own cell nearest to the middle: its panel comes."""
    x, y, code = page.evaluate(_NEAREST)
    page.mouse.click(x, y)
    page.wait_for_selector(f"#panel article[data-code='{code}']", timeout=60_000)


_NEAREST = """() => {
  const middle = box => [box.x + box.width / 2, box.y + box.height / 2];
  const [left, top] = middle(document.getElementById("map").getBoundingClientRect());
  const cells = [...document.querySelectorAll("#sketch a[data-cell]")]
    .map(cell => [...middle(cell.getBoundingClientRect()), cell.dataset.cell])
    .filter(([x, y, code]) => document.elementFromPoint(x, y)?.closest("a")?.dataset.cell === code);
  const far = ([x, y]) => Math.hypot(x - left, y - top);
  return cells.sort((one, other) => far(one) - far(other))[0];
}"""


def p95(seconds: Sequence[float]) -> float:
    """In milliseconds."""
    return 1000 * sorted(seconds)[math.ceil(0.95 * len(seconds)) - 1]


def _take(ground: Ground) -> Generator[Pair, None, None]:
    with ExitStack() as stack:
        county = stack.enter_context(ground.fresh())
        sow(ground, county)
        walk(county)
        port = stack.enter_context(web.serving(county.environment, ground.size.processes))
        desks = {login: stack.enter_context(asking(port, login)) for login in LOGINS}
        superuser = stack.enter_context(bare(county))
        look = stack.enter_context(looking(port))
        for ask in (*desks.values(), superuser):
            ask()  # all is read once before the watch starts
        while True:
            took = {login: [ask() for _ in range(ASKS)] for login, ask in desks.items()}
            also = {f"{login}_p95_ms": p95(seconds) for login, seconds in took.items()}
            for login in LOGINS:
                looks = [look(login) for _ in range(LOOKS)]
                for mark in looks[0]:
                    also[f"{login}_{mark}"] = median(took[mark] for took in looks)
            plainly = median(superuser() for _ in range(ASKS))
            yield Pair(1 / median(took["county"]), 1 / plainly, also=also)


BENCH = Bench(
    title="地图 Measures of all cells, 200,000 households",
    things="answers",
    ours="HTTP, row security",
    plain="counting the visits, superuser",
    take=_take,
)
