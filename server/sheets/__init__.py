"""Sheets: lists and maps that somebody hands over, as rows and features, whatever wrote them."""

from server.sheets.delimited import MAX_LINE
from server.sheets.errors import BadMapping, BadSheet
from server.sheets.features import Feature, Unreadable, shape_of
from server.sheets.headers import Columns
from server.sheets.inert import defuse
from server.sheets.kinds import Kind
from server.sheets.mapping import ColumnMapping, read_mapping, template
from server.sheets.sheet import Drawing, Row, Sheet, Shown, open_drawing, open_sheet
from server.sheets.table import text_of

__all__ = [
    "MAX_LINE",
    "BadMapping",
    "BadSheet",
    "ColumnMapping",
    "Columns",
    "Drawing",
    "Feature",
    "Kind",
    "Row",
    "Sheet",
    "Shown",
    "Unreadable",
    "defuse",
    "open_drawing",
    "open_sheet",
    "read_mapping",
    "shape_of",
    "template",
    "text_of",
]
