"""The API of the features, as OpenAPI 3.0: what GIS programs read before they ask."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from server.maps.features.documents import GEOJSON, JSON, OPENAPI, property_schema
from server.maps.features.schemas import DEFAULT_LIMIT, MAX_LIMIT, Collection


def definition(base: str, collections: Iterable[Collection]) -> dict[str, Any]:
    """The definition for one asker: the collections that they may read."""
    paths = {
        "/": _get("landing", "首页 Landing page", JSON),
        "/api": _get("api", "接口定义 This document", OPENAPI),
        "/conformance": _get("conformance", "符合的规范 Conformance", JSON),
        "/collections": _get("collections", "图层 Collections", JSON),
    }
    for collection in collections:
        paths |= _paths_of(collection)
    return {
        "openapi": "3.0.3",
        "info": {"title": "网格 Wangge: OGC API – Features", "version": "1"},
        "servers": [{"url": base}],
        "security": [{"bearer": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
            "parameters": _PARAMETERS,
            "responses": {"Problem": _PROBLEM},
        },
    }


def _paths_of(collection: Collection) -> dict[str, Any]:
    here, columns = f"/collections/{collection.id}", {c.name: c for c in collection.columns}
    filters = [
        {**_query(name, property_schema(columns[name])), "description": columns[name].title}
        for name in collection.filters
    ]
    shared = [{"$ref": f"#/components/parameters/{name}"} for name in _PARAMETERS if name != "fid"]
    fid = [{"$ref": "#/components/parameters/fid"}]
    return {
        here: _get(f"describe_{collection.id}", collection.title, JSON),
        f"{here}/schema": _get(
            f"schema_{collection.id}", "字段 Columns", "application/schema+json"
        ),
        f"{here}/items": _get(f"list_{collection.id}", collection.title, GEOJSON, shared + filters),
        f"{here}/items/{{fid}}": _get(f"read_{collection.id}", collection.title, GEOJSON, fid),
    }


def _get(name: str, summary: str, type_: str, parameters: Iterable[Any] = ()) -> dict[str, Any]:
    problem = {"$ref": "#/components/responses/Problem"}
    return {
        "get": {
            "operationId": name,
            "summary": summary,
            "parameters": list(parameters),
            "responses": {
                "200": {
                    "description": summary,
                    "content": {type_: {"schema": {"type": "object"}}},
                },
                "400": problem,
                "401": problem,
                "403": problem,
                "404": problem,
            },
        }
    }


def _query(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": name,
        "in": "query",
        "required": False,
        "schema": schema,
        "style": "form",
        "explode": False,
    }


_LIMIT = {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT}
_NUMBERS = {"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 6}
_PARAMETERS = {
    "limit": _query("limit", _LIMIT),
    "bbox": _query("bbox", _NUMBERS),
    "bbox-crs": _query("bbox-crs", {"type": "string", "format": "uri"}),
    "datetime": _query("datetime", {"type": "string"}),
    "after": _query("after", {"type": "string", "format": "uuid"}),
    "fid": {
        "name": "fid",
        "in": "path",
        "required": True,
        "schema": {"type": "string", "format": "uuid"},
    },
}
_PROBLEM = {
    "description": "RFC 9457; docs/errors.md",
    "content": {"application/problem+json": {"schema": {"type": "object"}}},
}
