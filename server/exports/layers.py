"""Layers for GIS programs: GeoJSON and GeoPackage, with the columns' names and slugs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyogrio.raw import write

from server.maps.features.documents import feature, shown
from server.maps.features.schemas import Collection, Column

Batches = Iterable[Sequence[Mapping[Any, Any]]]


def geojson_text(collection: Collection, batches: Batches, *, plain: bool) -> Iterator[str]:
    """A FeatureCollection, a batch at a time; whoever reads `]}` has read all of it."""
    columns = collection.shown(plain=plain)
    yield '{"type":"FeatureCollection","features":[\n'
    between = ""
    for batch in batches:
        yield between + ",\n".join(feature(columns, row, plain=plain) for row in batch)
        between = ",\n"
    yield "\n]}\n"


def write_gpkg(path: Path, collection: Collection, batches: Batches, *, plain: bool) -> None:
    """A GeoPackage of one layer, a batch at a time."""
    columns = collection.shown(plain=plain)
    wrote = False
    for batch in batches:
        _write_batch(path, collection, columns, batch, plain=plain, append=wrote)
        wrote = True
    if not wrote:
        _write_batch(path, collection, columns, (), plain=plain, append=False)


def _write_batch(
    path: Path,
    collection: Collection,
    columns: Sequence[Column],
    batch: Sequence[Mapping[Any, Any]],
    *,
    plain: bool,
    append: bool,
) -> None:
    ids = np.array([str(row["id"]) for row in batch], dtype=object)
    pairs = [_array(c, [shown(c, row[c.name], plain=plain) for row in batch]) for c in columns]
    write(
        str(path),
        np.array([row["geometry"] and bytes(row["geometry"]) for row in batch], dtype=object),
        [ids, *(values for values, _ in pairs)],
        ["id", *(column.name for column in columns)],
        field_mask=[None, *(mask for _, mask in pairs)],
        layer=collection.id,
        driver="GPKG",
        geometry_type=collection.geometry,
        crs="EPSG:4326",
        append=append,
        dataset_options=None if append else _READ_BY_ALL,
    )


def _array(column: Column, values: list[Any]) -> tuple[NDArray[Any], NDArray[Any] | None]:
    """A column as GDAL takes it, and which of its values are missing."""
    kind = _KINDS.get(column.kind)
    if kind is None:
        return np.array(values, dtype=object), None
    missing = np.array([value is None for value in values], dtype=bool)
    filled = [0 if value is None else value for value in values]
    return np.array(filled, dtype=kind), missing


_READ_BY_ALL = {"VERSION": "1.3"}  # the newest that Debian 12's GDAL knows
_KINDS = {"integer": np.int64, "number": np.float64, "boolean": np.bool_}
