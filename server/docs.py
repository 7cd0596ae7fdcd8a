"""The API described: OpenAPI at /api/openapi.json, a browsable page at /api/docs."""

from __future__ import annotations

from flask import Flask
from flask_smorest import Api
from flask_swagger_ui import get_swaggerui_blueprint

from server.access.door import may

_DESCRIPTION = """
网格后端接口。 The API of a county's grid. Errors are RFC 9457 problems; their types are listed in
docs/errors.md. Sign in with `POST /api/v1/sessions`, then send `Authorization: Bearer <access>`.
"""


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
    api = Api(app)
    page = get_swaggerui_blueprint(
        "/api/docs", "/api/openapi.json", config={"app_name": "网格 Wangge", "validatorUrl": None}
    )
    app.register_blueprint(page, url_prefix="/api/docs")
    for endpoint in ("api-docs.openapi_json", "swagger_ui.show"):
        app.view_functions[endpoint] = may("docs.read")(app.view_functions[endpoint])
    return api
