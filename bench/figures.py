"""Figures over HTTP, to the county and a township, against the plain views as a superuser.

A county of a million cases over three years, 1.6 million Holdings. They are laid down past
triggers, as they would lie there after years, and counted by the worker's own verb.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, date, datetime
from http.client import HTTPConnection, RemoteDisconnected
from itertools import product
from time import perf_counter
from typing import Any, NamedTuple

from psycopg2 import extensions

from bench import web
from bench.ground import Ground, connect
from bench.row import Bench, Pair
from server.db import transaction, worker
from server.demo.staff import PASSWORD, hire, plan_staff
from server.figures import service
from server.ids import new_id
from server.installation import Installation, opened
from server.ladder.routing import Category

CASES = 1_000_000
YEARS = 3
FIGURES = ("settled", "on-time", "moves", "times")
WAYS = ("level", "area", "category", "month")


class Question(NamedTuple):
    """Who asks for which figure, by what, and over how many years."""

    login: str
    code: str
    figure: str
    by: str
    years: int

    def path(self, today: date) -> str:
        """Its address."""
        since = today.replace(year=today.year - self.years, day=1)
        span = f"from={since:%Y-%m}&to={today:%Y-%m}"
        return f"/api/v1/figures/{self.figure}?area={self.code}&by={self.by}&{span}"


Ask = Callable[[Question], object]


def lay_down(ground: Ground, county: Installation, cases: int) -> Sequence[tuple[str, str]]:
    """Staff, so many cases, and their figures counted; (login, code) of a county and a township
    desk.
    """
    by = worker(ground.began)
    staff = plan_staff(ground.counts.busy_cells)
    with opened(county.settings("worker")):
        with transaction(by) as session:
            hire(session, by, staff)
        connection = connect(county.admin_url)
        try:
            _write(connection, cases)
        finally:
            connection.close()
        count(ground.began)
    _settle(county)
    return [("county", "511921"), (staff.supervisors[0].login, staff.supervisors[0].code)]


def count(now: datetime) -> int:
    """As the worker does, until nothing is left; how many months of an Area it was."""
    counted = 0
    while True:
        with transaction(worker(now)) as session:
            batch = service.count(session)
        if not batch:
            return counted
        counted += batch


def _write(connection: extensions.connection, cases: int) -> None:
    cursor = connection.cursor()
    cursor.execute("SET LOCAL session_replication_role = replica")
    values = {
        "cases": cases,
        "days": 365 * YEARS,
        "categories": [one.value for one in Category],
        "until": datetime.now(UTC),
    }
    cursor.execute(_CASES, values)
    for statement in (_DISPUTES, _HOLDINGS, _DIRTY):
        cursor.execute(statement)
    connection.commit()
    connection.autocommit = True
    cursor.execute("VACUUM ANALYZE dispute, holding")
    connection.autocommit = False


def _settle(county: Installation) -> None:
    connection = connect(county.admin_url)
    try:
        connection.autocommit = True
        connection.cursor().execute("VACUUM ANALYZE")
        connection.cursor().execute("CHECKPOINT")
    finally:
        connection.close()


# Each case with its Holdings in a row: it goes up from the village four times in ten, and again
# four times in ten from the township. Months and villages get their share of everything.
_CASES = """
    CREATE TEMP TABLE laid ON COMMIT DROP AS
    WITH village AS (
        SELECT row_number() OVER (ORDER BY code) - 1 AS v, count(*) OVER () AS villages, v.id,
               (SELECT o.id FROM office o WHERE o.area_id = v.id AND o.lead) AS village_office,
               (SELECT o.id FROM office o JOIN area a ON a.id = o.area_id
                 WHERE a.code = left(v.code, 9) AND o.lead) AS township_office,
               (SELECT o.id FROM office o JOIN area a ON a.id = o.area_id
                 WHERE a.code = left(v.code, 6) AND o.lead) AS county_office
          FROM area v WHERE level = 'village'
    ), drawn AS (
        SELECT k, abs(hashint4(k)::bigint) AS chance, abs(hashint4(k + 1000000000)::bigint) AS other
          FROM generate_series(0, %(cases)s - 1) k
    )
    SELECT gen_random_uuid() AS id, village.id AS area_id, village_office, township_office,
           county_office,
           (%(categories)s)[chance / 1000 %% cardinality(%(categories)s) + 1] AS category,
           1 + (other %% 10 < 4)::int + (other %% 10 < 4 AND other / 10 %% 10 < 4)::int AS holdings,
           %(until)s - (k::float / %(cases)s * %(days)s) * interval '1 day' AS began,
           (chance / 100 %% 4) AS waited, (other / 100 %% 40) AS took, other / 10000 %% 10 AS luck
      FROM drawn JOIN village ON v = chance %% villages
