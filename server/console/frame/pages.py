"""Pages: a blueprint for each, one way to show one, and errors as pages where a person reads them.

Somebody with a script or a phone gets problem+json here as everywhere; a browser that asks for a
page gets one, in words, with what to do next.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote

from flask import Blueprint, Response, g, redirect, render_template, request
from werkzeug.exceptions import HTTPException

from server import problems
from server.access.errors import ProveAgain, SecondFactorNeeded
from server.console.frame.language import language, own_language
from server.console.frame.places import places_of
from server.errors import NotSignedIn, TryLater, WanggeError
from server.problems import status_of

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:;"
    " font-src 'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
MAX_FORM: Final = 256 << 10  # bytes; files go to /attachments


def blueprint(name: str, module: str) -> Blueprint:
    """A blueprint of pages, with the templates of its folder (templates/<name>/…)."""
    pages = Blueprint(name, module, template_folder="templates")
    pages.before_request(_bound)
    pages.after_request(_dress)
    pages.register_error_handler(WanggeError, _trouble)
    pages.register_error_handler(HTTPException, _http_trouble)
    return pages


def shown(template: str, status: int = HTTPStatus.OK, **told: Any) -> Response:
    """A page from its template, in the reader's language."""
    text = render_template(template, lang=language(), places=places_of(g.get("asker")), **told)
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


def _bound() -> None:
    request.max_content_length = MAX_FORM
    request.max_form_parts = 200


def _dress(answer: Response) -> Response:
    """Pages of staff: kept by no cache, framed by nobody, their address told to nobody else."""
    answer.headers.setdefault("Content-Security-Policy", POLICY)
    answer.headers.setdefault("Referrer-Policy", "same-origin")  # with it a form tells its Origin
    answer.headers.setdefault("X-Robots-Tag", "noindex, nofollow")
    if answer.mimetype == "text/html":
        own_language(answer)
    return answer


def _trouble(error: WanggeError) -> Any:
    if not wants_page():
        return problems.answer(error)
    if isinstance(error, (NotSignedIn, ProveAgain, SecondFactorNeeded)):
        return _led_on(error)
    answer = shown("frame/trouble.html", status_of(type(error)), trouble=error)
    if isinstance(error, TryLater):
        answer.headers["Retry-After"] = str(error.retry_after)
    return answer


def _led_on(error: WanggeError) -> Any:
    """To the page where what is missing can be done, and from there back to this one."""
    if isinstance(error, SecondFactorNeeded):
        return redirect("/account/second-factor", HTTPStatus.SEE_OTHER)
    path = request.full_path.rstrip("?") if request.method == "GET" else request.path
    if isinstance(error, NotSignedIn):
        return redirect(f"/sign-in?next={quote(path)}", HTTPStatus.SEE_OTHER)
    # A form goes along as it was sent (307), so that nothing typed is lost: account/proving.py.
    sent = request.method == "POST"
    along = HTTPStatus.TEMPORARY_REDIRECT if sent else HTTPStatus.SEE_OTHER
    return redirect(f"/prove?next={quote(path, safe='')}", along)


def _http_trouble(error: HTTPException) -> Any:
    if not wants_page():
        return problems.answer_http(error)
    told = WanggeError(problems.told(error)[1])
    return shown("frame/trouble.html", error.code or 500, trouble=told)
