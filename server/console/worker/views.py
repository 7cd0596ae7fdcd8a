"""The worker's page over HTTP: its shell, its parts, and what makes a phone keep them.

Nothing here knows who asks: the page signs in by itself, as any phone does, and a phone that is
offline opens it without asking anybody.
"""

from __future__ import annotations

import json
from http import HTTPStatus
from pathlib import PurePosixPath
from typing import Any, Final

from flask import Response, redirect, render_template, request, url_for

from server.access.door import may
from server.console.frame.assets import FOR_EVER, NoSuchFile
from server.console.frame.pages import blueprint
from server.console.worker import kit
from server.headers import ALWAYS

pages = blueprint("worker", __name__)

SCOPE: Final = "/work/"
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:;"
    " connect-src 'self'; worker-src 'self'; manifest-src 'self';"
    " form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
# A position is asked for when somebody presses the button for it, and at no other time.
FEATURES: Final = ALWAYS["Permissions-Policy"].replace("geolocation=()", "geolocation=(self)")
MANIFEST: Final[dict[str, Any]] = {
    "id": SCOPE,
    "name": "网格 Wangge",
    "short_name": "网格",
    "description": "我的网格、走访、纠纷，没有网络也能记。 Cells, visits, disputes; offline too.",
    "lang": "zh-CN",
    "start_url": SCOPE,
    "scope": SCOPE,
    "display": "standalone",
    "background_color": "#f7f7f5",
    "theme_color": "#0f5e63",
}
_SIZES: Final = (192, 512)


@pages.get("/work")
@may("page.frame")
def find_shell() -> Any:
    """Where the page stands."""
    return redirect(SCOPE, HTTPStatus.FOUND)


@pages.get("/work/")
@may("page.frame")
def show_shell() -> Response:
    """The page, the same for everybody: a phone keeps it."""
    text = render_template("worker/shell.html", version=kit.version(), scope=SCOPE)
    return _checked_each_time(Response(text, mimetype="text/html"))


@pages.get("/work/sw.js")
@may("page.frame")
def service_worker() -> Response:
    """The script that keeps the page on the phone."""
    return _checked_each_time(Response(kit.service_worker(), mimetype="text/javascript"))


@pages.get("/work/manifest.webmanifest")
@may("page.frame")
def manifest() -> Response:
    """What the phone's home screen calls it."""
    icons = [
        {
            "src": url_for("worker.part", version=kit.version(), path=f"icon-{size}.png"),
            "sizes": f"{size}x{size}",
            "type": "image/png",
            "purpose": "any maskable",
        }
        for size in _SIZES
    ]
    text = json.dumps({**MANIFEST, "icons": icons}, ensure_ascii=False)
    return _checked_each_time(Response(text, mimetype="application/manifest+json"))


@pages.get("/work/<version>/<path:path>")
@may("page.frame")
def part(version: str, path: str) -> Response:
    """A script, a style, a picture of this very version. Raises NoSuchFile."""
    if version != kit.version() or path not in kit.files():
        raise NoSuchFile
    answer = Response(kit.files()[path], mimetype=kit.KINDS[PurePosixPath(path).suffix])
    answer.headers["Cache-Control"] = FOR_EVER
    answer.vary.add("Accept-Encoding")
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        answer.set_data(kit.zipped(path))
        answer.headers["Content-Encoding"] = "gzip"
    return answer


def _checked_each_time(answer: Response) -> Response:
    """A browser asks whether there is a newer one, and hears 304 where there is none."""
    answer.headers["Cache-Control"] = "no-cache"
    answer.headers["Content-Security-Policy"] = POLICY
    answer.headers["Permissions-Policy"] = FEATURES
    answer.add_etag()
    answer.make_conditional(request)
    return answer
