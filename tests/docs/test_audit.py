"""docs/audit.md: its verifier, its commands and what it says of findings are true."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

from server.audit.rules.chain import START, Act, link
from server.audit.rules.verdict import ENGLISH, GRAVE, Grave, Wrong
from server.cli.audit import audit

PAGE = (Path(__file__).parents[2] / "docs" / "audit.md").read_text(encoding="utf-8")


def test_the_verifier_of_the_page_reckons_as_we_do() -> None:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.S)
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(code, {})  # noqa: S102 (the page's own example)
    what = '{"up": 2}'
    act = Act(7, 1772413200000000, None, None, "job:climb", "dispute.climb", what, None)
    assert said.getvalue().strip() == link(START, 1, 1772413210000000, act).hex()


def test_every_finding_is_on_the_page_with_its_code() -> None:
    rows = re.findall(r"^\| ([a-z, ]+) \| .* \| (1|2|note) \|$", PAGE, re.M)
    told = {
        name.strip().replace(" ", "_"): code for names, code in rows for name in names.split(",")
    }
    codes = {Grave.BROKEN: "1", Grave.LOOK: "2", Grave.NOTE: "note"}
    assert told == {wrong.value: codes[GRAVE[wrong]] for wrong in Wrong}
    assert ENGLISH.keys() == set(Wrong)


def test_the_commands_of_the_page_are_there() -> None:
    typed = set(re.findall(r"^wangge audit (\w+)", PAGE, re.M))
    assert typed == {"key", "heads", "verify"}
    assert typed <= audit.commands.keys()
