"""GeoPackages and Shapefiles to load, written by GDAL."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from pyogrio import raw
from shapely import to_wkb
from shapely.geometry.base import BaseGeometry


def write_layer(
    path: Path,
    shapes: Sequence[BaseGeometry | None],
    columns: Mapping[str, Sequence[Any]],
    *,
    kind: str = "Point",
    layer: str | None = None,
    crs: str | None = "EPSG:4326",
    **options: Any,
) -> Path:
    """One layer; numbers stay numbers, texts become texts."""
    known = {} if crs is None else {"crs": crs}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a layer that does not say where it is, is meant
        raw.write(
            path,
            np.array([None if shape is None else to_wkb(shape) for shape in shapes], dtype=object),
            [_column(values) for values in columns.values()],
            list(columns),
            layer=layer,
            geometry_type=kind,
            driver="ESRI Shapefile" if path.suffix == ".shp" else "GPKG",
            **known,
            **options,
        )
    return path


def _column(values: Sequence[Any]) -> Any:
    texts = any(isinstance(value, str) for value in values)
    return np.array(values, dtype=object if texts else None)
