"""Errors as problems: each in the table and in the docs, each telling what to do, none leaking."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from server.problems import catalogue
from tests.docs.errors_page import page
from tests.smallcounty import SmallCounty

DOCS = Path(__file__).parent.parent / "docs" / "errors.md"


def test_every_error_is_in_the_docs_and_nothing_else_is() -> None:
    """Red: `python -m tests.docs.errors_page > docs/errors.md`."""
    assert DOCS.read_text(encoding="utf-8") == page()


def test_a_slug_has_one_meaning() -> None:
    page()  # imports every error
    slugs = [slug for slug, _, _ in catalogue()]
    assert len(slugs) == len(set(slugs))


def test_every_text_is_chinese_first_and_english_beside_it() -> None:
    for slug, _, text in catalogue():
        chinese = [c for c in text if "\u4e00" <= c <= "\u9fff"]
        assert chinese or slug in {"ladder", "http-error"} or text.isascii(), slug


BODIES = {
    "nothing": (b"", {}, 422),
    "no json": (b"hello", {}, 400),
    "NaN": (b'{"login": NaN}', {}, 400),
    "infinity": (b'{"login": Infinity}', {}, 400),
    "1e400": (b'{"login": 1e400}', {}, 400),
    "NUL": (b'{"login": "a\\u0000"}', {}, 400),
    "half a pair": (b'{"login": "\\ud800"}', {}, 400),
    "a list": (b"[]", {}, 422),
    "deep": (b"[" * 100_000 + b"]" * 100_000, {}, 400),
    "not utf-8": (b'{"login": "\xff\xfe"}', {}, 400),
    "bomb": (gzip.compress(b" " * (9 << 20)), {"Content-Encoding": "gzip"}, 413),
    "broken gzip": (b"\x1f\x8b\x08garbage", {"Content-Encoding": "gzip"}, 400),
    "cut gzip": (gzip.compress(b'{"login": "x"}')[:-6], {"Content-Encoding": "gzip"}, 400),
    "brotli": (b"x", {"Content-Encoding": "br"}, 400),
    "two gzips": (gzip.compress(b"{}") * 2, {"Content-Encoding": "GZIP"}, 400),
    "large": (b" " * (9 << 20), {}, 413),
}


@pytest.mark.parametrize("name", BODIES)
def test_a_bad_body_is_a_clear_problem(county: SmallCounty, name: str) -> None:
    body, headers, status = BODIES[name]
    answer = county.app.test_client().post(
        "/api/v1/sessions", data=body, headers={"Content-Type": "application/json", **headers}
    )
    assert answer.status_code == status, answer.text
    assert answer.content_type == "application/problem+json"
    problem = json.loads(answer.data)
    assert problem["type"].startswith("/problems/")
    assert problem["detail"]
    assert problem["request"] == answer.headers["X-Request-Id"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/v1/nothing-here", 404),
        ("GET", "/api/v1/households/not-a-uuid", 404),
        ("DELETE", "/api/v1/households", 405),
        ("POST", "/healthz", 405),
    ],
)
def test_a_wrong_address_is_a_problem_too(
    county: SmallCounty, method: str, path: str, status: int
) -> None:
    answer = county.app.test_client().open(path, method=method)
    assert (answer.status_code, answer.content_type) == (status, "application/problem+json")


def test_a_query_with_nul_is_refused(county: SmallCounty) -> None:
    answer = county.sign_in("county").call("GET", "/households?village=51192110020%00")
    assert answer.json
    assert answer.json
    assert (answer.status_code, answer.json["type"]) == (400, "/problems/unstorable")


def test_json_must_say_that_it_is_json(county: SmallCounty) -> None:
    answer = county.app.test_client().post("/api/v1/sessions", data="{}")
    assert answer.status_code == 415
    assert answer.content_type == "application/problem+json"


def test_the_docs_and_the_health_of_the_server_are_open(county: SmallCounty) -> None:
    client = county.app.test_client()
    assert client.get("/healthz").json == {"status": "ok"}
    assert client.get("/readyz").json == {"status": "ready"}
    spec = client.get("/api/openapi.json").json or {}
    assert "/api/v1/households" in spec["paths"]
    assert client.get("/api/docs/").status_code == 200
