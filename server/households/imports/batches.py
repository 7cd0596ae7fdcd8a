"""A batch of a list, ready to be copied: ids, true positions, sealed fields, placings."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from geo.datum import Datum, to_wgs84
from server.households.imports.placing import Cells, Known
from server.households.imports.rules import Entry
from server.households.rules import Placement, bare_name, near_address
from server.ids import new_ids
from server.sealed import keyring

COLUMNS: Final = (
    "id", "external_id", "group_no", "head_name", "head_index", "telephone", "telephone_index",
    "address", "near_address", "kind", "people", "lon", "lat", "datum", "geom",
    "village_id", "cell_id", "placed_by", "unplaced",
)  # fmt: skip
NULL: Final = "\\N"


@dataclass(slots=True)
class Batch:
    """Households on their way in. `heads`: their lines for COPY up to the village."""

    external_ids: list[str]
    twin_keys: list[str | None]  # equal for rows that may be one household; None: no telling
    heads: list[str]
    known: Known
    cells: Cells
    placements: list[Placement]

    def place(self, cells: Cells, present: Mapping[UUID, UUID]) -> None:
        """Place all anew: places have changed since. `present`: village → what it is now."""
        villages = [present.get(village, village) for village in self.known.villages]
        self.known = self.known._replace(villages=villages)
        self.cells, self.placements = cells, cells.place(self.known)

    def lines(self, already: Collection[str]) -> Iterator[tuple[str, Placement]]:
        """(line for COPY of COLUMNS, placing) of those that are not there already."""
        for external_id, head, village_id, placed in zip(
            self.external_ids, self.heads, self.known.villages, self.placements, strict=True
        ):
            if external_id not in already:
                yield head + _tail(village_id, placed), placed


def prepare(entries: Sequence[Entry], datum: Datum, at: datetime, turn: int, cells: Cells) -> Batch:
    """The households of these rows, the `turn`-th of their list."""
    lons, lats, known = _locate(entries, datum)
    names = [bare_name(entry.head_name) for entry in entries]
    nears = [near_address(entry.address) for entry in entries]
    made = new_ids(at, turn, len(entries))
    columns = (
        (one.hex for one in made),
        (_text(entry.external_id) for entry in entries),
        (_plain(entry.group_no) for entry in entries),
        _sealed("household.head_name", made, [entry.head_name for entry in entries]),
        _blind("household.head", names),
        _sealed("household.telephone", made, [entry.telephone for entry in entries]),
        _blind("household.telephone", [entry.telephone for entry in entries]),
        (_text(entry.address) for entry in entries),
        (NULL if near is None else _text(near) for near in nears),
        (entry.kind for entry in entries),
        (_plain(entry.people) for entry in entries),
        (_plain(entry.lon) for entry in entries),
        (_plain(entry.lat) for entry in entries),
        (NULL if entry.lon is None else entry.datum or datum for entry in entries),
        _points(lons, lats),
    )
    return Batch(
        external_ids=[entry.external_id for entry in entries],
        twin_keys=[
            f"{entry.village_id.hex}{name}|{near}" if near else None
            for entry, name, near in zip(entries, names, nears, strict=True)
        ],
        heads=["\t".join(fields) for fields in zip(*columns, strict=True)],
        known=known,
        cells=cells,
        placements=cells.place(known),
    )


def _locate(
    entries: Sequence[Entry], datum: Datum
) -> tuple[NDArray[np.float64], NDArray[np.float64], Known]:
    """True positions for all at once; NaN where there is none on this earth."""
    lons = np.array([math.nan if entry.lon is None else entry.lon for entry in entries])
    lats = np.array([math.nan if entry.lat is None else entry.lat for entry in entries])
    read_in = np.array([entry.datum or datum for entry in entries])
    for one in set(read_in.tolist()):
        rows = read_in == one
        lons[rows], lats[rows] = to_wgs84(lons[rows], lats[rows], Datum(one))
    nowhere = ~((np.abs(lons) <= 180) & (np.abs(lats) <= 90))
    lons[nowhere] = lats[nowhere] = np.nan
    known = Known(
        villages=[entry.village_id for entry in entries],
        groups=[entry.group_no for entry in entries],
        has_point=[entry.lon is not None for entry in entries],
        lons=lons,
        lats=lats,
    )
    return lons, lats, known


def _points(lons: NDArray[np.float64], lats: NDArray[np.float64]) -> Iterator[str]:
    """Points as PostGIS reads them fastest: hex EWKB, little-endian, EPSG:4326."""
    raw = np.column_stack([lons, lats]).astype("<f8").tobytes().hex()
    known = np.isfinite(lons).tolist()
    return (
        _POINT_4326 + raw[32 * n : 32 * n + 32] if there else NULL for n, there in enumerate(known)
    )


def _sealed(column: str, ids: Sequence[UUID], plains: Sequence[str | None]) -> Iterator[str]:
    rows = [id_.bytes for id_, plain in zip(ids, plains, strict=True) if plain]
    sealed = iter(keyring().seal_all(column, rows, [plain for plain in plains if plain]))
    return (_hex(next(sealed)) if plain else NULL for plain in plains)


def _blind(column: str, plains: Sequence[str | None]) -> Iterator[str]:
    blind = keyring().blind
    return (_hex(blind(column, plain)) if plain else NULL for plain in plains)


def _tail(village_id: UUID, placed: Placement) -> str:
    if placed.cell_id is None:
        return f"\t{village_id.hex}\t{NULL}\t{NULL}\t{placed.unplaced}\n"
    return f"\t{village_id.hex}\t{placed.cell_id.hex}\t{placed.placed_by}\t{NULL}\n"


def _plain(value: float | None) -> str:
    return NULL if value is None else repr(value)


def _text(value: str) -> str:
    return value.translate(_ESCAPES) if _SPECIAL.intersection(value) else value


def _hex(value: bytes) -> str:
    return f"\\\\x{value.hex()}"


_POINT_4326 = "0101000020e6100000"
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
_SPECIAL = frozenset("\\\t\n\r")
