"""A list of households as a county office hands it over: most of it good, some of it not.

Every fault is put in on purpose and counted, so that an import can be compared with the truth.
Nobody in the list can be real: names are a surname, 某 and a calendar stem (张某甲), telephone
numbers begin with 000, streets are called 示意路, and there are no identity numbers.
"""

import csv
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import cycle, groupby, islice
from pathlib import Path
from random import Random

import shapely
from shapely.geometry import Point, Polygon

from geo.datum import Datum, from_wgs84
from server.demo.county import SEED, County, short_name

SURNAMES = "张王李赵刘陈杨黄周吴徐孙马朱胡林郭何高罗郑梁谢宋唐"
STEMS = "甲乙丙丁戊己庚辛壬癸"
# What a row is, on purpose. Those of PLACED land in a cell; the rest does not, or is refused.
PLACED = ("by_point", "by_point_and_group", "by_group")
BROKEN = ("no_village", "unknown_village", "other_county", "no_head", "text_coordinate")
_SHARES = {
    "group_not_covered": 0.004,
    "group_unknown": 0.004,
    "no_place": 0.015,
    "outside": 0.01,
    "zero": 0.002,
    "swapped": 0.002,
    **dict.fromkeys(BROKEN, 0.001),
    "duplicate_id": 0.004,
    "duplicate_household": 0.004,
}

_Row = dict[str, str]  # by column


@dataclass(frozen=True)
class Counts:
    """How many rows of each kind were written; every row is of one kind.

    `kinds` has these keys: by_point, by_point_and_group (the group is one of that cell's),
    by_group; group_not_covered (the village has the group, no cell names it), group_unknown
    (the village has no such group), no_place (neither group nor coordinates), outside (beyond
    the county), zero (0, 0), swapped (longitude and latitude exchanged); the broken ones
    no_village, unknown_village, other_county, no_head, text_coordinate; duplicate_id (a row
    again, word for word), duplicate_household (a row again under another id and telephone).
    `placed_in` counts the rows of the first three by the cell in which they must land.
    `busy_cells` come in threes from one township, the first two from neighbouring villages.
    """

    kinds: dict[str, int]
    placed_in: dict[str, int]
    busy_cells: tuple[str, ...]

    @property
    def rows(self) -> int:
        """All rows of the file, the header not counted."""
        return sum(self.kinds.values())

    @property
    def broken(self) -> int:
        """Rows that no import can accept."""
        return sum(self.kinds[kind] for kind in BROKEN)


@dataclass(frozen=True)
class _Entry:
    """A row before it is worded. `point` is true WGS-84, `cell` where the row must land."""

    kind: str
    village: str
    cell: str
    group: str
    point: tuple[float, float] | None


def write_households_csv(county: County, path: Path, seed: int = SEED, count: int = 6000) -> Counts:
    """Write `count` rows (UTF-8, header in Chinese, coordinates in GCJ-02).

    Two thirds name a village and a group only. 24 busy cells hold 40 to 60 households each
    (fewer where `count` is under 6000), the others share the rest evenly. Raises ValueError
    for fewer than 50 rows.
    """
    rng = Random(seed)
    kinds = _plan(count)
    busy = _choose_busy_cells(county, rng)
    entries = [*_placed(county, kinds, busy, rng), *_unplaced(county, kinds, rng)]
    rng.shuffle(entries)
    entries.sort(key=lambda entry: entry.village)
    rows = list(_word(county, entries, rng))
    good = [row for entry, row in zip(entries, rows, strict=True) if entry.kind in PLACED]
    rows += _repeat(good, len(rows), kinds, rng)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    placed_in = Counter(entry.cell for entry in entries if entry.cell)
    return Counts(kinds, dict(sorted(placed_in.items())), busy)


def spellings(number: int) -> list[str]:
    """The ways in which lists write a villager group, 1 to 99."""
    everyday = _numeral(number)
    formal = everyday.translate(str.maketrans("一二三四五六七八九十", "壹贰叁肆伍陆柒捌玖拾"))
    wide = str(number).translate(str.maketrans("0123456789", "０１２３４５６７８９"))
    plain = [f"{everyday}社", f"{number}组", f"{formal}组", f"第{everyday}组", f"{wide}组"]
    return [*plain, f"{number} 社", f"{everyday} 组", f"第{everyday}村民小组"]


