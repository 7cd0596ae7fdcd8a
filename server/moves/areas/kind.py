"""The kind of move that renames, merges, splits and transfers areas."""

from server.moves.areas.schemas import AreasIn
from server.moves.areas.service import survey_areas
from server.moves.form import Kind

AREAS = Kind(name="areas", action="area.move", schema=AreasIn, survey=survey_areas)
