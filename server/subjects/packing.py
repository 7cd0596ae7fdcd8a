"""What is kept about one person as a file that the person can read: pages, lists, and files."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from datetime import datetime
from html import escape
from typing import IO
from zipfile import ZIP_DEFLATED, ZipFile

from server.attachments.errors import AttachmentLost
from server.attachments.store import Files
from server.ladder.calendar import LOCAL
from server.sheets import defuse
from server.subjects.service import Kept, Rows
from server.subjects.words import FIELDS, HEAD, TITLES, WITHHELD

_STYLE = "body{font-family:sans-serif;margin:2em;font-size:18px}table{border-collapse:collapse;"
_STYLE += "margin-bottom:2em}td,th{border:1px solid #888;padding:.3em .6em;text-align:left}"


def pack(kept: Kept, files: Files, into: IO[bytes], at: datetime) -> None:
    """Write a zip: `index.html` to read, `data.json`, one CSV for each kind, and the files.

    A file that is not on the disk is named as lost. Spreadsheets compute none of the cells.
    """
    with ZipFile(into, "w", ZIP_DEFLATED) as zipped:
        lost = [name for name, digest in kept.files if not _add(zipped, files, name, digest)]
        zipped.writestr("index.html", _page(kept, lost, at))
        told = {"made_at": at.astimezone(LOCAL).isoformat(), **kept.sections, "lost": lost}
        zipped.writestr("data.json", json.dumps(told, ensure_ascii=False, indent=1))
        for name, rows in kept.sections.items():
            zipped.writestr(f"{name}.csv", _list(rows))


def _add(zipped: ZipFile, files: Files, name: str, digest: bytes) -> bool:
    try:
        with files.open(digest) as file:
            zipped.writestr(name, file.read())
    except AttachmentLost:
        return False
    return True


def _columns(rows: Rows) -> list[str]:
    return list(dict.fromkeys(name for row in rows for name in row))


def _list(rows: Rows) -> bytes:
    out = io.StringIO()
    written = csv.writer(out)
    columns = _columns(rows)
    written.writerow([FIELDS.get(name, name) for name in columns])
    written.writerows([defuse(row.get(name, "")) for name in columns] for row in rows)
    return out.getvalue().encode("utf-8-sig")


def _page(kept: Kept, lost: Sequence[str], at: datetime) -> str:
    day = at.astimezone(LOCAL).strftime("%Y-%m-%d %H:%M")
    notes = "".join(f"<li>{escape(one)}</li>" for one in WITHHELD)
    gone = "".join(f"<li>{escape(one)}</li>" for one in lost)
    tables = "".join(_table(TITLES[name], rows) for name, rows in kept.sections.items())
    return (
        '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8">'
        f"<title>{escape(HEAD)}</title><style>{_STYLE}</style></head><body>"
        f"<h1>{escape(HEAD)}</h1><p>{day}</p><ul>{notes}</ul>{tables}"
        + (f"<h2>文件不在服务器上 Files that are lost</h2><ul>{gone}</ul>" if gone else "")
        + "</body></html>"
    )


def _table(title: str, rows: Rows) -> str:
    columns = _columns(rows)
    head = "".join(f"<th>{escape(FIELDS.get(name, name))}</th>" for name in columns)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(row.get(name, ''))}</td>" for name in columns) + "</tr>"
        for row in rows
    )
    return f"<h2>{escape(title)}</h2><table><tr>{head}</tr>{body}</table>"