def _numeral(number: int) -> str:
    tens, ones = divmod(number, 10)
    digits = " 一二三四五六七八九"
    return (("" if tens == 1 else digits[tens]) + "十" if tens else "") + digits[ones].strip()


def _plan(count: int) -> dict[str, int]:
    """Rows of each kind, `count` in all."""
    if count < 50:
        raise ValueError(f"a list of {count} rows is too short to hold every kind; ask for 50")
    faulty = {kind: max(1, round(count * share)) for kind, share in _SHARES.items()}
    group_only = round(count * 2 / 3)
    by_group = group_only - faulty["group_not_covered"] - faulty["group_unknown"]
    with_point = count - by_group - sum(faulty.values())
    both = with_point // 3
    placed = (with_point - both, both, by_group)
    return {**dict(zip(PLACED, placed, strict=True)), **faulty}


def _choose_busy_cells(county: County, rng: Random) -> tuple[str, ...]:
    """One cell in each of three villages of each of eight townships."""
    villages = {t: list(codes) for t, codes in groupby(county.village_shapes, lambda v: v[:9])}
    cells = {v: [c.code for c in here] for v, here in groupby(county.cells, lambda c: c.code[:12])}
    chosen: list[str] = []
    for township in rng.sample(list(villages), 8):
        first, *others = rng.sample(villages[township], len(villages[township]))
        here = county.village_shapes[first]
        others.sort(key=lambda v: -here.intersection(county.village_shapes[v]).length)
        chosen += [rng.choice(cells[v]) for v in (first, others[0], others[-1])]
    return tuple(chosen)


def _placed(
    county: County, kinds: dict[str, int], busy: tuple[str, ...], rng: Random
) -> Iterator[_Entry]:
    """Good rows: each cell's share of households, dealt to the three kinds at random."""
    wanted = [kind for kind in PLACED for _ in range(kinds[kind])]
    scale = min(1.0, sum(kinds.values()) / 6000)
    homes = [cell for cell in busy for _ in range(max(1, round(scale * rng.randint(40, 60))))]
    quiet = [cell.code for cell in county.cells if cell.code not in busy]
    rng.shuffle(quiet)
    homes += islice(cycle(quiet), len(wanted) - len(homes))
    rng.shuffle(homes)
    shapes = {cell.code: cell for cell in county.cells}
    for kind, code in zip(wanted, homes, strict=True):
        cell = shapes[code]
        group = "" if kind == "by_point" else _spell(rng.choice(cell.groups), rng)
        point = None if kind == "by_group" else _point_in(cell.polygon, rng)
        yield _Entry(kind, code[:12], code, group, point)


def _unplaced(county: County, kinds: dict[str, int], rng: Random) -> Iterator[_Entry]:
    """Rows with a fault; broken ones are drawn whole here and broken when they are worded."""
    forgotten = _forgotten_groups(county)
    for kind in (kind for kind in _SHARES if not kind.startswith("duplicate")):
        for _ in range(kinds[kind]):
            cell = rng.choice(county.cells)
            village, group, point = cell.code[:12], "", None
            if kind == "group_not_covered":
                village, number = rng.choice(forgotten)
                group = _spell(number, rng)
            elif kind == "group_unknown":
                group = _spell(county.group_counts[village] + rng.randint(1, 15), rng)
            elif kind == "outside":
                point = _point_beyond(county, rng)
            elif kind in ("swapped", "text_coordinate"):
                point = _point_in(cell.polygon, rng)
            elif kind in BROKEN:
                group = _spell(rng.choice(cell.groups), rng)
            yield _Entry(kind, village, "", group, point)


def _forgotten_groups(county: County) -> list[tuple[str, int]]:
    """Groups of a village that none of its cells names."""
    named = {(c.code[:12], group) for c in county.cells for group in c.groups}
    counts = county.group_counts.items()
    groups = [(village, number) for village, n in counts for number in range(1, n + 1)]
    return [group for group in groups if group not in named]


def _spell(number: int, rng: Random) -> str:
    return rng.choice(spellings(number))


def _point_in(polygon: Polygon, rng: Random) -> tuple[float, float]:
    """A point well inside: rounding and a datum's inverse do not carry it over the border."""
    margin = 0.05 * polygon.area**0.5
    while (inner := polygon.buffer(-margin)).is_empty:
        margin /= 2
    west, south, east, north = inner.bounds
    while True:
        lon, lat = rng.uniform(west, east), rng.uniform(south, north)
        if shapely.contains_xy(inner, lon, lat):
            return lon, lat