"""
_DISPUTES = """
    INSERT INTO dispute (id, category, story, area_id, start_level, level, office_id,
                         first_office_id, channel, status, size, occurred_at, recorded_at,
                         received_at, proof, done_by, recorded_by)
    SELECT laid.id, category, '\\x00', area_id, 'village', 'village', village_office,
           village_office, 'visit', 'closed', 'individual', began, began, began, 'proved', u.id,
           u.id
      FROM laid, (SELECT id FROM user_account ORDER BY login LIMIT 1) u
"""
# What would end in the future is still open.
_HOLDINGS = """
    INSERT INTO holding (id, dispute_id, n, office_id, level, policy_id, begun_at, received_at,
                         accept_by, handle_by, due_at, accepted_at, ended_at, ended_how, begun_how)
    SELECT gen_random_uuid(), held.id, n, office_id, level, policy.id, began, began,
           began + interval '3 days', began + interval '30 days',
           CASE WHEN ended > now() THEN ended END, CASE WHEN taken <= now() THEN taken END,
           CASE WHEN ended <= now() THEN ended END, CASE WHEN ended <= now() THEN how END,
           CASE n WHEN 1 THEN 'register' ELSE 'climb' END
      FROM (SELECT laid.id, n, laid.began + (n - 1) * 30 * interval '1 day' AS began,
                   (ARRAY[village_office, township_office, county_office])[n] AS office_id,
                   (ARRAY['village', 'township', 'county'])[n] AS level,
                   laid.began + ((n - 1) * 30 + waited) * interval '1 day' AS taken,
                   laid.began + ((n - 1) * 30 + CASE WHEN n < holdings THEN 30
                                                     ELSE 3 + took END) * interval '1 day' AS ended,
                   CASE WHEN n < holdings THEN 'climb'
                        WHEN luck < 8 THEN 'settle' WHEN luck = 8 THEN 'fail'
                        ELSE 'refer' END AS how
              FROM laid CROSS JOIN LATERAL generate_series(1, holdings) n) held,
           (SELECT id FROM policy_version ORDER BY version LIMIT 1) policy
     WHERE began <= now()
"""
_DIRTY = """
    INSERT INTO figure_dirty (area_id, month, at)
    SELECT DISTINCT d.area_id, gate.month_of(t), now()
      FROM holding h JOIN dispute d ON d.id = h.dispute_id
     CROSS JOIN unnest(ARRAY[h.received_at, h.accepted_at, h.ended_at]) t
     WHERE t IS NOT NULL
