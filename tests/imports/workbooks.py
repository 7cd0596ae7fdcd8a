"""Excel files to load: written by a program that offices use, or by nobody sane."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import xlsxwriter

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def write_excel(path: Path, sheets: Mapping[str, Sequence[Any]], **options: Any) -> Path:
    """A workbook; dates among the values are shown as dates."""
    settings = {"default_date_format": "yyyy/m/d", "strings_to_formulas": False, **options}
    with xlsxwriter.Workbook(path, settings) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
    return path


def write_parts(path: Path, cells: str, **parts: str | bytes) -> Path:
    """A workbook by hand: `cells` is the XML between sheetData's tags; `parts` replace others."""
    usual: dict[str, str | bytes] = {
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="r"><sheets>'
        '<sheet name="一" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": '<Relationships><Relationship Id="rId1" '
        'Type="http://x/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{MAIN}"><sheetData>{cells}</sheetData>'
        "</worksheet>",
    }
    names = {"workbook": "xl/workbook.xml", "sheet": "xl/worksheets/sheet1.xml"}
    replaced = {names.get(name, f"xl/{name}.xml"): content for name, content in parts.items()}
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        for name, content in (usual | replaced).items():
            archive.writestr(name, content)
    return path


def row_xml(number: int, *texts: str) -> str:
    """A row of texts that stand in their cells."""
    cells = "".join(f'<c t="inlineStr"><is><t>{text}</t></is></c>' for text in texts)
    return f'<row r="{number}">{cells}</row>'
