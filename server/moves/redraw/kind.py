"""The kind of move that redraws cells of one village."""

from server.moves.form import Kind
from server.moves.redraw.schemas import RedrawIn
from server.moves.redraw.service import survey_redraw

REDRAW = Kind(name="redraw", action="cell.move", schema=RedrawIn, survey=survey_redraw)
