"""What the picture shows: only numbers that the tables hold, in the reader's words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask_babel import gettext as _

from server.console.county.flow.telling import Answers, Rung


def picture(told: Answers) -> dict[str, Any]:
    """Nodes and links of the flow, lowest level first; empty where there is nothing."""
    names = {
        "settled": (_("化解"), "settled"),
        "otherwise": (_("其他了结"), "other"),
        **{one.key: (one.name, "level") for one in told.rungs},
    }
    for one in told.rungs[:-1]:
        names[f"{one.key}-climbed"] = (_("到期自动上报"), "clock")
        names[f"{one.key}-escalated"] = (_("人工上报"), "person")
    settled = {one.key: one.settled.share for one in told.rungs}
    through = {one.key: one.decided.n for one in told.rungs}  # also what is left out of the links
    links = list(_links(told.rungs))
    used = {end for link in links for end in link[:2]}
    nodes = [
        {"id": key, "name": name, "kind": kind, "n": through.get(key), "settled": settled.get(key)}
        for key, (name, kind) in names.items()
        if key in used
    ]
    return {"nodes": nodes, "links": [{"from": a, "to": b, "n": n} for a, b, n in links]}


def _links(rungs: list[Rung]) -> Iterator[tuple[str, str, int]]:
    """(from, to, how many); what is nothing has no link."""
    for one, above in zip(rungs, [*rungs[1:], None], strict=True):
        for key, n in (("settled", one.settled.n), ("otherwise", one.otherwise.n)):
            if n:
                yield one.key, key, n
        if above is None:
            continue
        for way, n in (("climbed", one.climbed.n), ("escalated", one.escalated.n)):
            if n:
                yield one.key, f"{one.key}-{way}", n
                yield f"{one.key}-{way}", above.key, n
