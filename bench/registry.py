"""The rows of the bench, in the order in which they are measured and shown."""

from collections.abc import Mapping

from bench import (
    audit,
    climb,
    figures,
    households,
    logins,
    maps,
    moves,
    pulls,
    tiles,
    visits,
    walls,
)
from bench.row import Bench

BENCHES: Mapping[str, Bench] = {
    "households": households.BENCH,
    "many": households.MANY,
    "visits": visits.BENCH,
    "first": pulls.FIRST,
    "firsts": pulls.FIRSTS,
    "empty": pulls.EMPTY,
    "tiles": tiles.BENCH,
    "map": maps.BENCH,
    "moves": moves.BENCH,
    "climb": climb.BENCH,
    "figures": figures.BENCH,
    "audit": audit.BENCH,
    "logins": logins.BENCH,
    "walls": walls.BENCH,
}
