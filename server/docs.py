"""The API described: OpenAPI at /api/openapi.json, a browsable page at /api/docs."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

from apispec import BasePlugin
from flask import Flask, Response
from flask_smorest import Api
from flask_swagger_ui import get_swaggerui_blueprint

from server.access.door import may

_DESCRIPTION = """
网格后端接口。 The API of a county's grid. Errors are RFC 9457 problems; their types are listed in
docs/errors.md. Sign in with `POST /api/v1/sessions`, then send `Authorization: Bearer <access>`.
"""


_SHOWN: Final = {
    "url": "/api/openapi.json",
    "dom_id": "#swagger-ui",
    "layout": "StandaloneLayout",
    "deepLinking": True,
    "validatorUrl": None,  # or it would send the document to another site
}


def describe(app: Flask) -> Api:
    """Publish the OpenAPI document and a page to browse it, all served from here."""
    app.config.update(
        API_TITLE="网格 Wangge",
        API_VERSION="v1",
        OPENAPI_VERSION="3.1.0",  # its schemas are JSON Schemas: those of sync stand in it whole
        OPENAPI_URL_PREFIX="/api",
        OPENAPI_JSON_PATH="openapi.json",
        API_SPEC_OPTIONS={
            "info": {"description": _DESCRIPTION},
            "security": [{"bearer": []}],
            "components": {
                "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
            },
        },
    )
    api = Api(app, spec_kwargs={"extra_plugins": [Problems()]})
    api.spec.components.schema("Problem", _PROBLEM)
    page = get_swaggerui_blueprint("/api/docs", "/api/openapi.json")
    app.register_blueprint(page, url_prefix="/api/docs")
    app.view_functions["swagger_ui.show"] = _without_inline(app.view_functions["swagger_ui.show"])
    for endpoint in ("api-docs.openapi_json", "swagger_ui.show"):
        app.view_functions[endpoint] = may("docs.read")(app.view_functions[endpoint])
    return api


_ALWAYS: Final = {
    "400": "The request is malformed.",
    "414": "The address is too long.",
    "422": "What was asked for is not valid; `errors` names the fields.",
    "503": "Busy; nothing was done. Try again after `Retry-After`.",
}
_SIGNED_IN: Final = {
    "401": "Nobody is signed in, or no longer.",
    "403": "One may not do this.",
    "429": "Asked too often. Try again after `Retry-After`.",
}
_NAMED: Final = {"404": "There is nothing of this name, or one may not know of it."}
_SENT: Final = {
    "404": "What it names does not exist, or one may not know of it.",
    "409": "It does not fit the present state.",
    "413": "More than is read at once.",
    "415": "It is of another type than is taken here.",
}
_PROBLEM: Final = {
    "type": "object",
    "description": "RFC 9457; docs/errors.md lists the types.",
    "required": ["type", "title", "status", "detail", "request"],
    "properties": {
        "type": {"type": "string", "pattern": "^/problems/[a-z0-9-]+$"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "request": {"type": "string", "description": "As the log and the audit name it."},
        "errors": {"type": "object", "description": "Field → what is wrong with it."},
    },
}


class Problems(BasePlugin):
    """Declares, of every operation, each problem that it may answer with: one table for all.

    In place of a `default` that would allow any status at all, and of what the packages say by
    themselves (another shape).
    """

    def operation_helper(self, path: str | None = None, operations: Any = None, **_: Any) -> None:
        """Called by apispec for every path."""
        for method, operation in (operations or {}).items():
            declared = operation.setdefault("responses", {})
            for name in [name for name in declared if not "100" <= str(name) < "400"]:
                del declared[name]
            for status, said in _may_go_wrong(method, path or "", operation).items():
                declared[status] = {"description": said, "content": _CONTENT}


_CONTENT: Final = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}


def _may_go_wrong(method: str, path: str, operation: dict[str, Any]) -> dict[str, str]:
    found = dict(_ALWAYS)
    found |= _SIGNED_IN if operation.get("security") != [] else {"401": "", "429": ""}
    found |= _NAMED if "{" in path or operation.get("parameters") else {}
    found |= _SENT if method in {"post", "put", "patch", "delete"} else {}
    return {status: said or _SIGNED_IN[status] for status, said in found.items()}


_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
    " connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
_PAGE: Final = """<!doctype html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<title>网格 Wangge</title>
<link rel="stylesheet" href="/api/docs/index.css">
<link rel="stylesheet" href="/api/docs/swagger-ui.css">
<link rel="icon" type="image/png" href="/api/docs/favicon-32x32.png" sizes="32x32">
</head>
<body>
<div id="swagger-ui"></div>
<script src="/api/docs/swagger-ui-bundle.js"></script>
<script src="/api/docs/swagger-ui-standalone-preset.js"></script>
<script src="/api/docs/start.js"></script>
</body>
</html>
"""
_START: Final = f"""
window.ui = SwaggerUIBundle({{
  ...{json.dumps(_SHOWN)},
  presets: [SwaggerUIBundle.presets.apis, SwaggerUIStandalonePreset],
  plugins: [SwaggerUIBundle.plugins.DownloadUrl],
}});
"""


def _without_inline(show: Callable[..., Any]) -> Callable[..., Any]:
    """The package's page begins by a script within it, which our policy forbids: ours by a file."""

    def page(path: str | None = None) -> Any:
        if path == "start.js":
            return Response(_START, mimetype="text/javascript")
        if path and path != "index.html":
            return show(path)
        return Response(_PAGE, headers={"Content-Security-Policy": _POLICY}, mimetype="text/html")

    return page
