"""Every question asked, one by one, over HTTP, and every answer taken from every other."""

from __future__ import annotations

from itertools import product
from typing import Any, Final

import numpy as np

from server.figures.rules.tens import FIFTHS_FROM, TEN, TENTHS_FROM
from server.ladder.routing import Category
from tests.figures.attack import (
    DECIDED,
    FAILED,
    SETTLED,
    SMALL,
    Book,
    Family,
    Ratios,
    but_for_small_ones,
    drawn,
    in_full_tens,
    narrowed,
)
from tests.figures.conftest import Books
from tests.smallcounty import id_of

VILLAGES: Final = ("A1", "A2", "B1")
CODES: Final = {  # where each stands in the book
    "511921100201": 0,
    "511921100202": 1,
    "511921101201": 2,
    "511921100": 3,
    "511921101": 4,
    "511921": 5,
}
CATEGORIES: Final = ("neighbours", "traffic", "pollution")
LEVELS: Final = ("village", "township")  # what the county itself handles it knows
MONTHS: Final = [f"2025-{k:02}" for k in range(1, 7)]
SPANS: Final = {("2025-01", "2025-03"): 6, ("2025-04", "2025-06"): 7, ("2025-01", "2025-12"): 8}
STEPS: Final = (FIFTHS_FROM, 2), (TENTHS_FROM, 1)
_KEPT = """
    INSERT INTO figure_kept (holding_id, dispute_id, area_id, office_id, level, category,
                             received_at, accept_by, handle_by, ended_at, extended, begun_how,
                             ended_how, went, came_at)
    SELECT gen_random_uuid(), gen_random_uuid(), area, office, level, category, at, at, at, at,
           false, 'register', how, 'rest', at
      FROM unnest(%(area)s::uuid[], %(office)s::uuid[], %(level)s::text[], %(category)s::text[],
                  %(at)s::timestamptz[], %(how)s::text[], %(n)s::int[])
           t (area, office, level, category, at, how, n)
     CROSS JOIN LATERAL generate_series(1, n)
"""


def written_down(books: Books, book: Book) -> None:
    """All of it in the county's books, in one statement, and counted."""
    rows = []
    for what, area, category, level, month in product(*map(range, (2, 3, 3, 2, 6))):
        if n := int(book.numbers[what, area, category, level, month]):
            office = VILLAGES[area] if level == 0 else VILLAGES[area][0]
            ids = (str(id_of(VILLAGES[area])), str(id_of(f"office {office}")))
            at, how = f"{MONTHS[month]}-10 12:00+08", "fail" if what else "settle"
            rows.append((*ids, LEVELS[level], CATEGORIES[category], at, how, n))
    names = ("area", "office", "level", "category", "at", "how", "n")
    columns = dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))
    books.write(_KEPT, columns)
    books.write(
        "INSERT INTO figure_dirty (area_id, month, at) SELECT DISTINCT area_id,"
        " gate.month_of(ended_at), ended_at FROM figure_kept"
    )
    books.count()


