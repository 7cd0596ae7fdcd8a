"""All SQL of figures: what is counted, and what is asked of it."""

from server.figures.queries.asking import (
    Asked,
    Days,
    Sums,
    find_as_of,
    list_days,
    list_own_areas,
    list_places,
    list_sums,
)
from server.figures.queries.counting import count_here, count_upward, lock_counting, take_dirty

__all__ = [
    "Asked",
    "Days",
    "Sums",
    "count_here",
    "count_upward",
    "find_as_of",
    "list_days",
    "list_own_areas",
    "list_places",
    "list_sums",
    "lock_counting",
    "take_dirty",
]
