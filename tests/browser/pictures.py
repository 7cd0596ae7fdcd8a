"""Pictures of pages for the docs: `make pictures` writes them; otherwise nothing is taken.

To look at pages while they are made: WANGGE_PICTURES=/tmp/pictures pytest tests/browser/test_….py
"""

from __future__ import annotations

import os
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page

ASKED = os.environ.get("WANGGE_PICTURES", "")


def picture(page: Page, name: str, *, whole: bool = False) -> None:
    """Take the page as it stands as `<name>.<language>.png`; `whole`: beyond what the screen shows.

    On a screen of a phone's width the name ends in `-phone`.
    """
    if not ASKED:
        return
    language = (page.locator("html").get_attribute("lang") or "zh")[:2]
    narrow = "-phone" if (page.viewport_size or {"width": 0})["width"] < 500 else ""
    page.evaluate("document.fonts.ready")
    path = Path(ASKED) / f"{name}{narrow}.{language}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    taken = page.screenshot(full_page=whole, animations="disabled", caret="hide")
    # A page has few colours: with a palette its picture is a third of the size.
    Image.open(BytesIO(taken)).convert("RGB").quantize(96).save(path, optimize=True)
