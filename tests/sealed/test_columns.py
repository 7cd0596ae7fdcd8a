"""Every column that can hold words is sealed, or stands in docs/keys.md with the reason why not."""

from __future__ import annotations

import re
from pathlib import Path

from sqlalchemy import ARRAY, Column, LargeBinary, Text, create_engine, text
from sqlalchemy.dialects.postgresql import JSONB

import server.tables  # noqa: F401 (registers every table)
from server.db import Base
from server.sealed import Sealed
from server.sealed.rotation import sealed_tables

DOCS = Path(__file__).parent.parent.parent / "docs" / "keys.md"


def columns() -> dict[str, Column[object]]:
    """Name ("household.address") → column, of those that can hold words."""
    return {
        f"{table.name}.{column.name}": column
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if isinstance(
            getattr(column.type, "item_type", column.type), Text | LargeBinary | JSONB | Sealed
        )
    }


def listed(heading: str) -> list[str]:
    """The columns that a section of docs/keys.md names in the first cell of its table's rows."""
    section = DOCS.read_text(encoding="utf-8").split(f"\n## {heading}\n")[1].split("\n## ")[0]
    cells = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    return [name for cell in cells for name in re.findall(r"`(\w+\.\w+)`", cell)]


def test_every_column_is_sealed_or_has_a_reason_not_to_be() -> None:
    """Red for a new column: seal it, or write in docs/keys.md why it may be read."""
    sealed = {name for name, column in columns().items() if isinstance(column.type, Sealed)}
    assert sorted(listed("What is sealed")) == sorted(sealed)
    assert sorted(listed("What is not sealed, and why")) == sorted(columns().keys() - sealed)


def test_arrays_of_sealed_texts_do_not_stand_in_tables() -> None:
    """A rotation finds values by column."""
    assert not [
        name
        for name, column in columns().items()
        if isinstance(column.type, ARRAY) and isinstance(column.type.item_type, Sealed)
    ]


def test_a_sealed_column_says_its_own_name_and_the_key_of_its_row() -> None:
    for name, column in columns().items():
        if isinstance(column.type, Sealed):
            assert column.type.column == name
            assert column.type.row == tuple(c.name for c in column.table.primary_key), name


def test_whoever_seals_anew_sees_and_writes_sealed_columns_alone(database: str) -> None:
    """Red for a new sealed column: add it to migrations/sql/sealed_policies.sql."""
    keys = {(t.name, c.name) for t in sealed_tables(Base.metadata) for c in t.primary_key}
    sealed = {
        (t.name, c.name)
        for t in sealed_tables(Base.metadata)
        for c in t.columns
        if isinstance(c.type, Sealed)
    }
    engine = create_engine(database)
    with engine.connect() as connection:
        grants = connection.execute(
            text(
                "SELECT privilege_type, table_name, column_name FROM"
                " information_schema.column_privileges WHERE grantee = 'wangge_sealer'"
            )
        ).all()
        members = connection.execute(
            text(
                "SELECT m.rolname FROM pg_auth_members a JOIN pg_roles r ON r.oid = a.roleid"
                " JOIN pg_roles m ON m.oid = a.member WHERE r.rolname = 'wangge_sealer'"
            )
        ).scalars()
        assert list(members) == ["wangge_worker"]
    engine.dispose()
    assert {tuple(g[1:]) for g in grants if g[0] == "UPDATE"} == sealed
    assert {tuple(g[1:]) for g in grants if g[0] == "SELECT"} == sealed | keys
    assert {g[0] for g in grants} == {"SELECT", "UPDATE"}
