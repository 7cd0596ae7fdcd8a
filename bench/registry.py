"""The rows of the bench, in the order in which they are measured and shown."""

from collections.abc import Mapping

from bench import households, visits
from bench.row import Bench

BENCHES: Mapping[str, Bench] = {
    "households": households.BENCH,
    "visits": visits.BENCH,
}
