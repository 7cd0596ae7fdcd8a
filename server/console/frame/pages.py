"""Pages: a blueprint for each, one way to show one, and errors as pages where a person reads them.

Somebody with a script or a phone gets problem+json here as everywhere; a browser that asks for a
page gets one, in words, with what to do next.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote, urlsplit

from flask import Blueprint, Flask, Response, current_app, g, redirect, render_template, request
from werkzeug.exceptions import HTTPException

from server import problems
from server.access import browsers
from server.access.errors import DeviceRevoked, ProveAgain, SecondFactorNeeded
from server.bodies import Unstorable
from server.console.frame.language import language, own_language
from server.console.frame.places import places_of
from server.errors import NotSignedIn, TryLater, WanggeError
from server.problems import status_of

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:;"
    " font-src 'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
MAX_FORM: Final = 256 << 10  # bytes
LARGE: Final[dict[str, int]] = {}
"""Endpoints whose forms bring a file: how many bytes they take. Said where they are written."""


def blueprint(name: str, module: str) -> Blueprint:
    """A blueprint of pages, with the templates of its folder (templates/<name>/…)."""
    pages = Blueprint(name, module, template_folder="templates")
    pages.before_request(_bound)
    pages.after_request(_dress)
    pages.register_error_handler(WanggeError, _trouble)
    pages.register_error_handler(HTTPException, _http_trouble)
    return pages


def tell_people(app: Flask) -> None:
    """Where a browser asks for a page and gets a problem, whoever answered it, show it in words."""

    @app.after_request
    def told(answer: Response) -> Response:
        if answer.mimetype != "application/problem+json" or not wants_page():
            return answer
        if answer.status_code == HTTPStatus.UNAUTHORIZED:
            led: Response = _led_on(NotSignedIn())
            return led
        problem = answer.get_json()
        page = _dress(
            _trouble_page(answer.status_code, problem["detail"], problem.get("request", ""))
        )
        for name in {"Allow", "Retry-After"} & set(answer.headers.keys()):
            page.headers[name] = answer.headers[name]
        return page


def shown(template: str, status: int = HTTPStatus.OK, **told: Any) -> Response:
    """A page from its template, in the reader's language."""
    me = g.get("asker")
    whose = me.user_id.hex[-12:] if me else ""  # drafts in this browser are kept apart by it
    text = render_template(template, lang=language(), places=places_of(me), whose=whose, **told)
    return Response(text, status=int(status), mimetype="text/html")


def wants_page() -> bool:
    """Whether a person with a browser asks, who reads a page rather than a problem."""
    accepted = request.accept_mimetypes
    return bool(accepted["text/html"] > accepted["application/json"])


def own_path(path: str | None) -> str:
    """A path of this site: whoever wrote the link may not send people elsewhere."""
    own = (
        path and path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    )
    return path if path and own else "/"


def readable_path() -> str:
    """This page; of a form whose address shows nothing by itself, the page that it stood on. Who
    wanted to leave comes back to nothing.
    """
    if request.method == "GET":
        return request.full_path.rstrip("?")
    if request.path == "/sign-out":
        return "/"
    here = current_app.create_url_adapter(request)
    if here and here.test(request.path, "GET"):
        return request.full_path.rstrip("?")
    came = urlsplit(request.headers.get("Referer", ""))
    return own_path(came.path if came.netloc == request.host else None)


def _bound() -> None:
    """Raises Unstorable for what nobody can type and no column holds; addresses were looked at."""
    request.max_content_length = LARGE.get(request.endpoint or "", MAX_FORM)
    request.max_form_parts = 200
    if request.endpoint in LARGE:
        return  # not read before it is known who sends it
    if any("\0" in text for pair in request.form.items(multi=True) for text in pair):
        raise Unstorable


def _dress(answer: Response) -> Response:
    """Pages of staff: kept by no cache, framed by nobody, their address told to nobody else."""
    answer.headers.setdefault("Content-Security-Policy", POLICY)
    answer.headers.setdefault("Referrer-Policy", "same-origin")  # with it a form tells its Origin
    answer.headers.setdefault("X-Robots-Tag", "noindex, nofollow")
    if answer.mimetype == "text/html":
        own_language(answer)
    return answer


def _trouble_page(status: int, detail: str, number: str = "") -> Response:
    return shown("frame/trouble.html", status, trouble=WanggeError(detail), number=number)


def _trouble(error: WanggeError) -> Any:
    if not wants_page():
        return problems.answer(error)
    if isinstance(error, (NotSignedIn, ProveAgain, SecondFactorNeeded)):
        return _led_on(error)
    answer = _trouble_page(status_of(type(error)), error.detail)
    if isinstance(error, TryLater):
        answer.headers["Retry-After"] = str(error.retry_after)
    if isinstance(error, DeviceRevoked):
        browsers.disown(answer)
    return answer


def _led_on(error: WanggeError) -> Any:
    """To the page where what is missing can be done, and from there back to this one."""
    if isinstance(error, SecondFactorNeeded):
        return redirect("/account/second-factor", HTTPStatus.SEE_OTHER)
    path = readable_path()
    if isinstance(error, NotSignedIn):
        return redirect(f"/sign-in?next={quote(path)}", HTTPStatus.SEE_OTHER)
    # A form goes along as it was sent (307), so that nothing typed is lost: account/proving.py.
    sent = request.method == "POST"
    path = request.path if sent else path
    along = HTTPStatus.TEMPORARY_REDIRECT if sent else HTTPStatus.SEE_OTHER
    return redirect(f"/prove?next={quote(path, safe='')}", along)


def _http_trouble(error: HTTPException) -> Any:
    if not wants_page():
        return problems.answer_http(error)
    return _trouble_page(error.code or 500, problems.told(error)[1])
