"""What the pages are made of is what the list says, with its license beside it."""

from __future__ import annotations

import json

from tests.supply.audit import ROOT
from tests.supply.vendor import listed, wrong


def test_the_files_are_those_that_the_list_names() -> None:
    assert list(wrong(listed())) == []


def test_a_changed_file_and_a_stray_one_are_noticed() -> None:
    packages = listed()
    packages[0]["files"] = {**packages[0]["files"], "LICENSE.txt": "0" * 64, "gone.js": "0" * 64}
    packages[1]["folder"] = packages[0]["folder"]
    found = "\n".join(wrong(packages))
    assert "LICENSE.txt: 内容已变" in found
    assert "gone.js: 不一致" in found
    assert "echarts.min.js: 不在清单中" in found


def test_every_package_has_its_license_beside_it() -> None:
    for package in listed():
        assert any(name.startswith("LICENSE") for name in package["files"]), package["name"]


def test_types_are_checked_against_the_versions_that_are_served() -> None:
    checked = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))["devDependencies"]
    served = {package["name"]: package["version"] for package in listed()}
    assert {name: served.get(name) for name in checked if name != "typescript"} == {
        name: version for name, version in checked.items() if name != "typescript"
    }
    # The lock names no registry: npm asks the one that it is set to.
    assert '"resolved"' not in (ROOT / "package-lock.json").read_text(encoding="utf-8")


def test_nothing_in_them_is_asked_for_elsewhere() -> None:
    for package in listed():
        for name in package["files"]:
            text = (ROOT / package["folder"] / name).read_bytes()
            assert b"sourceMappingURL=" not in text[-200:], name
