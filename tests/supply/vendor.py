"""What the pages are made of that others wrote: minified files, as they come in npm's packages.

    python -m tests.supply.vendor check              are the files those that the list names?
    python -m tests.supply.vendor refresh            fetch them again, by the versions of the list
    python -m tests.supply.vendor refresh echarts    … of one, after its version was changed there

The list is server/console/static/vendor/vendor.json. Only `refresh` needs npm, which knows a
registry; to run or to test Wangge nobody needs either.
"""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from tests.supply.audit import ROOT

VENDOR: Final = ROOT / "server/console/static/vendor"
LIST: Final = VENDOR / "vendor.json"


def main(arguments: Sequence[str]) -> int:
    """check or refresh."""
    verb, names = (arguments[0], arguments[1:]) if arguments else ("check", ())
    packages = listed()
    if verb == "refresh":
        for package in packages:
            if not names or package["name"] in names:
                refresh(package)
        LIST.write_text(json.dumps(packages, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    found = list(wrong(packages))
    sys.stdout.writelines(f"{line}\n" for line in found)
    return bool(found)


def listed() -> list[dict[str, Any]]:
    """The packages: name, version, license, folder, and of each file its hash."""
    packages: list[dict[str, Any]] = json.loads(LIST.read_text(encoding="utf-8"))
    return packages


def wrong(packages: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Where list and folders differ, a line each."""
    for package in packages:
        folder = ROOT / package["folder"]
        there = {str(one.relative_to(folder)) for one in folder.rglob("*") if one.is_file()}
        for name in sorted(there ^ package["files"].keys()):
            yield f"{package['folder']}/{name}: 不一致 not both in folder and list"
        for name in sorted(there & package["files"].keys()):
            if _hash(folder / name) != package["files"][name]:
                yield f"{package['folder']}/{name}: 内容已变 not what the list says"
    known = {ROOT / package["folder"] for package in packages}
    for one in sorted(VENDOR.rglob("*")):
        if one.is_file() and one != LIST and not known.intersection(one.parents):
            yield f"{one.relative_to(ROOT)}: 不在清单中 not in the list"


def refresh(package: dict[str, Any]) -> None:
    """Fetch a package and take from it what the list names (`take`: file → where it stands)."""
    folder = ROOT / package["folder"]
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as name:
        there = Path(name)
        asked = f"{package['name']}@{package['version']}"
        subprocess.run(["npm", "pack", "--silent", asked], cwd=there, check=True)
        (packed,) = there.glob("*.tgz")
        with tarfile.open(packed) as archive:
            archive.extractall(there, filter="data")
        for source, target in package.get("take", {}).items():
            (folder / target).write_bytes(_plain((there / "package" / source).read_bytes()))
    files = [one for one in folder.rglob("*") if one.is_file()]
    package["files"] = {str(one.relative_to(folder)): _hash(one) for one in sorted(files)}


def _plain(content: bytes) -> bytes:
    """Without the line that names a map of the source, which is not here to be asked for."""
    return re.sub(rb"\n?//# sourceMappingURL=\S+\s*$", b"\n", content)


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
