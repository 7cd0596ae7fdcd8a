"""What can go wrong at the desk beside what the ladder refuses."""

from __future__ import annotations

from server.errors import Clash


class MovedMeanwhile(Clash):
    """Somebody did something with the case after this form was drawn."""

    slug = "moved-meanwhile"
    text = (
        "您填写期间，本案有了新的进展，请看过后再提交；所填内容都还在。"
        " Something happened to this case meanwhile: look at it, then send again; nothing is lost."
    )
