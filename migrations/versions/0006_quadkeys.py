"""What maps need under row security: quadkeys of households; extents and middles of boundaries.

`&&` is not leakproof, so that a GiST index is refused wherever a row has a policy. Integers and
floats may be compared: a household carries the Morton number of its square of 38 m (as geo.tiles
has it), a boundary its four edges and a point inside. All are generated, so that no way of writing
goes round them.

Adding a stored column writes the table anew, with all its indexes, under an exclusive lock. An
estimate, from two cores that other work kept busy: 200,000 households 4 to 7 s and the new index
0.3 to 0.4 s; 2,301 boundaries 0.1 s for each of the five columns. An insert pays 5 to 7 µs a
household for the column, of 70 to 270 in all.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# plpgsql, not an expression in the column: there the five steps of masks would each double their
# argument. Names are qualified, since a restore runs with an empty search_path. Points within a
# few bits of a square's edge may count to either side; geo.tiles sets them right, a map need not.
QUADKEY_OF = """
    CREATE FUNCTION public.quadkey_of(place public.geometry) RETURNS bigint
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
    DECLARE
        world CONSTANT float8 := 1048576;          -- 2^20 squares from west to east
        edge  CONSTANT float8 := 85.0511287798066; -- degrees: where the square world ends
        lat float8 := least(greatest(public.ST_Y(place), -edge), edge);
        x bigint := least(greatest(floor((public.ST_X(place) + 180) / 360 * world), 0), world - 1);
        y bigint := least(greatest(floor((0.5 - asinh(tan(radians(lat))) / (2 * pi())) * world), 0),
                          world - 1);
    BEGIN
        IF public.ST_X(place) IS NULL THEN
            RETURN NULL;  -- an empty point lies nowhere
        END IF;
        x := (x | (x << 16)) & 281470681808895;       y := (y | (y << 16)) & 281470681808895;
        x := (x | (x << 8))  & 71777214294589695;     y := (y | (y << 8))  & 71777214294589695;
        x := (x | (x << 4))  & 1085102592571150095;   y := (y | (y << 4))  & 1085102592571150095;
        x := (x | (x << 2))  & 3689348814741910323;   y := (y | (y << 2))  & 3689348814741910323;
        x := (x | (x << 1))  & 6148914691236517205;   y := (y | (y << 1))  & 6148914691236517205;
        RETURN x | (y << 1);
    END
    $$
"""

# The centroid, where the boundary has it; a bent or ring-shaped one gets a point inside.
MIDDLE = """
    CASE WHEN st_covers(geom, st_centroid(geom)) THEN st_centroid(geom)
         ELSE st_pointonsurface(geom) END
"""
EDGES = {"west": "st_xmin", "south": "st_ymin", "east": "st_xmax", "north": "st_ymax"}


def upgrade() -> None:
    op.execute(QUADKEY_OF)
    op.add_column(
        "household", sa.Column("quadkey", sa.BigInteger(), sa.Computed("quadkey_of(geom)"))
    )
    op.create_index("household_quadkey_ix", "household", ["quadkey"])
    # Which visits were amended: coverage asks it of every visit of a period.
    op.create_index(
        "visit_supersedes_id_ix",
        "visit",
        ["supersedes_id"],
        postgresql_where=sa.text("supersedes_id IS NOT NULL"),
    )
    for edge, of in EDGES.items():
        # The cast is what the function takes; PostgreSQL would write it in by itself.
        extent = sa.Computed(f"{of}(geom::box3d)")
        op.add_column("boundary", sa.Column(edge, sa.Float(), extent))
    op.add_column(
        "boundary",
        sa.Column("middle", Geometry("POINT", srid=4326, spatial_index=False), sa.Computed(MIDDLE)),
    )


def downgrade() -> None:
    for column in (*EDGES, "middle"):
        op.drop_column("boundary", column)
    op.drop_index("visit_supersedes_id_ix", "visit")
    op.drop_index("household_quadkey_ix", "household")
    op.drop_column("household", "quadkey")
    op.execute("DROP FUNCTION public.quadkey_of(public.geometry)")
