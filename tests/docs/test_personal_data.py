"""docs/personal-data.md: its requests are taken, its commands run, its tables are the program's."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import pytest

from server.erasure.rules import ERASABLE, REASONS
from server.retention.rules import PERSONAL
from tests.cli.keyboard import Keyboard, environment
from tests.disputes.conftest import Ladder, ladder, lending
from tests.docs.blocks import PAGES, blocks_of
from tests.erasure.planted import approved, quarrel
from tests.smallcounty import id_of

__all__ = ["ladder", "lending"]

PAGE = (PAGES / "personal-data.md").read_text("utf-8")
SHOWN = {block.kind: block.text for block in blocks_of("personal-data.md")}


def filled(kind: str, **values: object) -> Any:
    text = SHOWN[f"json {kind}"]
    for name, value in values.items():
        text = text.replace(f"${name.upper()}", str(value))
    return json.loads(text)


def test_a_party_is_forgotten_and_a_file_is_erased_as_the_page_says(ladder: Ladder) -> None:
    case, county = quarrel(ladder), ladder.county
    desk = county.sign_in("county")
    desk.post("/erasures", filled("party", party=case.wanted), expect=202)
    number = approved(county, case.id)
    desk.post("/erasures", filled("dispute", dispute=case.id, approval=number), expect=202)
    home = id_of("A1w-1")
    county.sign_in("worker-a1w").post(f"/households/{home}/needs", filled("need"))
    assert filled("decision")["decided"] == "reworded"


def test_its_commands_run(ladder: Ladder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keyboard = Keyboard(environment(ladder.county.url, tmp_path))
    monkeypatch.chdir(tmp_path)
    for kind in ("sh retention", "sh subject"):
        for line in SHOWN[kind].splitlines():
            words = shlex.split(line.replace("$HOUSEHOLD", str(id_of("A1w-1"))))
            keyboard.type(*words[1:])


def test_its_tables_are_the_programs() -> None:
    for kind, known in PERSONAL.items():
        (row,) = [line for line in PAGE.splitlines() if line.startswith(f"| `{kind}` |")]
        cells = [cell.strip() for cell in row.strip("|").split("|")]
        assert cells[2].split()[0] == str(known.months), kind
        assert cells[4].startswith("yes") == known.look, kind
    assert all(f"| `{entity}` |" in PAGE for entity in ERASABLE)
    assert all(f"`{reason}`" in PAGE for reason in REASONS)
