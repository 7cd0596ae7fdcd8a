"""Templates are compiled once, not by every process; where nothing is kept, all the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from jinja2 import DictLoader, Environment

from server.console.frame.compiled import keep_compiled


def process(kept: Path, source: str = "{{ 1 + 1 }} 户") -> Flask:
    """An app as another process has it: it knows nothing but what was kept."""
    app = Flask("another")
    app.jinja_loader = DictLoader({"page.html": source})
    keep_compiled(app, kept)
    return app


def shown(app: Flask) -> str:
    return app.jinja_env.get_template("page.html").render()


def test_the_second_process_compiles_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert shown(process(tmp_path)) == "2 户"
    compiled: list[Any] = []
    compile_ = Environment.compile

    def noted(*call: Any) -> Any:
        compiled.append(call)
        return compile_(*call)

    monkeypatch.setattr(Environment, "compile", noted)
    assert shown(process(tmp_path)) == "2 户"
    assert not compiled
    assert shown(process(tmp_path, "{{ 2 + 2 }} 户")) == "4 户"  # another version
    assert len(compiled) == 1


def test_a_page_is_shown_where_nothing_can_be_kept(tmp_path: Path) -> None:
    assert shown(process(tmp_path / "gone")) == "2 户"
    assert shown(process(tmp_path)) == "2 户"
    (kept,) = tmp_path.iterdir()
    whole = kept.read_bytes()
    for left in (0, 9, 30, 60, len(whole) - 9):  # a power cut
        kept.write_bytes(whole[:left])
        assert shown(process(tmp_path)) == "2 户", left