"""


@contextmanager
def ours(county: Installation, processes: int, logins: Sequence[str]) -> Iterator[Ask]:
    """Desks over HTTP, one client."""
    today = datetime.now(UTC).date()
    with ExitStack() as stack:
        port = stack.enter_context(web.serving(county.environment, processes))
        headers = {}
        for login in logins:
            caller = web.Caller(port)
            token = caller.sign_in(login, PASSWORD, str(new_id(datetime.now(UTC))))
            caller.hang_up()
            headers[login] = {"Authorization": f"Bearer {token}", "Accept-Encoding": "gzip"}
        connection = HTTPConnection("127.0.0.1", port, timeout=120)
        stack.callback(connection.close)

        def ask(question: Question) -> bytes:
            try:
                connection.request("GET", question.path(today), headers=headers[question.login])
                answer = connection.getresponse()
            except RemoteDisconnected:  # while other desks were asked, the server hung up
                connection.request("GET", question.path(today), headers=headers[question.login])
                answer = connection.getresponse()
            text = answer.read()
            if answer.status >= 400:
                raise RuntimeError(f"{question}: {answer.status}")
            return text

        yield ask


_COUNTED = {
    "settled": "count(*), count(*) FILTER (WHERE settled)",
    "on-time": "step, count(*), count(*) FILTER (WHERE on_time)",
    "moves": "move, count(*)",
    "times": "step, count(*), percentile_disc(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY days)",
}


@contextmanager
def plain(county: Installation) -> Iterator[Ask]:
    """The views themselves, as a superuser, who has no row security; by level, with parallel
    workers as PostgreSQL likes.
    """
    connection = connect(county.admin_url)
    try:
        connection.autocommit = True
        cursor = connection.cursor()
        today = datetime.now(UTC).date()

        def ask(question: Question) -> list[tuple[Any, ...]]:
            counted = _COUNTED[question.figure]
            also = ", 2" if counted.partition(",")[0] in {"step", "move"} else ""
            since = today.replace(year=today.year - question.years, day=1)
            cursor.execute(
                f"SELECT level, {counted} FROM figure_{question.figure.replace('-', '_')}"
                " WHERE area_id IN (SELECT id FROM area WHERE code LIKE %s) AND day >= %s"
                f" GROUP BY 1{also}",
                (f"{question.code}%", since),
            )
            return cursor.fetchall()

        yield ask
    finally:
        connection.close()


def waits(ask: Ask, questions: Sequence[Question]) -> list[float]:
    """Seconds of each question, ascending."""
    found = []
    for question in questions:
        start = perf_counter()
        ask(question)
        found.append(perf_counter() - start)
    return sorted(found)


def p95(seconds: Sequence[float]) -> float:
    """In milliseconds."""
    return seconds[int(len(seconds) * 0.95)] * 1000


def _take(ground: Ground) -> Generator[Pair, None, None]:
    with ExitStack() as stack:
        few = stack.enter_context(_desks(ground, CASES // 10))
        many = stack.enter_context(_desks(ground, CASES))
        bare = stack.enter_context(plain(many.county))
        alike = [one for one in many.questions if one.by == "level" and one.years == YEARS]
        while True:
            spent = [waits(desks.ask, desks.questions) for desks in (few, many)]
            quick, slow = waits(many.ask, alike), waits(bare, alike)
            yield Pair(
                len(alike) / sum(quick),
                len(alike) / sum(slow),
                {
                    f"p95 ms, {CASES // 10:,} cases": p95(spent[0]),
                    f"p95 ms, {CASES:,} cases": p95(spent[1]),
                    f"max ms, {CASES:,} cases": spent[1][-1] * 1000,
                    "10 × the cases : time": sum(spent[1]) / sum(spent[0]),
                },
            )


class _Desks(NamedTuple):
    county: Installation
    ask: Ask
    questions: Sequence[Question]


@contextmanager
def _desks(ground: Ground, cases: int) -> Iterator[_Desks]:
    with ExitStack() as stack:
        county = stack.enter_context(ground.fresh())
        desks = lay_down(ground, county, cases)
        ask = stack.enter_context(ours(county, ground.size.processes, [who for who, _ in desks]))
        questions = [
            Question(login, code, figure, by, years)
            for (login, code), figure, by, years in product(desks, FIGURES, WAYS, (1, YEARS))
        ]
        waits(ask, questions)  # all is read once before the watch starts
        yield _Desks(county, ask, questions)


BENCH = Bench(
    title=f"统计 Figures of {CASES:,} cases, county and township",
    things="questions",
    ours="HTTP, row security, counted ahead",
    plain="the views, superuser",
    take=_take,
)
