"""A slip on paper: A6, in the viewer's own Chinese face (STSong-Light): no font is shipped."""

from __future__ import annotations

import io
from datetime import date
from typing import Any, Final
from xml.sax.saxutils import escape

import segno
from reportlab.lib.colors import HexColor, black
from reportlab.lib.pagesizes import A6
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.pdfmetrics import registerFont
from reportlab.platypus import Flowable, KeepInFrame, Paragraph, SimpleDocTemplate, Spacer

from server.codes import LENGTH
from server.resident.slips.service import Slip
from server.resident.words import HOW_TO

_FACE: Final = "STSong-Light"
_MARGIN: Final = 8 * mm
_QUIET: Final = HexColor("#616e7c")


def _style(size: float, face: str = _FACE, **more: Any) -> ParagraphStyle:
    return ParagraphStyle(
        f"{face} {size}", fontName=face, fontSize=size, leading=size * 1.35, **more
    )


_HEAD, _ZH = _style(14), _style(9.5, wordWrap="CJK")
_EN, _BIG = _style(7.5, "Helvetica", textColor=_QUIET), _style(17, "Courier-Bold")


def as_pdf(slip: Slip, day: date) -> bytes:
    """The slip as a PDF: no name, no story, nothing of the case but who is answerable for it."""
    registerFont(UnicodeCIDFont(_FACE))
    kept = io.BytesIO()
    paper = SimpleDocTemplate(
        kept,
        pagesize=A6,
        title="案件查询单",
        invariant=1,
        leftMargin=_MARGIN,
        rightMargin=_MARGIN,
        topMargin=_MARGIN,
        bottomMargin=_MARGIN,
    )
    # One sheet, however long the name of the Office: all of it is shrunk rather than cut in two.
    room = (A6[0] - 2 * _MARGIN - 4 * mm, A6[1] - 2 * _MARGIN - 4 * mm)
    paper.build([KeepInFrame(*room, [*_head(slip), *_code(slip), *_how(slip, day)], mode="shrink")])
    return kept.getvalue()


def as_png(slip: Slip) -> bytes:
    """The QR alone."""
    return _qr(slip, "png", scale=8)


def as_svg(slip: Slip) -> str:
    """The QR alone, to be put in a page as it is."""
    return _qr(slip, "svg", scale=4, xmldecl=False).decode()


def _head(slip: Slip) -> list[Flowable]:
    issuer = slip.issuer
    telephone = f"　电话 {issuer.telephone}" if issuer.telephone else ""
    return [
        Paragraph("案件查询单", _HEAD),
        Paragraph("Slip to follow your case", _EN),
        Paragraph(escape(f"{issuer.county or ''}　{issuer.office}{telephone}".strip()), _ZH),
        Spacer(0, 1 * mm),
    ]


def _code(slip: Slip) -> list[Flowable]:
    if slip.code is None:
        return [Paragraph("查询码 Code", _ZH), _Boxes(), Spacer(0, 3 * mm)]
    return [
        _Qr(slip.link or slip.code),
        Paragraph("查询码 Code", _ZH),
        Paragraph(escape(slip.code), _BIG),
        Spacer(0, 2 * mm),
    ]


def _how(slip: Slip, day: date) -> list[Flowable]:
    said: list[Flowable] = []
    for one in HOW_TO:
        said += [Paragraph(one.zh, _ZH), Paragraph(one.en, _EN)]
    if slip.page:
        said.append(Paragraph(escape(slip.page), _style(9.5, "Helvetica")))
    return [*said, Spacer(0, 2 * mm), Paragraph(f"{day.isoformat()}", _EN)]


class _Qr(Flowable):
    """A QR code, drawn square by square."""

    def __init__(self, text: str, side: float = 46 * mm) -> None:
        super().__init__()
        self._rows = [list(row) for row in segno.make(text, error="m", micro=False).matrix]
        self.width = self.height = side  # with four squares of quiet above and below

    def draw(self) -> None:
        square = self.height / (len(self._rows) + 8)
        self.canv.setFillColor(black)
        for down, row in enumerate(self._rows, start=5):
            for right, dark in enumerate(row):
                if dark:
                    at = (right * square, self.height - down * square)
                    self.canv.rect(*at, square, square, stroke=0, fill=1)


class _Boxes(Flowable):
    """Boxes to write a code in by hand."""

    def __init__(self) -> None:
        super().__init__()
        self.height = 9 * mm

    def draw(self) -> None:
        side, gap = 4.8 * mm, 2 * mm
        for n in range(LENGTH):
            self.canv.rect(n * side + n // 4 * gap, 0, side, 7 * mm)


def _qr(slip: Slip, kind: str, **more: Any) -> bytes:
    kept = io.BytesIO()
    code = segno.make(slip.link or "", error="m", micro=False)
    code.save(kept, kind=kind, border=4, **more)
    return kept.getvalue()
