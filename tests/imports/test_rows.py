"""What a row of a county's list means, and why some cannot be taken."""

from __future__ import annotations

import pytest

from geo.datum import Datum
from server.households.imports.errors import REMEDY, Reason, RowRejected
from server.households.imports.rules import Entry, Odd, Village, Villages, read_entry
from server.sheets import Row
from tests.smallcounty import id_of

VILLAGES = Villages(
    [
        Village(id_of("A1"), "511921100201", "城南村民委员会", "示例镇"),
        Village(id_of("A2"), "511921100001", "城南社区居民委员会", "示例镇"),
        Village(id_of("B1"), "511921101201", "城南村村民委员会", "壁州街道办事处"),
        Village(id_of("B2"), "511921101202", "同名村", "壁州街道办事处"),
        Village(id_of("B3"), "511921101203", "同名村民委员会", "壁州街道办事处"),
    ]
)
GOOD = {"external_id": "H1", "village_code": "511921100201", "head": "张某甲"}


def entry(surplus: bool = False, **cells: str) -> Entry:
    return read_entry(Row(2, {**GOOD, **cells}, surplus), VILLAGES)


def reason(**cells: str) -> Reason:
    with pytest.raises(RowRejected) as rejected:
        entry(surplus=False, **cells)
    return rejected.value.reason


def test_the_barest_row_is_a_family_without_a_place() -> None:
    bare = entry()
    assert (bare.kind, bare.group_no, bare.lon, bare.telephone) == ("family", None, None, None)
    assert bare.odd is None


@pytest.mark.parametrize(
    ("township", "village", "found"),
    [
        ("示例镇", "城南村", "A1"),
        ("示例镇", "城南村委会", "A1"),
        ("示例镇 ", "城南 村民委员会", "A1"),
        ("示例镇", "城南社区", "A2"),
        ("示例镇人民政府", "城南社区居委会", "A2"),
        ("壁州街道", "城南村", "B1"),
    ],
)
def test_without_a_code_the_name_within_its_township_decides(
    township: str, village: str, found: str
) -> None:
    assert entry(village_code="", township=township, village=village).village_id == id_of(found)


def test_a_name_that_two_villages_of_a_township_have_tells_nothing() -> None:
    named = {"village_code": "", "township": "壁州街道", "village": "同名村"}
    assert reason(**named) is Reason.VILLAGE_UNKNOWN


def test_a_code_in_full_width_digits_is_read() -> None:
    assert entry(village_code="５１１９２１１００２０１").village_id == id_of("A1")


@pytest.mark.parametrize(
    ("cells", "why"),
    [
        ({"external_id": ""}, Reason.ID_MISSING),
        ({"external_id": "H\x001"}, Reason.BAD_TEXT),
        ({"external_id": "9" * 101}, Reason.BAD_TEXT),
        ({"village_code": ""}, Reason.VILLAGE_MISSING),
        ({"village_code": "", "village": "城南村"}, Reason.VILLAGE_MISSING),
        ({"village_code": "", "township": "示例镇", "village": "无此村"}, Reason.VILLAGE_UNKNOWN),
        ({"village_code": "511921100"}, Reason.VILLAGE_CODE_INVALID),
        ({"village_code": "城南村"}, Reason.VILLAGE_CODE_INVALID),
        ({"village_code": "511921100299"}, Reason.VILLAGE_UNKNOWN),
        ({"village_code": "511902001001"}, Reason.OTHER_COUNTY),
        ({"head": ""}, Reason.HEAD_MISSING),
        ({"head": "甲" * 51}, Reason.BAD_TEXT),
        ({"address": "路" * 201}, Reason.BAD_TEXT),
        ({"telephone": "00013800001/00013800002"}, Reason.BAD_TELEPHONE),
        ({"kind": "宫殿"}, Reason.UNKNOWN_KIND),
        ({"people": "三五个"}, Reason.BAD_PEOPLE),
        ({"people": "-1"}, Reason.BAD_PEOPLE),
        ({"lon": "东经107", "lat": "31.9"}, Reason.BAD_COORDINATES),
        ({"lon": "东经107度", "lat": "31.9"}, Reason.DEGREES_MINUTES),
        ({"lon": "107°14′24″", "lat": "31°54′12″"}, Reason.DEGREES_MINUTES),
        ({"lon": "107 14 24", "lat": "31.9"}, Reason.DEGREES_MINUTES),
        ({"lon": "107.2", "lat": "31.9", "datum": "北京54"}, Reason.UNKNOWN_DATUM),
        ({"external_id": "5.11921E+11"}, Reason.PRECISION_LOST),
        ({"village_code": "5.11921E+11"}, Reason.PRECISION_LOST),
        ({"telephone": "1.38E+10"}, Reason.PRECISION_LOST),
        ({"external_id": "2026-03-01T00:00:00"}, Reason.BECAME_DATE),
        ({"address": "3月1日"}, Reason.BECAME_DATE),
        ({"head": "#N/A"}, Reason.SPREADSHEET_ERROR),
        ({"lon": "107.2"}, Reason.BAD_COORDINATES),
        ({"lon": "nan", "lat": "nan"}, Reason.BAD_COORDINATES),
        ({"lon": "1e400", "lat": "31.9"}, Reason.BAD_COORDINATES),
    ],
)
def test_a_row_that_cannot_be_taken_says_why(cells: dict[str, str], why: Reason) -> None:
    assert reason(**cells) is why


