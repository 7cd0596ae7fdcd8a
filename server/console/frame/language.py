"""The reader's language: Chinese first, English beside it.

What stands in the templates is Chinese; English is the catalogue translations/en of each folder of
pages (gettext). Chosen by `?lang=`, kept in a cookie, else as the browser prefers.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from flask import Flask, Response, request
from flask_babel import Babel, get_locale

LANGUAGES: Final = ("zh", "en")
_COOKIE: Final = "wangge_lang"
CONSOLE: Final = Path(__file__).parents[1]


def speak(app: Flask) -> None:
    """Let pages of this app speak the reader's language, at the county's time."""
    found = sorted(str(one) for one in CONSOLE.rglob("translations"))
    Babel(
        app,
        default_locale="zh",
        default_timezone="Asia/Shanghai",
        default_translation_directories=";".join(found),
        locale_selector=chosen,
    )


def language() -> str:
    """zh or en."""
    return str(get_locale() or "zh")[:2]


def chosen() -> str:
    """What this request asks for."""
    for asked in (request.args.get("lang"), request.cookies.get(_COOKIE)):
        if asked in LANGUAGES:
            return asked
    return request.accept_languages.best_match(LANGUAGES, "zh") or "zh"


def own_language(answer: Response) -> None:
    """Keep what was chosen by `?lang=`."""
    if request.args.get("lang") in LANGUAGES:
        age = int(timedelta(days=365).total_seconds())
        answer.set_cookie(_COOKIE, request.args["lang"], max_age=age, samesite="Lax", httponly=True)


def in_language(zh: str, en: str) -> str:
    """One of two texts that stand beside each other elsewhere (words.py, names of codes)."""
    return en if language() == "en" else zh


def lend(app: Flask, **words: Callable[..., Any]) -> None:
    """Words and functions that every template may use."""
    app.jinja_env.globals.update(words)
