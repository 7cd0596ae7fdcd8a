"""What somebody who draws is given: the village as it is, and a drawing mended as suggested."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from server.moves.draft.service import look_at
from server.moves.drawing.rules import mended
from server.moves.redraw.rules import VillageNow
from server.moves.redraw.service import village_then


def village_of(session: Session, code: str) -> VillageNow:
    """The village as it is. Raises AreaNotFound; BadPlan where the code is no village's."""
    return look_at(session, code)


def mend(session: Session, drawing: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The drawing (CheckIn) with every suggested repair carried out. Changes nothing.

    Raises AreaNotFound, BadPlan.
    """
    return mended(*village_then(session, drawing))
