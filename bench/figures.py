"""Figures over HTTP and as a page, to a county and a township, against the views as a superuser.

A county of a million cases over three years, 1.6 million Holdings (bench/past.py).
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, date, datetime
from http.client import HTTPConnection, RemoteDisconnected
from itertools import product
from time import perf_counter
from typing import Any, NamedTuple

from bench import web
from bench.ground import Ground, connect
from bench.past import YEARS, lay_down
from bench.row import Bench, Pair
from server.demo.staff import PASSWORD
from server.ids import new_id
from server.installation import Installation

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


class Shown(NamedTuple):
    """Who opens the page of figures (/flow), told by what, over this quarter or this year."""

    login: str
    code: str
    by: str
    quarter: bool

    def path(self, today: date) -> str:
        """Its address."""
        key = f"{today.year}-Q{(today.month + 2) // 3}" if self.quarter else str(today.year)
        return f"/flow?area={self.code}&period={key}&by={self.by}"


Ask = Callable[[Any], object]  # a Question or a Shown


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

        def ask(question: Question | Shown) -> bytes:
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


def waits(ask: Ask, questions: Sequence[Question | Shown]) -> list[float]:
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
    cases = ground.size.open_cases
    with ExitStack() as stack:
        few = stack.enter_context(_desks(ground, cases // 10))
        many = stack.enter_context(_desks(ground, cases))
        bare = stack.enter_context(plain(many.county))
        alike = [one for one in many.questions if one.by == "level" and one.years == YEARS]
        while True:
            spent = [waits(desks.ask, desks.questions) for desks in (few, many)]
            quick, slow = waits(many.ask, alike), waits(bare, alike)
            shown = waits(many.ask, [*many.pages] * 3)
            yield Pair(
                len(alike) / sum(quick),
                len(alike) / sum(slow),
                {
                    f"p95 ms, {cases // 10:,} cases": p95(spent[0]),
                    f"p95 ms, {cases:,} cases": p95(spent[1]),
                    f"max ms, {cases:,} cases": spent[1][-1] * 1000,
                    f"page /flow p95 ms, {cases:,} cases": p95(shown),
                    "10 × the cases : time": sum(spent[1]) / sum(spent[0]),
                },
            )


class _Desks(NamedTuple):
    county: Installation
    ask: Ask
    questions: Sequence[Question]
    pages: Sequence[Shown]


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
        pages = [
            Shown(login, code, by, quarter)
            for (login, code), by, quarter in product(desks, WAYS[:3], (True, False))
        ]
        # All is read before the watch starts: twice, since there is more than one process.
        waits(ask, [*questions, *pages] * 2)
        yield _Desks(county, ask, questions, pages)


BENCH = Bench(
    title="统计 Figures of three years, county and township",
    things="questions",
    ours="HTTP, row security, counted ahead",
    plain="the views, superuser",
    take=_take,
)
