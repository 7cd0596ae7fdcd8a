"""What a form changes, in the reader's words: before and after, as a case meets it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from flask_babel import gettext as _

from server.console.county.policy import words
from server.console.frame.language import in_language
from server.ladder.policy import (
    SPANS,
    Policy,
    extension_for,
    follow_up_for,
    granter_for,
    limits_for,
    route_for,
    start_for,
)
from server.ladder.routing import Category, Level


class Difference(NamedTuple):
    """One number of the form: what it is called, and what it was and would be."""

    what: str
    before: str
    after: str


def differences(before: Policy, after: Policy, category: Category | None) -> list[Difference]:
    """What differs for a case of a category, or (None) in what holds for all."""
    told = zip(_told(before, category), _told(after, category), strict=True)
    return [Difference(what, was, will) for (what, was), (_same, will) in told if was != will]


def _told(policy: Policy, category: Category | None) -> Iterator[tuple[str, str]]:
    for level in Level:
        name = in_language(level.zh, level.en)
        limits = limits_for(policy, category, level) if category else policy.levels[level]
        yield _("%(level)s受理", level=name), words.limit_in_full(limits.accept)
        yield _("%(level)s办理", level=name), words.limit_in_full(limits.handle)
        if category is None:
            granter = words.GRANTERS[granter_for(policy, level)]
            yield _("%(level)s延期由谁批准", level=name), str(granter)
    if category is None:
        for span in SPANS:
            yield str(words.SPANS[span][0]), str(getattr(policy, span))
        return
    start, route = start_for(policy, category), route_for(policy, category)
    yield _("从哪级起"), in_language(start.zh, start.en)
    yield _("由谁承办"), str(words.KINDS[route]) if route else _("牵头单位")
    yield str(words.SPANS["extension_max_days"][0]), str(extension_for(policy, category))
    yield str(words.SPANS["follow_up_days"][0]), str(follow_up_for(policy, category))
