"""GeoPackage and Shapefile, through GDAL (pyogrio), in slices: a layer is never whole in memory."""

from __future__ import annotations

import sqlite3
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from pyogrio import list_layers, raw, read_info
from pyogrio.errors import DataSourceError, FieldError, GeometryError

from server.sheets.errors import BadSheet
from server.sheets.features import Feature
from server.sheets.reference import check_reference

MAX_BYTES: Final = 256 << 20
SLICE: Final = 2000  # features read at a time
_WRONG = (DataSourceError, FieldError, GeometryError, RuntimeError, ValueError, sqlite3.Error)


def read_geopackage(path: Path, wanted: str | None) -> Iterator[Feature]:
    """Every feature of one layer: the `wanted` one, or the only one. Raises BadSheet."""
    _check_size(path)
    try:
        computed = _check_whole(path)
    except sqlite3.Error as error:
        raise _damaged(error) from error
    name = _choose(path, wanted)
    if name.lower() in computed:
        raise _computed()
    yield from _read(_Layer(path, name))


def read_shapefile(path: Path) -> Iterator[Feature]:
    """Every feature of a .shp with its .shx and .dbf beside it. Raises BadSheet."""
    _check_size(path)
    beside = {other.suffix.lower() for other in path.parent.glob(f"{path.stem}.*")}
    if missing := {".shp", ".shx", ".dbf"} - beside:
        raise BadSheet(
            f"缺少同名文件 {'、'.join(sorted(missing))}，请一并提供。 "
            f"Files of the same name are missing beside it: {', '.join(sorted(missing))}."
        )
    try:
        yield from _read(_Layer(path, None, _encoding_of(path, beside)))
    except UnicodeDecodeError as error:  # a long Chinese column name is cut within a character
        raise _misspelt() from error


def _encoding_of(path: Path, beside: set[str]) -> str | None:
    """What the .cpg says; without one UTF-8 if all of the table is, else GB18030 if all of it is.

    GDAL would take it for Latin-1, of which every byte can be read and no name is right.
    """
    if ".cpg" in beside:
        return None
    for encoding in ("utf-8", "gb18030"):
        try:
            for _ in _read(_Layer(path, None, encoding)):
                pass
        except UnicodeDecodeError:
            continue
        return encoding
    raise _misspelt()


def _misspelt() -> BadSheet:
    return BadSheet(
        "属性表的文字编码或列名有误，请另存为 GeoPackage。 "
        "The names or texts of the table cannot be decoded: save it as a GeoPackage."
    )


@dataclass(frozen=True, slots=True)
class _Layer:
    path: Path
    name: str | None
    encoding: str | None = None

    def ask(self, what: Any, **more: Any) -> Any:
        """One question to GDAL; what it would print is raised or kept quiet."""
        if self.encoding:
            more["encoding"] = self.encoding
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an odd file name is nothing to stop at
            return what(self.path.resolve(), layer=self.name, **more)


def _read(layer: _Layer) -> Iterator[Feature]:
    """In slices; as many features as the layer says that it has, or it is damaged."""
    try:
        known = layer.ask(read_info, force_feature_count=True)
        check_reference(known["crs"])
        number = 0
        while slice_ := _slice(layer, number):
            for properties, geometry in slice_:
                number += 1
                yield Feature(number, properties, geometry)
        if number != known["features"]:
            raise BadSheet(
                f"图层应有 {known['features']} 个要素，只读到 {number} 个，文件可能不完整。 "
                f"The layer should have {known['features']} features, {number} could be read."
            )
    except UnicodeDecodeError:
        raise
    except _WRONG as error:
        raise _damaged(error) from error


def _slice(layer: _Layer, after: int) -> list[tuple[dict[str, Any], bytes | None]]:
    found, _, shapes, columns = layer.ask(
        raw.read, skip_features=after, max_features=SLICE, force_2d=True
    )
    names: Sequence[str] = list(found["fields"])
    count = len(columns[0]) if names else len(shapes)
    rows = zip(*(column.tolist() for column in columns), strict=True) if names else [()] * count
    geometries = [None] * count if shapes is None else shapes.tolist()
    return [
        (dict(zip(names, row, strict=True)), geometry)
        for row, geometry in zip(rows, geometries, strict=True)
    ]


def _choose(path: Path, wanted: str | None) -> str:
    try:
        layers = [str(name) for name, _ in _Layer(path, None).ask(_list_layers)]
    except _WRONG as error:
        raise _damaged(error) from error
    names = "、".join(layers[:20])
    if wanted is not None:
        if wanted not in layers:
            raise BadSheet(f"没有图层“{wanted}”。 There is no layer “{wanted}”: {names}")
        return wanted
    if len(layers) != 1:
        raise BadSheet(
            f"有 {len(layers)} 个图层，请用 --sheet 指定。 "
            f"There are {len(layers)} layers; name one with --sheet: {names}"
        )
    return layers[0]


def _list_layers(path: Path, layer: None) -> Any:
    return list_layers(path)


def _check_whole(path: Path) -> set[str]:
    """SQLite's own look at its pages: a truncated file may still have a readable beginning.

    Returns what is computed when it is read, and may never end: views, in small letters.
    """
    place = f"file:{quote(str(path.resolve()))}?mode=ro&immutable=1"
    connection = sqlite3.connect(place, uri=True)
    try:
        (said,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        computed = {name for (name,) in connection.execute(_COMPUTED)}
    finally:
        connection.close()
    if said != "ok":
        raise _damaged(said)
    if any(name.startswith("gpkg_") for name in computed):  # GDAL's own tables, read by opening
        raise _computed()
    return computed


_COMPUTED: Final = """
    SELECT lower(name) FROM sqlite_master WHERE type = 'view' OR sql LIKE 'CREATE VIRTUAL%'
"""


def _computed() -> BadSheet:
    return BadSheet(
        "图层是视图而不是表，请重新导出为 GeoPackage。 "
        "The layer is computed (a view) and may never end: export it as a layer of its own."
    )


def _check_size(path: Path) -> None:
    if path.stat().st_size > MAX_BYTES:
        raise BadSheet(
            f"文件超过 {MAX_BYTES >> 20} MB，请拆分。 The file is over {MAX_BYTES >> 20} MB: "
            "split it."
        )


def _damaged(error: object) -> BadSheet:
    return BadSheet(
        "文件已损坏或不完整，请重新导出。 "
        f"The file is damaged or not whole: export it again ({error})."[:300]
    )
