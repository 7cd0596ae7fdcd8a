"""What can go wrong before a resident."""

from __future__ import annotations

from server.errors import Clash, NotFound, TooOften


class CodeUnknown(NotFound):
    """No code, one that was replaced, one whose case was over long ago: all look the same."""

    slug = "code-unknown"
    text = (
        "没有查到。请核对查询码；如已换发新码，请用新码。仍不行请带证件到登记的单位换发。"
        " Nothing found. Compare the code; if it was replaced, use the new one. If it still fails,"
        " have it replaced in person where the case was noted."
    )


class KnockedTooOften(TooOften):
    """So many looks by code have come from this network, or in all, that the next one waits."""

    slug = "knocked-too-often"
    text = "查询过于频繁，请稍后再试。 Too many looks from this network; try again a little later."


class NotForYou(Clash):
    """A party's own decision, and not this party's."""

    slug = "not-for-this-party"
    text = (
        "撤回由申请方决定（申请人不止一人的，请到承办单位办理），是否调解由双方决定；"
        "您可以评价、申请回避或要求上一级办理。"
        " To withdraw is for the applicant (of several, in person at the Office), to refuse"
        " mediation for the two sides; you may rate, ask for recusal or for the next level."
    )


class LetterNumberUsed(Clash):
    """A letter with the number of another one: neither that one again, nor told from it."""

    slug = "letter-number-used"
    text = (
        "该编号已用于另一事项，本次未办理，请重新提交。"
        " This number was another letter's; nothing was done. Send it again with one of its own."
    )


class CodeNotPresent(Clash):
    """A slip is printed with the present code of its party, and that was another."""

    slug = "code-not-present"
    text = (
        "该查询码不是这位当事人现用的，请重新生成。"
        " This is not the party's present code; make a new one."
    )
