"""What can go wrong when a file is opened. Nothing was written then."""

from __future__ import annotations

from server.errors import Invalid


class BadSheet(Invalid):
    """A file that cannot be read to its end as a list; nothing was written."""

    slug = "bad-sheet"
    text = "文件无法读取，未写入任何内容。 The file cannot be read; nothing was written."


class BadMapping(Invalid):
    """A file of columns that does not say what it must, or does not fit the list."""

    slug = "bad-mapping"
    text = "列对应文件有误。 The mapping file is not right; --mapping-template writes one."


def cannot_open(path: object, error: OSError) -> BadSheet:
    """A file that is not there, or not ours to read."""
    return BadSheet(
        f"无法打开文件 {path}：{error.strerror}。 Cannot open {path}: {error.strerror}."
    )
