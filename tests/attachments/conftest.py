"""Real files, made here: photos with what a phone leaves in them, scans, other things."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import pytest
from PIL import Image, ImageDraw, PngImagePlugin

from tests.lending import Lending
from tests.smallcounty import Desk, SmallCounty, id_of

GPS, ORIENTATION, MAKER, COMMENT = 0x8825, 0x0112, 0x010F, 0x9286
TRACE = b"synthetic-trace"  # wherever a phone could write something; it must be nowhere afterwards


def photo(size: tuple[int, int] = (64, 48), form: str = "JPEG", orientation: int = 1) -> bytes:
    """A photo with its place, its phone and a comment in it."""
    picture = Image.new("RGB", size, "green")
    ImageDraw.Draw(picture).rectangle((0, 0, size[0] // 2, size[1] // 2), "red")
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    exif[MAKER] = TRACE.decode()
    exif[GPS] = {1: "N", 2: (31.0, 54.0, 30.0), 3: "E", 4: (107.0, 14.0, 24.0)}
    out = io.BytesIO()
    how: dict[str, Any] = {"exif": exif.tobytes()}
    if form == "JPEG":
        how |= {"comment": TRACE, "icc_profile": TRACE * 20, "xmp": TRACE}
    if form == "WEBP":
        how |= {"xmp": TRACE}
    if form == "PNG":
        notes = PngImagePlugin.PngInfo()
        notes.add_text("Author", TRACE.decode())
        notes.add_itxt("XML:com.adobe.xmp", TRACE.decode())
        how |= {"pnginfo": notes}
    picture.save(out, form, **how)
    return out.getvalue()


def signature() -> bytes:
    """A name drawn with a finger, see-through around it."""
    picture = Image.new("RGBA", (80, 40), (0, 0, 0, 0))
    ImageDraw.Draw(picture).line((5, 30, 40, 5, 75, 30), (0, 0, 0, 255), 3)
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def scan() -> bytes:
    """A PDF."""
    out = io.BytesIO()
    Image.new("L", (40, 60), "white").save(out, "PDF")
    return out.getvalue()


def sha256(content: bytes) -> str:
    """As a phone writes it."""
    return hashlib.sha256(content).hexdigest()


@dataclass
class Records:
    """The small county with one visit and one dispute in village A1."""

    county: SmallCounty
    visit: str
    dispute: str

    def send(
        self,
        who: Desk,
        content: bytes,
        *,
        id: UUID | None = None,
        owner: tuple[str, str] | None = None,
        purpose: str = "photo",
        **more: str,
    ) -> Any:
        """Hand a file in; the whole answer."""
        entity, owner_id = owner or ("dispute", self.dispute)
        asked = {"owner_entity": entity, "owner_id": owner_id, "purpose": purpose, **more}
        path = f"/attachments/{id or uuid4()}"
        return who.call("PUT", path, query_string=asked, data=content)

    def kept(self, who: Desk, content: bytes, **more: Any) -> dict[str, Any]:
        """Hand a file in that is new; what is known of it then."""
        answer = self.send(who, content, **more)
        assert answer.status_code == 201, answer.text
        return dict(answer.json)

    def content(self, who: Desk, attachment: dict[str, Any]) -> bytes:
        """The file as it is read back."""
        answer = who.call("GET", f"/attachments/{attachment['id']}/content")
        assert answer.status_code == 200, answer.text
        return bytes(answer.data)


@pytest.fixture
def lending(governed_lending: Lending) -> Lending:
    """Cases need a policy and a calendar: these tests begin with both."""
    return governed_lending


@pytest.fixture
def records(county: SmallCounty) -> Records:
    visit = county.sign_in("worker-a1w").post(
        "/visits",
        {"id": str(uuid4()), "household_id": str(id_of("A1w-1")), "outcome": "met"},
    )
    case = {"id": str(uuid4()), "category": "neighbours", "story": "示例：院墙"}
    case["village_id"] = str(id_of("A1"))
    dispute = county.sign_in("mediator-a1").post("/disputes", case)
    return Records(county, str(visit["id"]), str(dispute["id"]))
