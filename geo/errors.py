"""What can be wrong with a place, said so that a person knows what to do next."""

from typing import ClassVar


class GeoError(Exception):
    """The family. `slug` is stable for programs; the text is Chinese first, English beside it."""

    slug: ClassVar[str] = "geo-error"
    advice: ClassVar[str] = (
        "位置数据有误，请检查后重试。 The place data is wrong; check it and retry."
    )

    def __init__(self, found: object = "") -> None:
        super().__init__(found)
        self.found = repr(str(found)[:_SHOWN])[1:-1]  # line breaks would forge log lines

    def __str__(self) -> str:
        return self.advice.format(found=self.found)


_SHOWN = 60  # characters of what was found: enough to recognise it, too few to flood a log


class InvalidCode(GeoError):
    slug = "invalid-code"
    advice = (
        "编码“{found}”无效：请填写 2、4、6、9、12 或 15 位半角数字，"
        "乡镇段 001–599，村段 001–599，网格段 001–999，中间不留空格。 "
        "Code “{found}” is not valid: give 2, 4, 6, 9, 12 or 15 ASCII digits, township segment "
        "001–599, village segment 001–599, cell segment 001–999, no blanks, no zero padding."
    )


class WrongLevel(GeoError):
    slug = "wrong-level"
    advice = (
        "编码“{found}”的层级不对：请改用所需层级的编码。 "
        "Code “{found}” is of the wrong level: use a code of the level asked for."
    )


class InvalidSequence(GeoError):
    slug = "invalid-cell-sequence"
    advice = (
        "网格序号“{found}”无效：请使用 1 至 999 的整数；一个村超过 999 个网格时请先合并网格。 "
        "Cell sequence “{found}” is not valid: use 1 to 999; merge cells if a village has more."
    )


class UnknownDatum(GeoError):
    slug = "unknown-datum"
    advice = (
        "坐标系“{found}”未知：请选用 wgs84、gcj02、bd09 或 cgcs2000，不清楚时询问数据提供方。 "
        "Datum “{found}” is unknown: choose wgs84, gcj02, bd09 or cgcs2000; ask who gave the data."
    )


class InvalidCoordinate(GeoError):
    slug = "invalid-coordinate"
    advice = (
        "坐标“{found}”无效：经度应在 −180 至 180 之间，纬度应在 −90 至 90 之间，"
        "请检查是否填反或缺失。 "
        "Coordinate “{found}” is not valid: longitude lies within ±180, latitude within ±90; "
        "check whether they are swapped or missing."
    )


class UnevenLists(GeoError):
    slug = "uneven-lists"
    advice = (
        "两列数据长度不一致（{found}）：请保证一一对应。 "
        "The two lists differ in length ({found}): give one entry of each for every place."
    )


class DuplicateCell(GeoError):
    slug = "duplicate-cell"
    advice = (
        "网格编码“{found}”重复：请保留一个边界，或为另一个网格重新编号。 "
        "Cell code “{found}” occurs twice: keep one boundary or give the other cell a new number."
    )


class UnusableCell(GeoError):
    slug = "unusable-cell"
    advice = (
        "网格“{found}”的边界不可用：请改为不自相交、非空的面，并先做边界检查。 "
        "The boundary of cell “{found}” cannot be used: redraw it as a polygon that is not empty "
        "and does not cross itself, and check it first."
    )


class InvalidTile(GeoError):
    slug = "invalid-tile"
    advice = (
        "瓦片“{found}”不存在：级别为 0 至 31，行列号须小于 2 的级别次方。 "
        "Tile “{found}” does not exist: zoom is 0 to 31, x and y are below 2 to the power of zoom."
    )


class UnusableVillage(GeoError):
    slug = "unusable-village"
    advice = (
        "本村边界不可用（{found}）：请先改为不自相交、非空的面。 "
        "The village's boundary cannot be used ({found}): redraw it as a polygon that is not empty "
        "and does not cross itself."
    )


class UnusableBounds(GeoError):
    slug = "unusable-cell-size"
    advice = (
        "每格户数范围“{found}”不可用：下限至少为 1，且不大于上限。 "
        "Cell size “{found}” cannot be used: the least is 1 or more and not above the most."
    )
