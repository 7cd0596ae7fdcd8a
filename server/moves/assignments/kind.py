"""The kind of move that changes who serves which cells, from when to when."""

from server.moves.assignments.schemas import AssignmentsIn
from server.moves.assignments.service import survey_assignments
from server.moves.form import Kind

ASSIGNMENT = Kind(
    name="assignment",
    action="assignment.move",
    schema=AssignmentsIn,
    survey=survey_assignments,
)
