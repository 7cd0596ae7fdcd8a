"""Whole databases to files and back, by PostgreSQL's own programs.

A backup is written under another name, read back, and only then put in place. A restore is made in
a new database beside the present one, brought to the present version, given a new epoch, and then
takes the other's name in one transaction: until that moment nothing has changed. What a restore
that was killed leaves beside the database goes with the next one.
"""

from server.archive.files import DatabaseNotEmpty, NotABackup, dump, restore
from server.archive.taking import LEFTOVER, ArchiveFailed, alone, swap

__all__ = [
    "LEFTOVER",
    "ArchiveFailed",
    "DatabaseNotEmpty",
    "NotABackup",
    "alone",
    "dump",
    "restore",
    "swap",
]
