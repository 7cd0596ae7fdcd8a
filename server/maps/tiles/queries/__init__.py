"""All SQL of tiles: one statement a tile, two where a crowd becomes clusters; under row security,
with the asker's scope besides.

No statement asks a geometry where it lies (`&&` is refused an index under row security, and every
row would be unpacked): boundaries are found by their four edges, points by a range of quadkeys.
"""

from server.maps.tiles.queries.areas import draw_areas
from server.maps.tiles.queries.cells import draw_bare_cells, draw_cells, draw_past_cells
from server.maps.tiles.queries.disputes import draw_disputes
from server.maps.tiles.queries.drawing import Drawn, find_mark
from server.maps.tiles.queries.households import draw_households

__all__ = [
    "Drawn",
    "draw_areas",
    "draw_bare_cells",
    "draw_cells",
    "draw_disputes",
    "draw_households",
    "draw_past_cells",
    "find_mark",
]
