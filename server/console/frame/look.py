"""What every template may use: addresses of assets, times and levels in the reader's words."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Final
from urllib.parse import quote
from zoneinfo import ZoneInfo

from flask import Flask, request
from flask_babel import lazy_gettext as _

from server.access.door import clock
from server.console.frame.assets import asset
from server.console.frame.language import in_language
from server.console.frame.pages import readable_path
from server.errors import halves
from server.ids import new_id
from server.ladder.routing import Level

COUNTY_TIME: Final = ZoneInfo("Asia/Shanghai")
LEVELS: Final = {
    Level.VILLAGE.value: _("村"),
    Level.TOWNSHIP.value: _("乡"),
    Level.COUNTY.value: _("县"),
}


def lend(app: Flask) -> None:
    """Let every template of this app use these."""
    app.jinja_env.globals.update(
        asset=asset,
        both=in_language,
        here=_here,
        in_other=_in_other,
        new_id=lambda: new_id(clock()),
        now=clock,
        sentence=sentence,
        level_names=LEVELS,
    )
    app.jinja_env.filters.update(day=day, minute=minute, number=number, share=share)
    app.jinja_env.policies["ext.i18n.trimmed"] = True


def day(at: datetime | date | None) -> str:
    """2026年3月5日 · 5 Mar 2026, at the county's time."""
    if at is None:
        return ""
    local = at.astimezone(COUNTY_TIME).date() if isinstance(at, datetime) else at
    return in_language(f"{local.year}年{local.month}月{local.day}日", f"{local:%-d %b %Y}")


def minute(at: datetime | None) -> str:
    """The same with the hour and the minute."""
    if at is None:
        return ""
    local = at.astimezone(COUNTY_TIME)
    return f"{day(at)} {local:%H:%M}"


def number(count: int | None) -> str:
    """12,345; a dash where it is withheld."""
    return "–" if count is None else f"{count:,}"


def share(part: int | None, whole: int | None) -> str:
    """A ratio never without what it is of: 45%（18/40）. A dash where one is withheld."""
    if part is None or not whole:
        return "–"
    per_cent, of = f"{round(100 * part / whole)}%", f"{part:,}/{whole:,}"
    return in_language(f"{per_cent}（{of}）", f"{per_cent} ({of})")


def sentence(text: str) -> str:
    """The reader's half of a text that stands as 中文。 English (errors, names of codes)."""
    zh, en = halves(text)
    return in_language(zh or en, en or zh)


def _here(**changes: Any) -> str:
    """The address of this page with some of its questions changed; None takes one away."""
    asked = {name: value for name, value in request.args.items() if name != "lang"}
    asked.update({name: str(value) for name, value in changes.items() if value is not None})
    for name in [name for name, value in changes.items() if value is None]:
        asked.pop(name, None)
    query = "&".join(f"{quote(name)}={quote(value, safe='')}" for name, value in asked.items())
    return f"{request.path}?{query}" if query else request.path


def _in_other() -> tuple[str, str]:
    """This page in the other language: its address and the language's own name."""
    code, name = in_language("en", "zh"), in_language("English", "中文")
    joined = _here() if request.method == "GET" else readable_path()
    return f"{joined}{'&' if '?' in joined else '?'}lang={code}", name
