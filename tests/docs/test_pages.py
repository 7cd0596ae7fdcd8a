"""What the pages name is there: files, folders, commands, variables."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from server.cli import main
from tests.docs.blocks import PAGES

ROOT = PAGES.parent
WRITTEN = [ROOT / "README.md", ROOT / "README.zh-CN.md", *sorted(PAGES.glob("*.md"))]
_LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)")
_COMMAND = re.compile(r"(?:^|`|/)wangge ([a-z][a-z-]*)(?: ([a-z][a-z-]*)\b)?", re.MULTILINE)
_VARIABLE = re.compile(r"\bWANGGE_[A-Z_]+\b")


@pytest.mark.parametrize("page", WRITTEN, ids=lambda page: page.name)
def test_a_link_leads_somewhere(page: Path) -> None:
    for target in _LINK.findall(page.read_text("utf-8")):
        assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", WRITTEN, ids=lambda page: page.name)
def test_a_command_can_be_typed(page: Path) -> None:
    for name, second in _COMMAND.findall(page.read_text("utf-8")):
        command = main.get_command(click.Context(main), name)
        assert command, f"wangge {name}"
        if isinstance(command, click.Group) and second:
            assert second in command.commands, f"wangge {name} {second}"


def test_operations_lists_every_variable_that_is_read() -> None:
    read = {
        name
        for path in (ROOT / "server").rglob("*.py")
        for name in _VARIABLE.findall(path.read_text("utf-8"))
    }
    listed = set(_VARIABLE.findall((PAGES / "operations.md").read_text("utf-8")))
    assert read == listed


def test_the_house_shows_every_room() -> None:
    picture = (PAGES / "architecture.md").read_text("utf-8").split("## Inside a noun")[0]
    rooms = {
        path.stem
        for path in (ROOT / "server").iterdir()
        if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    missing = {room for room in rooms - {"__init__"} if not re.search(rf"\b{room}\b", picture)}
    assert not missing
