"""What can go wrong at the desk beside what the ladder refuses."""

from __future__ import annotations

from server.errors import Clash


class SentBefore(Clash):
    """The form was sent before, with something else in it: that was done, this was not."""

    slug = "sent-before"
    text = (
        "这张表单刚才已提交过一次，当时的内容已记下；现在填的不同，请看过案件后再提交。"
        " This form was sent before and that was done; what it says now differs: look at the case,"
        " then send it again."
    )


class MovedMeanwhile(Clash):
    """Somebody did something with the case after this form was drawn."""

    slug = "moved-meanwhile"
    text = (
        "您填写期间，本案有了新的进展，请看过后再提交；所填内容都还在。"
        " Something happened to this case meanwhile: look at it, then send again; nothing is lost."
    )
