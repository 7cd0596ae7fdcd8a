"""axe-core over a page: no serious or critical finding of WCAG A and AA, nor of practice."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from playwright.sync_api import Page

_SOURCE = Path(__file__).parent / "vendor" / "axe-core" / "axe.min.js"
_RUN = """async () => {
  const found = await axe.run(document, { resultTypes: ["violations"] });
  return found.violations
    .filter(one => one.impact === "serious" || one.impact === "critical")
    .map(one => `${one.id}: ${one.help}\\n` + one.nodes.map(node =>
      `    ${node.target.join(" ")}: ${(node.failureSummary || "").replace(/\\s+/g, " ")}`
    ).join("\\n"));
}"""


def assert_accessible(page: Page) -> None:
    """What is shown now can be seen, heard and reached by everybody, as far as axe can say."""
    # Evaluated, not added as a script: the page's content policy stays as it is for everybody.
    page.evaluate(f"() => {{ if (!window.axe) {{ {_axe()} }} }}")
    found = page.evaluate(_RUN)
    assert not found, "\n".join(found)


@cache
def _axe() -> str:
    return _SOURCE.read_text(encoding="utf-8")
