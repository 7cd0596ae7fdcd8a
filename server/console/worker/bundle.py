"""Many small modules as one script, so that an old phone on a thin line asks once. Pure.

Each module becomes a function that gives what it exports; comments and indentation stay behind. The
scripts keep to the few forms of import and export that stand here, and to no multi-line text in
backticks: anything else is refused rather than guessed at, and a test bundles all of them.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from typing import Final

_IMPORT: Final = re.compile(
    r"^import (?:\{(?P<names>[^}]*)\}|\* as (?P<whole>\w+)) from \"(?P<path>[^\"]+)\";$", re.M
)
_PASSED_ON: Final = re.compile(
    r"^export \{ (?P<names>[\w, ]+) \} from \"(?P<path>[^\"]+)\";$", re.M
)
_EXPORT: Final = re.compile(r"^export (?=(?:async )?function|class|const)", re.M)
_EXPORTED: Final = re.compile(r"^export (?:async )?(?:function\*?|class|const) (\w+)", re.M)
_GIVEN: Final = re.compile(r"^export \{ ([\w, ]+) \};$", re.M)
_BLOCK: Final = re.compile(r"^[ \t]*/\*(?:(?!\*/).)*\*/[ \t]*(?:\n|(?=\S))", re.M | re.S)
_INLINE: Final = re.compile(r"/\*\*(?: @type| @param| @returns)[^\n]*?\*/ ?")
_LINE: Final = re.compile(r"^[ \t]*//[^\n]*\n", re.M)
_OTHER: Final = re.compile(r"^(?:import|export)\b[^\n]*", re.M)


class Unbundled(Exception):
    """A script has a form that the bundle does not know."""


def bundle(files: Mapping[str, str], first: str) -> str:
    """One script of the module `first` and of all that it leans on. Raises Unbundled."""
    order: dict[str, str] = {}
    _gather(files, first, order, ())
    names = {path: f"$m{index}" for index, path in enumerate(order)}
    return "".join(_wrapped(path, text, names) for path, text in order.items())


def _gather(
    files: Mapping[str, str], path: str, order: dict[str, str], above: tuple[str, ...]
) -> None:
    """Put a module into the order, after those that it leans on."""
    if path in above:
        raise Unbundled(f"{path} leans on itself")
    if path in order:
        return
    if path not in files:
        raise Unbundled(f"{above[-1:]} leans on {path}, which is not there")
    # What is passed on is taken and given, under its own name.
    text = _PASSED_ON.sub(r'import { \g<names> } from "\g<path>";', bare := _bare(files[path]))
    text += "".join(f"export {{ {found['names']} }};\n" for found in _PASSED_ON.finditer(bare))
    for found in _IMPORT.finditer(text):
        _gather(files, _beside(path, found["path"]), order, (*above, path))
    order[path] = text


def _wrapped(path: str, text: str, names: Mapping[str, str]) -> str:
    exported = [*_EXPORTED.findall(text), *_GIVEN.findall(text)]
    taken = _IMPORT.sub(lambda found: _taken(path, found, names), text)
    plain = _GIVEN.sub("", _EXPORT.sub("", taken))
    if other := _OTHER.search(plain):
        raise Unbundled(f"{path}: {other[0]}")
    if any(line.count("`") % 2 for line in plain.splitlines()):
        raise Unbundled(f"{path}: text in backticks goes over a line")
    given = ",".join(exported)
    return f"const {names[path]}=(()=>{{\n{plain}return {{{given}}};\n}})();\n"


def _taken(path: str, found: re.Match[str], names: Mapping[str, str]) -> str:
    """An import as a constant of this module's function."""
    source = names[_beside(path, found["path"])]
    if found["whole"]:
        return f"const {found['whole']}={source};"
    wanted = [name.strip() for name in found["names"].split(",") if name.strip()]
    return f"const {{{','.join(name.replace(' as ', ':') for name in wanted)}}}={source};"


def _bare(text: str) -> str:
    """Without comments, indentation and empty lines."""
    told = _LINE.sub("", _INLINE.sub("", _BLOCK.sub("", f"{text}\n")))
    return "".join(f"{line.strip()}\n" for line in told.splitlines() if line.strip())


def _beside(path: str, other: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), other))
