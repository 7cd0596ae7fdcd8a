"""A phone in a page whose line is the script of a vector."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.browser.phones.tab import PhoneInTab, Tab, heard
from tests.protocol.test_client import Player


class ScriptedPlayer(Player):
    """Goes through a vector with the phone in a page."""

    def __init__(self, vector: dict[str, Any], tab: Tab) -> None:
        self.tab = tab
        self._under_way = False
        self._meanwhile: Mapping[str, Any] | None = None
        super().__init__(vector, Path("nowhere"))

    def switch_on(self) -> None:
        """Open the store of whoever holds the phone."""
        self.tab.lines[self.user] = self._answered
        store = f"wangge-phone-{self.user}"
        self.tab.open(self.user, self.clock.now, store, self.user, self.device, self._app)
        phone = PhoneInTab(self.tab, self.user, lambda: self.clock.now)
        self.phone = phone  # type: ignore[assignment] # the same verbs

    def restart(self, step: dict[str, Any]) -> None:
        """The tab dies."""
        self._app |= step["restart"]
        self.tab.load()
        self.switch_on()

    def record(self, step: dict[str, Any]) -> None:
        """Now, or while a request is on its way: then the page does it by itself."""
        if self._under_way:
            self._meanwhile = self.bound.filled(step["record"])
        else:
            super().record(step)

    def keep_file(self, step: dict[str, Any]) -> None:
        """The page keeps a copy of the whole store."""
        self._in_page("copy", step["keep_file"])

    def put_back_file(self, step: dict[str, Any]) -> None:
        """It takes the place of what is there."""
        self._in_page("putBack", step["put_back_file"])

    def _in_page(self, verb: str, *given: Any) -> Any:
        return self.tab.do(self.user, self.clock.now, verb, given, None)

    def _answered(self, verb: Any, said: Any) -> dict[str, Any]:
        if verb == "news":
            etag, changed = self.news(said)
            return {"answer": {"etag": etag, "changed": changed}}
        self._under_way, self._meanwhile = True, None
        try:
            told = heard(lambda: self.call(verb, said))
        finally:
            self._under_way = False
        return {**told, "meanwhile": self._meanwhile}
