"""Which column of a file is which of ours: by a small file, or guessed from the header.

The file is YAML, of which every value is text: a code is no number here, and `no` is no denial.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

from server.sheets.errors import BadMapping, cannot_open
from server.sheets.headers import Columns

MAX_BYTES: Final = 64 << 10
_PARTS: Final = ("columns", "fixed", "values", "sheet")


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """What a mapping file says. `columns`: our name → their title; None: guess."""

    columns: Mapping[str, str] | None = None
    fixed: Mapping[str, str] = field(default_factory=dict)  # our name → the value of every row
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # theirs → ours, by name
    sheet: str | None = None


def read_mapping(path: Path, columns: Columns) -> ColumnMapping:
    """A mapping file for a list of these columns. Raises BadMapping, BadSheet."""
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise cannot_open(path, error) from error
    said = _parse(content)
    _check_names(said, _PARTS, "")
    parts = {part: _names_in(said, part, columns) for part in ("columns", "fixed", "values")}
    titles = {name: title for name, title in parts["columns"].items() if title}
    fixed = {name: value for name, value in parts["fixed"].items() if value}
    _check_texts(titles, "columns")
    _check_texts(fixed, "fixed")
    for name, values in parts["values"].items():
        _check_texts(_mapping(values, f"values/{name}"), f"values/{name}")
    if both := titles.keys() & fixed.keys():
        raise _wrong(f"{'、'.join(sorted(both))}: columns / fixed 只能选一 in both, one must go")
    values = {name: found for name, found in parts["values"].items() if found}
    _check_texts({"sheet": said.get("sheet") or ""}, "sheet")
    return ColumnMapping(titles or None, fixed, values, said.get("sheet") or None)


def template(titles: Mapping[str, str], unused: list[str], columns: Columns) -> str:
    """A mapping file to begin with: the guess (our name → title), and what it left unused."""
    width = max(map(len, columns)) + 1
    lines = [
        f"  {f'{name}:':<{width}} {_quoted(titles[name]) if name in titles else '':<24}"
        f" # {next(iter(called))}".rstrip()
        for name, called in columns.items()
    ]
    return _TEMPLATE.format(
        columns="\n".join(lines),
        unused="、".join(_quoted(title) for title in unused) or "无 none",
    )


_TEMPLATE = """\
# 列对应文件。左边是本系统的名称，右边是文件的表头；没有的列留空。
# Columns: left our name, right the header in the file; leave empty what the file does not have.
columns:
{columns}
# 未使用的列 not used: {unused}

# 全表相同的值，例如 Values that are the same in every row, such as:
#   village_code: "511921100201"
#   datum: gcj02
fixed: {{}}

# 文件中的写法 → 本系统的写法，例如 Their word → ours, such as:
#   kind:
#     农家乐: 商铺
values: {{}}
"""


def _quoted(text: str) -> str:
    """A text that YAML reads back as it is: as in JSON, but what cannot be seen in YAML's way."""
    quoted = json.dumps(text, ensure_ascii=False)
    return "".join(c if c.isprintable() else f"\\U{ord(c):08x}" for c in quoted)


class _Texts(yaml.SafeLoader):
    """YAML without types: 0511 stays 0511."""

    yaml_implicit_resolvers = {}  # noqa: RUF012 - PyYAML's own way to say so

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        names = [key.value for key, _ in node.value]
        if len(set(map(str, names))) < len(names):
            raise _wrong("同一名称出现两次 a name occurs twice")
        return super().construct_mapping(node, deep)


def _parse(content: bytes) -> dict[str, Any]:
    if len(content) > MAX_BYTES:
        raise _wrong(f"超过 {MAX_BYTES >> 10} KB over {MAX_BYTES >> 10} KB")
    try:
        said = yaml.load(content.decode("utf-8-sig"), Loader=_Texts)  # noqa: S506 - a SafeLoader
    except UnicodeDecodeError as error:
        raise _wrong("应为 UTF-8 编码 it must be UTF-8") from error
    except (yaml.YAMLError, RecursionError, ValueError, TypeError) as error:
        at = getattr(error, "problem_mark", None)
        where = f"第 {at.line + 1} 行 line {at.line + 1}" if at else "不是 YAML not YAML"
        raise _wrong(where) from error
    return _mapping(said, "")


def _names_in(said: Mapping[str, Any], part: str, columns: Columns) -> dict[str, Any]:
    found = _mapping(said.get(part) or {}, part)
    _check_names(found, columns, part)
    return found


def _check_names(found: Mapping[str, Any], known: Any, where: str) -> None:
    for name in found:
        if name not in known:
            raise _wrong(f"{where}: 没有“{name}” no such name “{name}”: {', '.join(known)}")


def _check_texts(found: Mapping[str, Any], where: str) -> None:
    for name, value in found.items():
        if not isinstance(value, str):
            raise _wrong(f"{where}: {name} 应为一个值 must be one value")


def _mapping(value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _wrong(f"{where or '文件 the file'}: 应为“名称: 值” must be “name: value”")
    return value


def _wrong(what: str) -> BadMapping:
    return BadMapping(f"列对应文件有误 The mapping file is not right: {what}"[:300])