def asked(books: Books, book: Book) -> tuple[Any, Any, Any]:
    """The bounds of everything that the county is told, and all ratios, one question at a time."""
    least, most = book.bounds(lambda n: (np.zeros_like(n), np.full_like(n, 10**6)))
    ratios = book.ratios()

    def note(row: Any, area: int, category: int, level: int, span: int) -> None:
        share = row["shares"]["settled"]
        if share["ratio_step"] is not None:
            ratios.tenths[area, category, level, span] = round(10 * share["ratio"])
            ratios.steps[area, category, level, span] = round(10 * share["ratio_step"])
        for what, name in ((SETTLED, "n"), (DECIDED, "of")):
            told = share[name]
            least[what, area, category, level, span] = told
            most[what, area, category, level, span] = told + TEN - 1

    levels = [*enumerate(LEVELS), (2, None)]
    for (code, area), (level, held_at) in product(CODES.items(), levels):
        narrow = {"area": code, **({"level": held_at} if held_at else {})}
        for category, name in (*enumerate(CATEGORIES), (3, None)):
            only = {"category": name} if name else {}
            months = books.ask("county", "settled", by="month", **narrow, **only)["rows"]
            listed = {row["key"]: row for row in months}
            for month, key in enumerate(MONTHS):
                nothing = {"shares": {"settled": {"n": 0, "of": 0, "ratio_step": None}}}
                note(listed.get(key, nothing), area, category, level, month)
        for (since, until), span in SPANS.items():
            answer = books.ask("county", "settled", by="category", from_=since, to=until, **narrow)
            rows = {row["key"]: row for row in answer["rows"]}
            for category, name in enumerate(CATEGORIES):
                note(rows[name], area, category, level, span)
            note(answer["total"], area, 3, level, span)
    return least, most, ratios


def test_who_asks_all_questions_finds_no_small_number(books: Books) -> None:
    book = drawn(1, (2, 1), 3, 6, mean=9)
    assert set(CATEGORIES) <= set(Category)
    written_down(books, book)
    least, most, ratios = asked(books, book)
    told, _ = in_full_tens(book.numbers)
    assert (least[[SETTLED, DECIDED]] == told[[SETTLED, DECIDED]]).all(), "not all was asked"
    for told_so, meant in zip(ratios, book.ratios(*STEPS), strict=True):
        assert (told_so == meant).all()
    assert np.count_nonzero(ratios.tenths) > 20, "hardly a ratio was told"
    assert set(np.unique(ratios.steps)) == {1, 2}
    assert len(book.found(least, most, ratios)) == 0
    # Were the small ones left out and nothing else, they would be found, most of them.
    small = int(((book.numbers > 0) & (book.numbers < SMALL)).sum())
    assert len(book.found(*book.bounds(but_for_small_ones))) > small / 2


def test_nor_in_counties_of_any_size() -> None:
    for seed, mean in enumerate((1.0, 3.0, 8.0)):
        book = drawn(seed, (11, 7, 4), 18, 12, mean)
        told, ratios = book.bounds(in_full_tens), book.ratios(*STEPS)
        assert np.count_nonzero(ratios.tenths) > 10
        assert len(book.found(*told, ratios)) == 0
        assert len(book.found(*told, book.ratios((TENTHS_FROM - 20, 1)))) > 0, "tenths of fewer"
        assert len(book.found(*book.bounds(but_for_small_ones))) > 1000


def test_the_attack_narrows_what_adds_up() -> None:
    """Two villages of a township, of which one is told: the other follows."""
    book = drawn(0, (2,), 1, 3, 20)
    least, most = book.bounds(lambda n: (n.copy(), n.copy()))
    least[:, 0], most[:, 0] = 0, 10**6
    left = narrowed(book.families, least, most)
    assert (left[0] == left[1]).all()


def test_the_attack_knows_what_a_ratio_says() -> None:
    """Sixty cases, eight tenths of them settled: 45 to 50, so 10 to 15 were not."""
    decided = np.array([60])
    least = np.stack([0 * decided, 0 * decided, decided])
    most = np.stack([10 * decided, 10 * decided, decided])
    tenths = {(8, 1): (45, 50), (1, 1): (0, 8), (9, 1): (51, 60), (0, 1): (0, 60)}
    fifths = {(6, 2): (30, 41), (2, 2): (0, 17), (8, 2): (42, 60)}
    for told, settled in {**tenths, **fifths}.items():
        ratios = Ratios(*(np.array([one]) for one in told))
        low, high = narrowed([Family(0, 2, [0, 1])], least, most, ratios)
        assert (low[SETTLED, 0], high[SETTLED, 0]) == settled, told
        assert (60 - high[FAILED, 0], 60 - low[FAILED, 0]) == settled, told