def test_a_stray_separator_is_not_let_through() -> None:
    with pytest.raises(RowRejected) as rejected:
        entry(surplus=True)
    assert rejected.value.reason is Reason.MISPLACED_CELLS


def test_every_reason_has_a_remedy() -> None:
    assert set(REMEDY) == set(Reason)


@pytest.mark.parametrize(
    ("lon", "lat", "odd"),
    [
        ("107.2", "31.9", None),
        ("１０７.２", "３１.９", None),
        ("31.9", "107.2", Odd.SWAPPED),
        ("0", "0.000", Odd.ZERO),
        ("2.35", "48.85", Odd.OUTSIDE_CHINA),  # in Paris, either way
        ("36519876.5", "3533012.2", Odd.METRES),
        ("107.2", "91", Odd.METRES),
    ],
)
def test_what_looks_like_a_slip_is_kept_and_said(lon: str, lat: str, odd: Odd | None) -> None:
    kept = entry(lon=lon, lat=lat)
    assert kept.odd is odd
    assert kept.lon is not None


def test_groups_telephones_kinds_and_people_are_read_as_people_write_them() -> None:
    said = entry(group="叁组", telephone="０００－1380 0001", kind="个体户", people="5人")
    assert (said.group_no, said.telephone, said.kind, said.people) == (3, "00013800001", "shop", 5)
    assert entry(telephone="无").telephone is None
    assert entry(group="三社区").odd is Odd.GROUP_UNREADABLE


def test_what_a_spreadsheet_made_of_whole_numbers_is_read() -> None:
    said = entry(
        village_code="511921100201.0", group="3.0", people="4.0", telephone="00013800001.0"
    )
    assert (said.village_id, said.group_no, said.people) == (id_of("A1"), 3, 4)
    assert said.telephone == "00013800001"


@pytest.mark.parametrize(
    ("word", "datum"),
    [("GCJ-02", Datum.GCJ02), ("百度", Datum.BD09), ("大地2000", Datum.CGCS2000), ("", None)],
)
def test_a_row_may_say_its_own_datum(word: str, datum: Datum | None) -> None:
    assert entry(lon="107.2", lat="31.9", datum=word).datum is datum
    assert entry(datum="胡说").datum is None  # of no coordinates


@pytest.mark.parametrize("name", ["village", "group", "lon", "people", "datum", "address", "kind"])
def test_a_cell_of_a_thousand_letters_is_not_studied(name: str) -> None:
    """Putting sixty thousand accents in order takes seconds, in every row of an evil list."""
    assert reason(**{name: "a\u0301\u0323" * 20_000}) is Reason.BAD_TEXT
