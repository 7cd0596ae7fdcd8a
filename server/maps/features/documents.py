"""The documents of OGC API – Features (OGC 17-069r4): landing page, collections, features."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from server.maps.features.rules import CRS84
from server.maps.features.schemas import Collection, Column

JSON, GEOJSON = "application/json", "application/geo+json"
OPENAPI = "application/vnd.oai.openapi+json;version=3.0"
SCHEMA = "application/schema+json"
CONFORMANCE = [
    f"http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/{part}"
    for part in ("core", "oas30", "geojson")
]
# An extent is a hint; the county's own would tell somebody without a place where others are.
_EVERYWHERE = {
    "spatial": {"bbox": [[-180, -90, 180, 90]], "crs": CRS84},
    "temporal": {"interval": [[None, None]]},
}


def link(rel: str, href: str, type_: str, title: str) -> dict[str, str]:
    """One link."""
    return {"rel": rel, "href": href, "type": type_, "title": title}


def landing(base: str) -> dict[str, Any]:
    """The landing page."""
    return {
        "title": "网格 Wangge",
        "description": "区划、网格、住户与走访。 Areas, grid cells, households and visits.",
        "links": [
            link("self", f"{base}/", JSON, "本页 This page"),
            link("service-desc", f"{base}/api", OPENAPI, "接口定义 The API definition"),
            link("conformance", f"{base}/conformance", JSON, "符合的规范 Conformance"),
            link("data", f"{base}/collections", JSON, "图层 Collections"),
        ],
    }


def conformance() -> dict[str, Any]:
    """What of the standard is here."""
    return {"conformsTo": CONFORMANCE}


def catalogue(base: str, collections: Iterable[Collection]) -> dict[str, Any]:
    """The collections that the asker may read."""
    return {
        "links": [link("self", f"{base}/collections", JSON, "本页 This page")],
        "collections": [described(base, collection) for collection in collections],
    }


def described(base: str, collection: Collection) -> dict[str, Any]:
    """One collection."""
    here = f"{base}/collections/{collection.id}"
    whole = f"{base.rpartition('/')[0]}/exports/{collection.id}.gpkg"
    return {
        "id": collection.id,
        "title": collection.title,
        "description": collection.description,
        "itemType": "feature",
        "crs": [CRS84],
        "extent": _EVERYWHERE,
        "links": [
            link("self", here, JSON, "本图层 This collection"),
            link("items", f"{here}/items", GEOJSON, collection.title),
            link("describedby", f"{here}/schema", SCHEMA, "字段 Its columns"),
            link("enclosure", whole, "application/geopackage+sqlite3", "整层下载 All of it"),
        ],
    }


def json_schema(base: str, collection: Collection) -> dict[str, Any]:
    """The columns of a collection as JSON Schema, so that a reader need not guess them."""
    here = f"{base}/collections/{collection.id}"
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"{here}/schema",
        "title": collection.title,
        "type": "object",
        "properties": {
            "geometry": {"$ref": f"https://geojson.org/schema/{collection.geometry}.json"},
            "properties": {
                "type": "object",
                "properties": {c.name: property_schema(c) for c in collection.shown()},
            },
        },
    }


def property_schema(column: Column) -> dict[str, Any]:
    """One column as JSON Schema."""
    form = {"uuid": ("string", "uuid"), "date-time": ("string", "date-time")}
    kind, form_ = form.get(column.kind, (column.kind, ""))
    said: dict[str, Any] = {"type": kind, "title": column.title}
    if form_:
        said["format"] = form_
    if column.words:
        said["enum"] = list(column.words)
    return said


def feature(
    columns: Sequence[Column], row: Mapping[Any, Any], *, plain: bool = False, links: str = ""
) -> str:
    """One feature as GeoJSON text, masked unless `plain`; its geometry is text already."""
    properties = {column.name: shown(column, row[column.name], plain=plain) for column in columns}
    return (
        f'{{"type":"Feature","id":"{row["id"]}","geometry":{row["geometry"] or "null"},'
        f'"properties":{_text(properties)}{links}}}'
    )


def feature_page(features: Iterable[str], links: Sequence[Mapping[str, str]], **said: Any) -> str:
    """A FeatureCollection as text."""
    rest = {**said, "links": links}
    return (
        '{"type":"FeatureCollection","features":['
        + ",".join(features)
        + f"],{_text(rest).removeprefix('{')}"
    )


def shown(column: Column, value: Any, *, plain: bool) -> Any:
    """A value as JSON takes it, masked where the column is personal."""
    if value is None:
        return None
    if column.mask and not plain:
        return column.mask(value)
    if column.kind == "date-time":
        return str(value.isoformat())
    return str(value) if column.kind == "uuid" else value


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
