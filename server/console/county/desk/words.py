"""Words of the desk, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _

from server.console.frame.language import in_language
from server.disputes.rules.next import Next
from server.disputes.rules.words import (
    AGREEMENT_FORMS,
    CHANNELS,
    DISPOSITIONS,
    OUTCOMES,
    PARTY_KINDS,
    PARTY_SIDES,
    RATINGS,
    REFERRED_TO,
    SIZES,
    SUPERVISION_KINDS,
)
from server.errors import WanggeError
from server.ladder.kinds import Actor, Event, State
from server.ladder.routing import Category, Level

WORDS: Mapping[str, Any] = {
    "state": State,
    "event": Event,
    "actor": Actor,
    "level": Level,
    "category": Category,
    "next": Next,
    "channel": CHANNELS,
    "size": SIZES,
    "side": PARTY_SIDES,
    "party_kind": PARTY_KINDS,
    "referred_to": REFERRED_TO,
    "outcome": OUTCOMES,
    "disposition": DISPOSITIONS,
    "form": AGREEMENT_FORMS,
    "kind": SUPERVISION_KINDS,
    "rating": RATINGS,
}


def word(of: str, slug: str | None) -> str:
    """What people call it; a slug that is not known stays as it is."""
    if slug is None:
        return ""
    words: Any = WORDS[of]
    known = words if isinstance(words, Mapping) else {one.value: one.zh for one in words}
    plain = slug.replace("_", " ").capitalize()
    return in_language(str(known.get(slug, plain)), plain)


def choices(of: str) -> list[tuple[str, str]]:
    """(slug, what people call it) of all of them, in their order."""
    return [(str(slug), word(of, str(slug))) for slug in WORDS[of]]


def short_number(id_: Any) -> str:
    """The end of a case's number, by which people name it and the list finds it."""
    return str(id_)[-8:].upper()


def beside(trouble: WanggeError | None) -> dict[str, str]:
    """What to say beside each field that is wrong, where a rule or a schema said which; what the
    ladder refuses is told whole, of no single field.
    """
    found = (trouble.errors if trouble else None) or {}
    return {
        name: _in_words(said) if said.isascii() else said
        for name, said in found.items()
        if name != "event"
    }


def summed_up(trouble: WanggeError | None) -> WanggeError | None:
    """The same for the top of the form: each with the name of its field."""
    if trouble:
        labels, said = _labels(), beside(trouble)
        trouble.errors = {
            name: f"{labels[name]}{_('：')}{text}" if name in labels else text
            for name, text in said.items()
        }
    return trouble


def _in_words(slug: str) -> str:
    said: dict[str, str] = {
        "missing": _("请填写这一项。"),
        "unknown": _("找不到所选的内容，请重新选择。"),
        "unknown_party": _("所选的当事人不在本案中。"),
        "not_with_this_event": _("这一项与本次办理无关，请去掉。"),
        "not_open": _("所说的同一事项已不在办理中。"),
        "bad_occurred_at": _("时间不能晚于现在。"),
        "bad_until": _("日期不能早于今天。"),
        "bad_by_date": _("日期不能早于今天。"),
    }
    return said.get(slug) or str(_("这一项有误，请核对后再填。"))


def _labels() -> dict[str, str]:
    return {
        "why": _("理由"),
        "agreement": _("双方同意的内容"),
        "terms": _("协议条款"),
        "outcomes": _("各项诉求的结果"),
        "place": _("在哪里"),
        "present": _("到场人数"),
        "referred_to": _("引导到哪里"),
        "to_office": _("哪个单位"),
        "until": _("解除日期"),
        "party_id": _("哪一位当事人"),
        "person": _("谁回避"),
        "occurred_at": _("什么时候"),
        "done_by": _("谁办的"),
        "category": _("什么纠纷"),
        "village_id": _("在哪个村"),
        "story": _("怎么回事"),
        "parties": _("当事人"),
        "claims": _("诉求"),
        "people_concerned": _("涉及人数"),
        "start_level_why": _("为什么从更高层级办起"),
    }
