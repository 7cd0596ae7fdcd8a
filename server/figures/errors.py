"""What can be wrong with a question about figures."""

from __future__ import annotations

from server.errors import Invalid, NotYours


class BadFigure(Invalid):
    """No such figure, a period that is none, or something that cannot be told apart so."""

    slug = "bad-figure"
    text = (
        "统计条件有误：期间为整月（from=2026-01，to=2026-03），起不晚于止。 "
        "Ask for whole months, from=2026-01 and to=2026-03, the first not after the last."
    )


class FigureNotYours(NotYours):
    """The figures of an Area are for its own Offices and those above."""

    slug = "figure-not-yours"
    text = (
        "只能查看本单位所在区划及其下级的统计。 "
        "These figures are for the Offices of this Area and of those above it."
    )
