"""Phones of histories (tests.sync.histories) whose app is the worker's page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from tests.browser.phones.tab import Killed, PhoneInTab, Tab, heard
from tests.sync.histories.hands import Hand


@dataclass
class HandWithTab(Hand):
    """One user's store in a browser. Power fails before a request to the store, as many on."""

    tab: ClassVar[Tab]

    def switch_on(self) -> None:
        """Open the store; what waited in memory is gone."""
        self.tab.lines[self.path] = self._ask
        app = {"page": self.page, "batch": self.batch, "schema": self.schema}
        self.tab.open(self.path, self._reading(), self.path, self.user, self.device, app)
        phone = PhoneInTab(self.tab, self.path, self._reading)
        self.app = phone  # type: ignore[assignment] # the same verbs

    def dying(self, statements: int | None, deed: Callable[[], Any]) -> None:
        """Do this, and lose power after so many requests; then switch on what lost it."""
        if self.die_after(statements, deed) and self.shares:
            self.shares.app.close()
            self.shares.switch_on()

    def die_after(self, statements: int | None, deed: Callable[[], Any]) -> bool:
        """Do this, and lose power after so many requests to the store; whether it came to that."""
        self._phone.left = statements
        try:
            deed()
        except Killed:
            self.boots += 1
            self.clock.boot = f"boot-{self.boots}"
            self.switch_on()
            return True
        finally:
            self._phone.left = None
        return False

    def copy_file(self) -> None:
        """A copy of the whole store."""
        self._phone.do("copy", self.path)
        self.copied = True

    def put_copy_back(self) -> None:
        """It takes the place of what is there."""
        before = {change["mid"] for change, _ in self.kept()}
        self._phone.do("putBack", self.path)
        self.app.close()
        self.switch_on()
        self.gone_with_file |= before - {change["mid"] for change, _ in self.kept()}

    def kept(self) -> list[tuple[dict[str, Any], str | None]]:
        """Everything that the store keeps of what was written here."""
        return [(change, status) for change, status in self._phone.do("kept")]

    @property
    def _phone(self) -> PhoneInTab:
        return self.app  # type: ignore[return-value] # see switch_on

    def _reading(self) -> dict[str, Any]:
        clock = self.clock
        return {"wall": clock.wall(), "elapsed": clock.elapsed(), "boot": clock.boot}

    def _ask(self, verb: Any, body: Any) -> dict[str, Any]:
        return {**heard(lambda: self.line.call(verb, body)), "now": self._reading()}
