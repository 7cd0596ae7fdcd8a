"""What a browser is told of every answer, and that no page of ours runs a script within itself."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

from server.app import create_app
from server.headers import ALWAYS, harden
from tests import smallcounty
from tests.smallcounty import SmallCounty

PAGES = ("/r", "/api/docs/", "/api/docs/index.html")


class Inline(HTMLParser):
    """Finds what a policy without 'unsafe-inline' would stop, and where scripts come from."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.sources: list[str] = []
        self._open = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = dict(attrs)
        self.found += [f"{tag} {name}" for name in names if name.startswith("on")]
        self.found += [f"{tag} style"] if "style" in names or tag == "style" else []
        self.found += [f"{tag} {value}" for value in names.values() if _runs(value)]
        self._open = tag == "script" and "src" not in names
        self.sources += [names["src"] or ""] if tag == "script" and names.get("src") else []

    def handle_endtag(self, tag: str) -> None:
        self._open = False

    def handle_data(self, data: str) -> None:
        if self._open and data.strip():
            self.found.append(f"script: {data.strip()[:40]}")


def _runs(value: str | None) -> bool:
    return (value or "").strip().lower().startswith("javascript:")


def directives(policy: str) -> dict[str, list[str]]:
    """name → sources of a Content-Security-Policy."""
    parts = (part.split() for part in policy.split(";"))
    return {name: sources for name, *sources in parts}


def test_every_answer_says_what_a_browser_may_do_with_it(county: SmallCounty) -> None:
    desk = county.sign_in("county")
    client = county.app.test_client()
    answers = {
        "a page": client.get("/r"),
        "its script": client.get("/r.js"),
        "the docs": client.get("/api/docs/"),
        "a file of the docs": client.get("/api/docs/swagger-ui.css"),
        "the document": client.get("/api/openapi.json"),
        "nothing there": client.get("/nowhere"),
        "not signed in": client.get("/api/v1/households"),
        "a wrong method": client.delete("/r"),
        "a broken body": client.post("/api/v1/sessions", data="{"),
        "a list": desk.call("GET", "/households"),
        "a file": desk.call("GET", "/exports/cells.csv"),
        "health": client.get("/healthz"),
    }
    for name, answer in answers.items():
        for header in ALWAYS:
            assert answer.headers.get(header), (name, header)
        policy = directives(answer.headers["Content-Security-Policy"])
        assert policy["default-src"] == ["'none'"], name
        assert policy["frame-ancestors"] == ["'none'"], name
        assert "unsafe" not in str(policy), name
        assert answer.headers["Referrer-Policy"] == "no-referrer", name
        assert "Set-Cookie" not in answer.headers, name
        assert "Access-Control-Allow-Origin" not in answer.headers, name
        answer.close()


def test_personal_data_is_kept_by_nobody_on_the_way(county: SmallCounty) -> None:
    desk = county.sign_in("county")
    for path in ("/households", "/visits", "/disputes", "/sessions/current", "/exports/cells.csv"):
        kept = desk.call("GET", path).headers["Cache-Control"]
        assert "no-store" in kept, path
        assert "public" not in kept, path


def test_no_page_runs_a_script_within_itself(county: SmallCounty) -> None:
    client = county.app.test_client()
    for path in PAGES:
        page = client.get(path)
        seen = Inline()
        seen.feed(page.text)
        assert seen.found == [], path
        for source in seen.sources:
            script = client.get(source)
            assert script.status_code == 200, source
            assert "javascript" in script.content_type, source
            script.close()
        policy = directives(page.headers["Content-Security-Policy"])
        assert policy["script-src"] == ["'self'"], path


def test_the_docs_name_no_other_site(county: SmallCounty) -> None:
    """A county's network need not reach the Internet, and the document is not sent there."""
    client = county.app.test_client()
    start = client.get("/api/docs/start.js").text
    assert '"validatorUrl": null' in start
    assert not re.search(r"https?://", client.get("/api/docs/").text + start)


def test_where_we_are_https_browsers_stay_with_it(county: SmallCounty) -> None:
    assert "Strict-Transport-Security" not in county.app.test_client().get("/healthz").headers
    plain = smallcounty.settings(county.url)
    app = create_app(replace(plain, public_url="https://wangge.example"))
    assert app.test_client().get("/healthz").headers["Strict-Transport-Security"] == (
        "max-age=31536000"
    )


def test_a_page_may_ask_for_more_than_the_rest() -> None:
    """A page that takes photos names the camera itself."""
    from flask import Flask, Response

    app = Flask("one page", static_folder=None)
    harden(app, smallcounty.settings("postgresql://nowhere/none"))
    app.add_url_rule("/", view_func=lambda: Response(headers={"Permissions-Policy": "camera=self"}))
    headers = app.test_client().get("/").headers
    assert headers["Permissions-Policy"] == "camera=self"
    assert headers["X-Content-Type-Options"] == "nosniff"
