"""What goes with a case on paper: files handed in, slips handed over, the list as a sheet."""

from __future__ import annotations

import re
from io import BytesIO
from uuid import uuid4
from zipfile import ZipFile

import pytest
from PIL import Image

from server.console.county.desk import views
from tests.console.cases import PAGE, case, look, send, told
from tests.disputes.conftest import Ladder, ladder, lending

__all__ = ["ladder", "lending"]  # fixtures


def test_files_are_handed_in_and_a_slip_is_given_without_a_script(ladder: Ladder) -> None:
    dispute = case(ladder)
    image = BytesIO()
    Image.new("RGB", (40, 30)).save(image, "JPEG")
    address, id_ = f"/disputes/{dispute}/files/add", str(uuid4())
    for login, name, content, status in (
        ("mediator-a1", "empty.jpg", b"", 422),
        ("mediator-a1", "page.html", b"<script>alert(1)</script>", 415),
        ("mediator-a1", "cut.pdf", b"%PDF-1.7 cut off", 422),
        ("mediator-a2", "foreign.jpg", image.getvalue(), 404),
        ("mediator-a1", "wall.jpg", image.getvalue(), 303),
        ("mediator-a1", "wall.jpg", image.getvalue(), 303),
        ("mediator-a1", "other.pdf", b"%PDF-1.7\n%%EOF\n", 409),
    ):
        answer = send(ladder, login, address, id=id_, file=(BytesIO(content), name))
        assert answer.status_code == status, (name, answer.text)
    huge = {"data": bytes(11 << 20), "content_type": "multipart/form-data; boundary=b"}
    answer = ladder.desk("mediator-a1").open("POST", address, headers=dict(PAGE), **huge)
    assert answer.status_code == 413
    page = look(ladder, "mediator-a1", f"/disputes/{dispute}?done=file")
    assert page.count(f"/api/v1/attachments/{id_}/content") == 1
    assert "附件已添加" in page
    party = ladder.read("county", dispute)["parties"][0]["id"]
    slip = f"/disputes/{dispute}/parties/{party}/slip"
    first, second = (told(ladder, "mediator-a1", slip, 200) for _ in range(2))
    codes = [re.findall(r'class="code">([^<]+)', one)[0] for one in (first, second)]
    assert codes[0] != codes[1]
    resident = ladder.county.app.test_client()
    looks = [resident.post("/r", data={"do": "look", "code": code}).text for code in codes]
    assert ["示例A1调解委员会" in one for one in looks] == [False, True], "the old one is dead"
    assert send(ladder, "mediator-a2", slip).status_code == 404
    strange = slip.replace(party, str(uuid4()))
    assert send(ladder, "mediator-a1", strange).status_code == 404


def test_a_sheet_that_holds_not_all_says_so(
    ladder: Ladder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "MOST", 2)
    ladder.register_many("mediator-a1", 3)
    answer = ladder.desk("mediator-a1").open("GET", "/disputes.xlsx", headers=dict(PAGE))
    with ZipFile(BytesIO(answer.data)) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert sheet.count("<row ") == 1 + 2 + 1
    assert "前 2 件，共 3 件" in sheet
