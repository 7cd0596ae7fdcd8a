"""The command line as a whole: help for people, keys that work, migration that is harmless."""

from __future__ import annotations

from collections.abc import Iterator

import click

from server.cli import main
from server.settings import from_environment
from tests.cli.keyboard import Keyboard


def commands(group: click.Group, *path: str) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command below a group, with the words that reach it."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command, name
        if isinstance(command, click.Group):
            yield from commands(command, *path, name)
        yield (*path, name), command


def test_every_command_explains_itself_in_chinese_and_english() -> None:
    known = list(commands(main))
    assert len(known) > 60
    for words, command in known:
        said = Keyboard({}).type(*words, "--help")
        first = (command.help or "").strip().splitlines()[0]
        assert any("\u4e00" <= c <= "\u9fff" for c in first[:8]), words  # Chinese first
        assert any(c.isascii() and c.isalpha() for c in first), words
        assert "Usage" in said, words


def test_new_keys_are_ready_to_use(keyboard: Keyboard) -> None:
    lines = keyboard.type("keys", "new").splitlines()
    fresh = dict(line.split("=", 1) for line in lines)
    known = from_environment({**keyboard.environment, **fresh}, process="worker")
    assert len(known.blind_key) == 32
    assert keyboard.type("keys", "new").splitlines() != lines


def test_migrating_again_does_no_harm_and_brings_the_limits(bare_keyboard: Keyboard) -> None:
    for _ in range(2):
        assert "at the newest version" in bare_keyboard.type("migrate")
    assert "0030" in bare_keyboard.result("doctor").output


def test_a_setting_that_is_missing_is_named() -> None:
    assert "WANGGE_ADMIN_DATABASE_URL" in Keyboard({"WANGGE_ADMIN_DATABASE_URL": ""}).fails(
        "migrate"
    )
    assert "WANGGE_DATABASE_URL" in Keyboard({"WANGGE_DATABASE_URL": ""}).fails("serve")
