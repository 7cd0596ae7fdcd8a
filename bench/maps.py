"""The map: measures of all cells over HTTP, tallied by the worker, against a superuser who counts
them from the visits; and how long a first look takes in a browser that has nothing of it yet, from
the address to a drawn map.
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

from playwright.sync_api import Browser, StorageState, sync_playwright

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
_ARGUMENTS = (
    *("--no-first-run", "--disable-background-networking", "--disable-component-update"),
    *("--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"),
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
def looking(port: int) -> Iterator[Callable[[str], float]]:
    """A browser; seconds of somebody's first look. Needs Chromium and its WebGL in software."""
    found = shutil.which("chromium")
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


def _look(browser: Browser, port: int, session: StorageState) -> float:
    """With cookies and an empty cache."""
    context = browser.new_context(
        base_url=f"http://127.0.0.1:{port}",
        viewport={"width": 1366, "height": 768},
        storage_state=session,
    )
    try:
        page = context.new_page()
        start = perf_counter()
        page.goto("/map", wait_until="commit")
        page.wait_for_selector("#map[data-ready]", state="attached", timeout=120_000)
        return perf_counter() - start
    finally:
        context.close()


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
                also[f"{login}_first_look_s"] = median(look(login) for _ in range(LOOKS))
            plainly = median(superuser() for _ in range(ASKS))
            yield Pair(1 / median(took["county"]), 1 / plainly, also=also)


BENCH = Bench(
    title="地图 Measures of all cells, 200,000 households",
    things="answers",
    ours="HTTP, row security",
    plain="counting the visits, superuser",
    take=_take,
)