def _point_beyond(county: County, rng: Random) -> tuple[float, float]:
    """A point about 2 to 25 km beyond the county."""
    west, south, east, north = county.boundary.bounds
    while True:
        point = Point(rng.uniform(west - 0.2, east + 0.2), rng.uniform(south - 0.2, north + 0.2))
        if 0.02 < county.boundary.distance(point) < 0.25:
            return point.x, point.y


def _word(county: County, entries: list[_Entry], rng: Random) -> Iterator[_Row]:
    """The entries as rows of the list, numbered H000001 onwards."""
    names = {area.code: area.name for area in county.areas}
    houses: Counter[str] = Counter()
    shown = _show(entries)
    for number, (entry, (lon, lat)) in enumerate(zip(entries, shown, strict=True), start=1):
        houses[entry.village] += 1
        township, village = names[entry.village[:9]], names[entry.village]
        kind, head, people = _draw_household(number, rng)
        row = {
            "编号": f"H{number:06d}",
            "乡镇": township,
            "行政村": village,
            "村代码": entry.village,
            "村组": entry.group,
            "户主": head,
            "联系电话": _telephone(rng) if rng.random() < 0.95 else "",
            "地址": f"{township}{short_name(village)}示意路{houses[entry.village]}号",
            "户类型": kind,
            "经度": lon,
            "纬度": lat,
            "人口": str(people),
        }
        yield {**row, **_fault(entry, row, names)}


def _show(entries: list[_Entry]) -> list[tuple[str, str]]:
    """Columns 经度 and 纬度: GCJ-02, as the maps in use show it, to six places (0.1 m)."""
    known = [entry.point for entry in entries if entry.point is not None]
    lons, lats = from_wgs84([p[0] for p in known], [p[1] for p in known], Datum.GCJ02)
    texts = iter([(f"{lon:.6f}", f"{lat:.6f}") for lon, lat in zip(lons, lats, strict=True)])
    return [("", "") if entry.point is None else next(texts) for entry in entries]


def _fault(entry: _Entry, row: _Row, known: dict[str, str]) -> _Row:
    """What the kind of an entry changes in its row."""
    match entry.kind:
        case "zero":
            return {"经度": "0", "纬度": "0"}
        case "swapped":
            return {"经度": row["纬度"], "纬度": row["经度"]}
        case "no_village":
            return {"行政村": "", "村代码": ""}
        case "unknown_village":
            free = (f"{entry.village[:9]}{n}" for n in range(399, 199, -1))
            return {"行政村": "无此村民委员会", "村代码": next(c for c in free if c not in known)}
        case "other_county":  # a community of Bazhou district, the neighbour
            return {"行政村": "邻县社区居民委员会", "村代码": "511902001001"}
        case "no_head":
            return {"户主": ""}
        case "text_coordinate":
            return {"经度": f"东经{row['经度'][:5]}度"}
        case _:
            return {}


def _draw_household(number: int, rng: Random) -> tuple[str, str, int]:
    """户类型, 户主 and 人口 of a row."""
    name = f"{rng.choice(SURNAMES)}某{rng.choice(STEMS)}"
    draw = rng.random()
    if draw < 0.01:
        return "单位", f"示意单位{number}号", rng.randint(3, 40)
    if draw < 0.025:
        return "企业", f"示意企业{number}号", rng.randint(3, 60)
    if draw < 0.06:
        return "商铺", f"{name}示意商铺", rng.randint(1, 4)
    return "家庭", name, rng.randint(1, 7)


def _telephone(rng: Random) -> str:
    """Eleven digits that no network hands out."""
    return f"000{rng.randrange(10**8):08d}"


def _repeat(good: list[_Row], last: int, kinds: dict[str, int], rng: Random) -> Iterable[_Row]:
    """Rows that the list holds twice, at its end, where late additions are found."""
    same, other = kinds["duplicate_id"], kinds["duplicate_household"]
    originals = rng.sample(good, same + other)
    yield from originals[:same]
    for number, row in enumerate(originals[same:], start=last + 1):
        yield {**row, "编号": f"H{number:06d}", "联系电话": _telephone(rng)}
