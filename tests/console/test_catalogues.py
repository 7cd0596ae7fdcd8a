"""Every word of the pages has its English, and what is compiled is what is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from server.console.frame import catalogues
from server.console.frame.catalogues import faults, homes, renew, rivals
from server.console.frame.language import CONSOLE


def test_nothing_is_untranslated_and_everything_is_compiled() -> None:
    assert [line for home in homes() for line in faults(home)] == []


def test_one_chinese_text_has_one_english() -> None:
    assert list(rivals(homes())) == []


def test_nothing_else_has_a_catalogue() -> None:
    kept = {po.parents[3] for po in CONSOLE.rglob("*.po")}
    assert kept <= set(homes())


def test_a_new_word_is_missed_until_it_is_translated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogues, "CONSOLE", tmp_path)
    pages = tmp_path / "pages"
    (pages / "templates").mkdir(parents=True)
    (pages / "templates" / "page.html").write_text("{{ _('共 %(n)s 户', n=n) }}", encoding="utf-8")
    assert [line for line in faults(pages) if "未收录" in line]
    renew(pages)
    assert [line for line in faults(pages) if "未翻译" in line]
    po = pages / "translations/en/LC_MESSAGES/messages.po"
    po.write_text(po.read_text().replace('msgstr ""\n', 'msgstr "households"\n'), encoding="utf-8")
    assert [line for line in faults(pages) if "placeholder" in line or "未编译" in line]
    po.write_text(po.read_text().replace('"households"', '"%(n)s households"'), encoding="utf-8")
    renew(pages)
    assert list(faults(pages)) == []
    assert "%(n)s households" in po.read_text(encoding="utf-8")
