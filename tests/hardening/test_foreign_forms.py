"""A form that another site makes a browser send: refused before its code is looked at."""

from __future__ import annotations

from tests.smallcounty import SmallCounty

HOST = "https://wangge.example"


def test_a_form_that_another_site_sent_is_refused(county: SmallCounty) -> None:
    client = county.app.test_client()
    cases: dict[str, tuple[dict[str, str], bool]] = {
        "our page, a browser of today": ({"Sec-Fetch-Site": "same-origin", "Origin": "null"}, True),
        "typed by hand": ({"Sec-Fetch-Site": "none"}, True),
        "our page, an old phone": ({"Origin": HOST}, True),
        "our page, which tells nobody where it is": ({"Origin": "null"}, True),
        "no browser": ({}, True),
        "another site": ({"Sec-Fetch-Site": "cross-site", "Origin": "null"}, False),
        "a neighbour of ours": ({"Sec-Fetch-Site": "same-site", "Origin": HOST}, False),
        "another site, an old phone": ({"Origin": "https://elsewhere.example"}, False),
        "a name that begins like ours": ({"Origin": f"{HOST}.elsewhere.example"}, False),
        "another port": ({"Origin": f"{HOST}:8443"}, False),
        "no address at all": ({"Origin": "wangge.example"}, False),
    }
    for name, (headers, taken) in cases.items():
        answer = client.post("/r", data={"code": "nothing"}, headers=headers, base_url=HOST)
        refused = answer.status_code == 403 and "Open this page itself" in answer.text
        assert refused is not taken, (name, answer.status_code)


def test_no_other_site_gets_through_to_the_api(county: SmallCounty) -> None:
    """A form is no JSON, and whatever else a script would send, a browser asks us first."""
    client = county.app.test_client()
    for kind in ("application/x-www-form-urlencoded", "multipart/form-data", "text/plain"):
        for path in ("sessions", "sessions/refresh", "resident/case", "resident/rating"):
            answer = client.post(f"/api/v1/{path}", data=b'{"code": "x"}', content_type=kind)
            assert answer.status_code == 415, (kind, path, answer.text)
    for path in ("sessions", "resident/case", "households"):
        headers = {"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "POST"}
        asked = client.options(f"/api/v1/{path}", headers=headers)
        assert not [name for name in asked.headers.keys() if name.startswith("Access-Control")]  # noqa: SIM118 (werkzeug's iterate over pairs)
