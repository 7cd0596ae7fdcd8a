"""OGC API – Features: the county as layers for QGIS and GDAL, within the asker's authority.

Each collection has its own routes, so that each is behind its own action.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from flask import Response, request

from server.access.door import asker, may
from server.access.permissions import scope_of
from server.bodies import Blueprint
from server.db import transaction
from server.maps.features import documents, queries, rules
from server.maps.features.documents import GEOJSON, JSON, OPENAPI, SCHEMA, link
from server.maps.features.errors import BadQuery, FeatureNotFound
from server.maps.features.openapi import definition
from server.maps.features.queries import Form
from server.maps.features.rules import CRS84, Wanted
from server.maps.features.schemas import (
    COLLECTIONS,
    MAX_LIMIT,
    Collection,
    DocumentIn,
    items_schema,
)

blp = Blueprint("features", __name__, url_prefix="/ogc", description="OGC API – Features")
_PLAIN = DocumentIn(unknown="raise")


def _says(kind: str) -> Callable[..., Any]:
    """For the OpenAPI document: a view answers with an object of this type."""
    content = {kind: {"schema": {"type": "object"}}}
    return blp.doc(responses={200: {"description": "OK", "content": content}})  # type: ignore[no-any-return] # untyped


_asked = blp.arguments(_PLAIN, location="query", error_status_code=400, unknown="raise")


@blp.route("/", methods=["GET"], strict_slashes=False)
@may("place.read")
@_asked
@_says(JSON)
def read_landing(asked: dict[str, Any]) -> Response:
    """The landing page: where everything else is."""
    return _document(documents.landing(_base()))


@blp.route("/conformance", methods=["GET"])
@may("place.read")
@_asked
@_says(JSON)
def read_conformance(asked: dict[str, Any]) -> Response:
    """Which parts of the standard are here: core, OpenAPI 3.0, GeoJSON."""
    return _document(documents.conformance())


@blp.route("/api", methods=["GET"])
@may("place.read")
@_asked
@_says(OPENAPI)
def read_definition(asked: dict[str, Any]) -> Response:
    """The definition of the API for this asker."""
    return _document(definition(_base(), _mine()), OPENAPI)


@blp.route("/collections", methods=["GET"])
@may("place.read")
@_asked
@_says(JSON)
def list_collections(asked: dict[str, Any]) -> Response:
    """The collections that the asker may read."""
    return _document(documents.catalogue(_base(), _mine()))


def _open(collection: Collection) -> None:
    """The routes of one collection."""
    here = f"/collections/{collection.id}"
    query = blp.arguments(
        items_schema(collection), location="query", error_status_code=400, unknown="raise"
    )
    views: tuple[tuple[str, str, str, Callable[..., Any]], ...] = (
        ("describe", here, JSON, _asked(_describing(collection))),
        ("schema", f"{here}/schema", SCHEMA, _asked(_schema_of(collection))),
        ("list", f"{here}/items", GEOJSON, query(_listing(collection))),
        ("read", f"{here}/items/<uuid:feature_id>", GEOJSON, _asked(_reading(collection))),
    )
    for verb, path, kind, view in views:
        view.__name__ = f"{verb}_{collection.id}"
        blp.route(path, methods=["GET"])(may(collection.action)(_says(kind)(view)))


def _describing(collection: Collection) -> Callable[..., Response]:
    def describe(asked: dict[str, Any]) -> Response:
        """One collection: its links and its reference system."""
        return _document(documents.described(_base(), collection))

    return describe


def _schema_of(collection: Collection) -> Callable[..., Response]:
    def read_schema(asked: dict[str, Any]) -> Response:
        """The columns of a collection."""
        return _document(documents.json_schema(_base(), collection), SCHEMA)

    return read_schema


def _listing(collection: Collection) -> Callable[..., Response]:
    def list_items(asked: dict[str, Any]) -> Response:
        """Features by box, time and columns, in pages; `next` leads to the following one."""
        wanted, limit = _wanted(collection, asked), min(asked["limit"], MAX_LIMIT)
        with transaction(asker().identity) as session:
            places = asker().places(session)
            query = queries.features_of(collection.id, places, wanted, Form.GEOJSON)
            # Counting reads everything that matches: once, with the first page.
            matched = None if asked["after"] else queries.count(session, query)
            rows = queries.list_page(session, query, asked["after"], limit + 1)
        said: dict[str, Any] = {"numberReturned": min(len(rows), limit)}
        if matched is not None:
            said["numberMatched"] = matched
        columns = collection.shown()
        features = (documents.feature(columns, row) for row in rows[:limit])
        links = _links_of_page(collection, rows[limit - 1]["id"] if len(rows) > limit else None)
        stamp = asker().identity.now.isoformat().replace("+00:00", "Z")
        text = documents.feature_page(features, links, timeStamp=stamp, **said)
        return Response(text, content_type=GEOJSON)

    return list_items


def _reading(collection: Collection) -> Callable[..., Response]:
    def read_item(asked: dict[str, Any], feature_id: UUID) -> Response:
        """One feature."""
        with transaction(asker().identity) as session:
            places = asker().places(session)
            query = queries.features_of(collection.id, places, Wanted(), Form.GEOJSON)
            row = queries.find_one(session, query, feature_id)
        if row is None:
            raise FeatureNotFound
        here = f"{_base()}/collections/{collection.id}"
        links = [
            link("self", f"{here}/items/{feature_id}", GEOJSON, "本要素 This feature"),
            link("collection", here, JSON, collection.title),
        ]
        text = documents.feature(
            collection.shown(), row, links=f',"links":{json.dumps(links, ensure_ascii=False)}'
        )
        return Response(text, content_type=GEOJSON)

    return read_item


def _wanted(collection: Collection, asked: dict[str, Any]) -> Wanted:
    if asked["bbox_crs"] not in {None, CRS84}:
        raise BadQuery(errors={"bbox-crs": CRS84})
    return Wanted(
        boxes=rules.read_bbox(asked["bbox"]) if asked["bbox"] is not None else (),
        span=rules.read_datetime(asked["datetime"]) if asked["datetime"] is not None else None,
        equal={name: asked[name] for name in collection.filters if name in asked},
    )


def _links_of_page(collection: Collection, last: UUID | None) -> list[dict[str, str]]:
    here = f"{_base()}/collections/{collection.id}"
    asked = request.args.to_dict()
    links = [
        link("self", f"{here}/items?{urlencode(asked)}".rstrip("?"), GEOJSON, "本页 This page"),
        link("collection", here, JSON, collection.title),
    ]
    if last is not None:
        following = urlencode({**asked, "after": str(last)})
        links.append(link("next", f"{here}/items?{following}", GEOJSON, "下一页 Next page"))
    return links


def _mine() -> list[Collection]:
    """The collections that the asker's roles may read."""
    return [c for c in COLLECTIONS.values() if scope_of(c.action, asker().roles)]


def _base() -> str:
    """Where this API begins, as the asker reached it: the proxy in front may speak https for us."""
    scheme = "https" if request.headers.get("X-Forwarded-Proto") == "https" else request.scheme
    return f"{scheme}://{request.host}/api/v1/ogc"


def _document(body: dict[str, Any], type_: str = JSON) -> Response:
    return Response(json.dumps(body, ensure_ascii=False), content_type=type_)


for _collection in COLLECTIONS.values():
    _open(_collection)
