"""Coordinate reference systems that a map may be in: degrees of WGS-84 or CGCS2000, as they are.

Others are refused by name rather than converted: a conversion that is off by a zone or a datum puts
every household into a neighbour's cell, and the desk that made the map converts it in one step.
"""

from __future__ import annotations

import re

from server.sheets.errors import BadSheet

_DEGREES = re.compile(r"(?:CRS84|(?:EPSG|epsg):{1,2}(?:[0-9.]*:)?(?:4326|4490))$")

# What pyogrio gives in full: CRS84, and what Esri's programs write beside a Shapefile.
_DEGREES_WKT = re.compile(
    r'GEOG(?:CS|CRS)\["(?:WGS 84 \(CRS84\)|GCS_WGS_1984|GCS_China_Geodetic_Coordinate_System_2000)"'
)


def check_reference(name: str | None) -> None:
    """Raises BadSheet for a system in which we do not take coordinates. None: none is named."""
    if name is None or _DEGREES.search(name.strip()) or _DEGREES_WKT.match(name.strip()):
        return
    shown = re.sub(r"\s+", " ", _title(name))[:80]
    raise BadSheet(
        f"坐标参考系为 {shown}，请先转换为 WGS-84 经纬度（EPSG:4326）再导入，例如 "
        f"ogr2ogr -t_srs EPSG:4326 新文件 原文件。 The coordinates are in {shown}: convert them to "
        "WGS-84 longitude and latitude (EPSG:4326) first."
    )


def _title(name: str) -> str:
    """The name out of WKT; other names as they are."""
    title = re.match(r'[A-Z_0-9]+\s*\[\s*"([^"]+)"', name)
    return title[1] if title else name
