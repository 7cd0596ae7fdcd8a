"""All SQL of figures: what is counted, and what is asked of it."""

from server.figures.queries.asking import (
    Asked,
    Days,
    Sums,
    find_as_of,
    list_below,
    list_days,
    list_own_areas,
    list_places,
    list_sums,
)
from server.figures.queries.counting import (
    count_below,
    count_here,
    lock_counting,
    pass_up,
    take_dirty,
)
from server.figures.queries.standing import list_open

__all__ = [
    "Asked",
    "Days",
    "Sums",
    "count_below",
    "count_here",
    "find_as_of",
    "list_below",
    "list_days",
    "list_open",
    "list_own_areas",
    "list_places",
    "list_sums",
    "lock_counting",
    "pass_up",
    "take_dirty",
]
