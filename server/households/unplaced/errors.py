"""What can go wrong when unplaced households are placed. Nothing was placed then."""

from __future__ import annotations

from server.errors import Clash, Invalid


class BadPlacing(Invalid):
    """Households that cannot be placed as asked; `errors` names each, with the reason."""

    slug = "bad-placing"
    text = "有住户无法这样落格，一户也未改动。 Some cannot be placed so; nothing was changed."


class PlacedMeanwhile(Clash):
    """A household has a cell already, another one than was asked for."""

    slug = "placed-meanwhile"
    text = "有住户已落格到别的网格，请刷新名单。 Some have another cell by now; reload the list."
