"""Where does it stick: the county reads a figure, follows it to its list, and takes it along."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.axe import assert_accessible
from tests.browser.pictures import ASKED, picture
from tests.browser.site import DESK, PHONE, Site
from tests.console.test_flow import as_registered
from tests.figures.conftest import Books, books, held, lending

__all__ = ["books", "lending"]  # fixtures
SIZES = (DESK, PHONE) if ASKED else (DESK,)


@pytest.fixture
def quarter(books: Books) -> Books:
    """A quarter in which most was settled where it began."""
    week = ("2026-01-05", "2026-01-06", "2026-01-14")
    for village, category, times in (
        ("A1", "neighbours", 24),
        ("A2", "forest_and_land", 14),
        ("B1", "unpaid_wages", 9),
    ):
        books.many(times, village, held(village, *week, "settle"), category=category)
        books.many(
            times // 3,
            village,
            held(village, *week, "climb"),
            held(village[0], "2026-01-14", "2026-01-16", "2026-02-03", "settle", begun="climb"),
            category=category,
        )
    went_up = held("A1", *week, "escalate")
    above = held("A", "2026-01-14", "2026-01-15", "2026-02-20", "escalate", begun="escalate")
    books.many(
        6, "A1", went_up, above, held("county", "2026-02-20", "2026-02-25", begun="escalate")
    )
    books.many(5, "A2", held("A2", *week, "refer"))
    books.many(7, "B1", held("B1", "2026-02-24", "2026-02-25"))
    as_registered(books)
    books.count()
    return books


@pytest.mark.parametrize("size", SIZES)
def test_the_county_reads_a_figure_and_follows_it_to_its_list(
    quarter: Books, site: Site, lang: str, size: object
) -> None:
    page = site.open("/flow", "county", size=size, lang=lang)  # type: ignore[arg-type]
    expect(page.locator("#picture[data-drawn]")).to_be_visible()
    assert_accessible(page)
    picture(page, "flow", whole=True)
    page.locator("#pace + nav a").nth(1).click()
    expect(page.locator("#paces")).to_contain_text("示例A镇")
    picture(page, "flow-by-area", whole=True)
    with page.expect_download() as taken:
        page.locator("a[href^='/flow.xlsx']").click()
    assert taken.value.suggested_filename == "flow-511921-2026-Q1.xlsx"
    page.locator("#flow a[href*='ended=settled']").first.click()
    expect(page).to_have_url(
        f"{site.base}/disputes?area=511921&ended=settled"
        "&from=2026-01-01&to=2026-03-31&held_at=village"
    )
    expect(page.locator("main")).to_contain_text("47")
