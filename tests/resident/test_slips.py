"""A slip of paper: the code, how to use it, and nothing of the case."""

from __future__ import annotations

import re
import zlib
from base64 import a85decode
from dataclasses import replace
from typing import Any

from server.codes import read_code
from tests.resident.conftest import CANARIES, Residents


def desk(residents: Residents, method: str, dispute: str, how: str, **body: Any) -> Any:
    """One request at the mediator's desk about the applicant's slip."""
    path = f"/disputes/{dispute}/parties/{residents.parties['applicant']}/{how}"
    sent = {"json": body} if method == "POST" else {}
    return residents.ladder.desk("mediator-a1").call(method, path, **sent)


def text_of(pdf: bytes) -> str:
    """What is written in a PDF; the Chinese face takes its strings as UTF-16."""
    said = []
    for stream in re.findall(rb"stream\r?\n(.*?)endstream", pdf, re.DOTALL):
        plain = zlib.decompress(
            a85decode(stream.strip(), adobe=False)
            if b"~>" not in stream
            else a85decode(b"<~" + stream.strip(), adobe=True)
        )
        for string in re.findall(rb"\(((?:\\.|[^\\)])*)\) Tj", plain, re.DOTALL):
            raw = _unescaped(string)
            said.append(raw.decode("ascii" if raw.isascii() and b"\0" not in raw else "utf-16-be"))
    return "".join(said)


def _unescaped(string: bytes) -> bytes:
    named = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}

    def plain(found: re.Match[bytes]) -> bytes:
        what = found[1]
        return bytes([int(what, 8)]) if what.isdigit() else named.get(what, what)

    return re.sub(rb"\\([0-7]{1,3}|.)", plain, string, flags=re.DOTALL)


def test_a_slip_names_the_office_and_the_code_and_nobody(residents: Residents) -> None:
    wall = residents.quarrel()
    settings = residents.county.app.extensions["wangge.settings"]
    residents.county.app.extensions["wangge.settings"] = replace(
        settings, public_url="https://wangge.example"
    )
    made = desk(residents, "POST", wall, "code")
    assert made.json["link"] == f"https://wangge.example/r#{made.json['code'].replace('-', '')}"
    assert made.json["qr"].startswith("<svg")
    slip = desk(residents, "POST", wall, "slip", code=made.json["code"])
    assert (slip.status_code, slip.mimetype) == (200, "application/pdf")
    assert slip.headers["Cache-Control"] == "no-store"
    said = text_of(slip.data)
    for line in (
        "通江县",
        "示例A1调解委员会",
        "000-0000000",
        made.json["code"],
        "2026-03-02",
        "https://wangge.example/r",
        "旧码随即作废",
        "keep it to yourself",
    ):
        assert line in said, line
    for canary in (*CANARIES, wall, *residents.parties.values(), "邻里"):
        assert canary not in said
        assert canary.encode() not in slip.data
    residents.case(made.json["code"])  # printing it changed nothing


def test_a_slip_without_a_code_makes_one(residents: Residents) -> None:
    wall = residents.quarrel()
    first = residents.code(wall)
    said = text_of(desk(residents, "POST", wall, "slip").data)
    (code,) = {found for found in re.findall(r"(?:\w{4}-){3}\w{4}", said) if read_code(found)}
    residents.send("case", first, expect=404)
    residents.case(code)


def test_a_slip_is_printed_with_the_present_code_only(residents: Residents) -> None:
    wall = residents.quarrel()
    lost = residents.code(wall)
    other = residents.code(wall, "respondent")
    residents.code(wall)
    for wrong in (lost, other, "x", "示例", "3" * 16, ""):
        refused = desk(residents, "POST", wall, "slip", code=wrong)
        assert refused.status_code == 409, wrong
        assert refused.json["type"] == "/problems/code-not-present"


def test_the_qr_alone_and_a_slip_to_be_filled_in(residents: Residents) -> None:
    wall = residents.quarrel()
    code = residents.code(wall)
    png = desk(residents, "POST", wall, "slip", code=code, form="png")
    assert (png.mimetype, png.data[:4]) == ("image/png", b"\x89PNG")
    svg = desk(residents, "POST", wall, "slip", code=code, form="svg")
    assert svg.text.startswith("<svg")
    blank = desk(residents, "GET", wall, "slip")
    assert "查询码" in text_of(blank.data)
    assert not re.search(r"(?:\w{4}-){3}\w{4}", text_of(blank.data))
    residents.case(code)  # it still stands


def test_bad_wishes_get_a_clear_problem(residents: Residents) -> None:
    wall = residents.quarrel()
    for wrong in ({"form": "docx"}, {"code": 5}, {"code": "x" * 201}, {"name": "x"}):
        assert desk(residents, "POST", wall, "slip", **wrong).status_code == 422
    nobody = "00000000-0000-7000-8000-000000000000"
    for path in (f"/disputes/{wall}/parties/{nobody}", f"/disputes/{nobody}/parties/{nobody}"):
        answer = residents.ladder.desk("mediator-a1").call("POST", f"{path}/code")
        assert answer.json["type"] == "/problems/party-not-found"


def test_a_slip_is_one_sheet_whatever_the_office_is_called(residents: Residents) -> None:
    wall = residents.quarrel()
    for name in ("示例" * 40, "示例龘村<b>&委员会", "x" * 200):
        residents.look("UPDATE office SET name = :name", name=name)
        for method in ("POST", "GET"):
            slip = desk(residents, method, wall, "slip")
            assert slip.data.count(b"/Type /Page\n") == 1
            assert "案件查询单" in text_of(slip.data)
