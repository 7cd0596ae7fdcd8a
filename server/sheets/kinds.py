"""What kind of file it is, by its content: an extension is what somebody typed."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Final
from zipfile import BadZipFile, ZipFile

from server.sheets.errors import BadSheet

_HEAD: Final = 4096
_LOOKED_THROUGH: Final = 64 << 20
_ENCRYPTED: Final = "EncryptedPackage".encode("utf-16-le")
_GEOPACKAGE_IDS: Final = (b"GPKG", b"GP10", b"GP11")


class Kind(StrEnum):
    DELIMITED = "csv"
    EXCEL = "xlsx"
    GEOJSON = "geojson"
    GEOPACKAGE = "gpkg"
    SHAPEFILE = "shp"


def kind_of(path: Path) -> Kind:
    """Which of our readers is asked. Raises BadSheet with a remedy for kinds that we know and do
    not read, OSError where the file cannot be opened."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if head.startswith(b"PK\x03\x04"):
        return _in_zip(path)
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        raise _old_or_locked(path)
    if head.startswith(b"SQLite format 3\x00"):
        return _in_sqlite(head)
    if head.startswith(b"\x00\x00\x27\x0a"):
        return Kind.SHAPEFILE
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise BadSheet(
            "文件编码为 UTF-16，请另存为“CSV UTF-8”。 The file is UTF-16; save it as “CSV UTF-8”."
        )
    begins = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    return Kind.GEOJSON if begins in (b"{", b"[") else Kind.DELIMITED


def _in_zip(path: Path) -> Kind:
    try:
        with ZipFile(path) as archive:
            names = [name.lower() for name in archive.namelist()]
    except (BadZipFile, ValueError, NotImplementedError) as error:
        raise BadSheet(
            "Excel 文件已损坏（压缩包不完整），请打开后另存为 .xlsx。 "
            f"The Excel file, a zip, is damaged ({error}): open it and save it again as .xlsx."
        ) from error
    if any(name.endswith(".shp") for name in names):
        raise BadSheet("请先解压 Shapefile。 Unpack the zipped Shapefile first.")
    if "mimetype" in names or not any(name.startswith("xl/") for name in names):
        raise BadSheet(
            "这个压缩文件不是 Excel 工作簿，请另存为 .xlsx 或 CSV。 "
            "This zip is no Excel workbook: save it as .xlsx or CSV."
        )
    return Kind.EXCEL


def _in_sqlite(head: bytes) -> Kind:
    """GeoPackages say so at byte 68 (OGC 12-128, requirement 2); other databases are not opened."""
    if head[68:72] not in _GEOPACKAGE_IDS:
        raise BadSheet("这不是 GeoPackage 数据库。 This database is no GeoPackage.")
    return Kind.GEOPACKAGE


def _old_or_locked(path: Path) -> BadSheet:
    """The container of Excel 97, in which newer Excel puts what a password protects."""
    with path.open("rb") as file:
        locked = _ENCRYPTED in file.read(_LOOKED_THROUGH)
    if locked:
        return BadSheet(
            "Excel 文件有密码，请先取消密码再保存。 "
            "The Excel file has a password: remove it and save again."
        )
    return BadSheet(
        "这是旧版 Excel（.xls），请另存为 .xlsx 或 CSV。 "
        "This is an old Excel file (.xls): save it as .xlsx or CSV."
    )
