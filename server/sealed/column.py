"""Sealed: the column type of personal fields. A value is sealed for its row, and opens there alone.

Reading, any SELECT of such a column carries the key of its row in front of the value, so that
queries need not know of it. Writing, the mapper binds what it inserts or updates; a statement that
goes past the mapper says `bound(Model, rows)`. What nobody bound is refused, never written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, LargeBinary, event, func, type_coerce
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapper
from sqlalchemy.types import TypeDecorator

from server.sealed.errors import SealBroken
from server.sealed.ring import keyring, row_key


class Sealed(TypeDecorator[str]):
    """A text column whose plain value never reaches the database.

    `row`: the columns of its table's primary key, UUIDs all of them.
    """

    impl = LargeBinary
    cache_ok = True

    def __init__(self, column: str, row: tuple[str, ...] = ("id",)) -> None:
        super().__init__()
        self.column, self.row = column, row

    @property
    def width(self) -> int:
        """Bytes of the row's key in front of a carried value."""
        return 16 * len(self.row)

    def column_expression(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        """What a SELECT or RETURNING asks for in place of the column."""
        return type_coerce(carried(column), self)

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        if value is None:
            return None
        if not isinstance(value, OfRow):
            raise SealBroken(f"{self.column}: bind it to its row (server.sealed.bound)")
        return keyring().seal(self.column, value.row, value)

    def process_result_value(self, value: Any, dialect: Dialect) -> str | None:
        return keyring().open_all(self.column, [value], width=self.width)[0]


class OfRow(str):
    """A text that knows of which row it is."""

    __slots__ = ("row",)
    row: bytes

    def __new__(cls, plain: str, row: bytes) -> OfRow:
        made = super().__new__(cls, plain)
        made.row = row
        return made


def bound(model: type[DeclarativeBase], rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """These rows with every text of a sealed column bound to the row it goes into."""
    sealed = _sealed_attributes(model.__mapper__)
    return [
        {**row, **{name: OfRow(row[name], key) for name, key in _keys(sealed, row)}} for row in rows
    ]


def carried(column: Any) -> ColumnElement[Any]:
    """A sealed column as bytes behind the key of its row, as Keyring.open_all takes it."""
    expression: Any = type_coerce(column, LargeBinary)
    for name in reversed(column.type.row):
        expression = func.uuid_send(column.table.c[name], type_=LargeBinary).op(
            "||", return_type=LargeBinary()
        )(expression)
    made: ColumnElement[Any] = expression
    return made


def _keys(
    sealed: Mapping[str, Sequence[str]], fields: Mapping[str, Any]
) -> Iterator[tuple[str, bytes]]:
    """(attribute, key of the row) of every sealed text among these fields."""
    for name, row in sealed.items():
        if fields.get(name) is not None:
            yield name, row_key(*(fields[part] for part in row))


@cache
def _sealed_attributes(mapper: Mapper[Any]) -> Mapping[str, Sequence[str]]:
    """Attribute of a sealed column → those that make up the key of its row."""
    return {
        attribute.key: [
            mapper.get_property_by_column(mapper.local_table.c[part]).key
            for part in attribute.columns[0].type.row
        ]
        for attribute in mapper.column_attrs
        if isinstance(attribute.columns[0].type, Sealed)
    }


@event.listens_for(Mapper, "before_insert")
@event.listens_for(Mapper, "before_update")
def _bind(mapper: Mapper[Any], connection: object, target: object) -> None:
    """Give each sealed text to its row, whichever row it was copied from."""
    sealed = _sealed_attributes(mapper)
    if sealed:
        fields = vars(target)
        for name, key in _keys(sealed, fields):
            fields[name] = OfRow(fields[name], key)
