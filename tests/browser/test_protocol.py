"""The worker's page keeps the protocol: every client vector, and random histories with faults.

The histories are those of `tests.sync.histories`, on a county in memory, with a browser's store in
each hand: answers are lost, power fails before any request to the store, the server is restored,
stores are put back. WANGGE_HISTORIES says how many.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from sync import judge
from sync.digest import digest
from tests.browser.phones.hands import HandWithTab
from tests.browser.phones.scripted import ScriptedPlayer
from tests.browser.phones.tab import Tab, empty_tab
from tests.protocol.files import pure, stories
from tests.sync.histories.machine import Histories
from tests.sync.histories.oracle import ROOM_ASIDE
from tests.sync.histories.running import play
from tests.sync.histories.village import Village

VECTORS = stories("client")
ROOT = Path(__file__).parents[2]
FEW, STEPS = 2, 20  # the first one is the simplest there is
SHARE = 0.05  # of the histories that the model phone goes through


@pytest.fixture(scope="module")
def tab(chromium: Browser) -> Iterator[Tab]:
    with empty_tab(chromium) as tab:
        yield tab


@pytest.mark.parametrize("name", VECTORS)
def test_the_page_does_what_the_vector_says(name: str, tab: Tab) -> None:
    tab.forget()
    ScriptedPlayer(VECTORS[name], tab).play()


def test_whatever_happened_at_rest_the_invariants_hold(
    tab: Tab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judge, "MAX_OPEN_QUARANTINED", ROOM_ASIDE)
    monkeypatch.setattr(HandWithTab, "tab", tab, raising=False)

    class InBrowser(Histories):
        """Every history has a village and a browser of its own."""

        hand_kind = HandWithTab

        @staticmethod
        def make_stage() -> Village:
            tab.forget()
            return Village()

    play(InBrowser, FEW, STEPS, SHARE, shrink=False)


def test_ids_and_digests_are_those_of_the_vectors(tab: Tab) -> None:
    for case in pure("uuid7")["cases"]:
        given = [case["ms"], f"0x{case['random']}"]
        assert tab.page.evaluate("given => phones.uuid7(...given)", given) == case["id"], case
    for case in pure("digest")["cases"]:
        found = tab.page.evaluate("rows => phones.digest(rows)", case["rows"])
        assert found == {"n": case["n"], "h": case["h"]}, case["why"]


def test_a_hash_is_right_at_every_length_of_a_block(tab: Tab) -> None:
    rows = [("x" * length, "中", length) for length in range(140)]
    found = tab.page.evaluate("rows => rows.map(row => phones.digest([row]).h)", rows)
    assert found == [digest([row])[1] for row in rows]


def test_a_residents_code_is_made_as_the_docs_say(tab: Tab) -> None:
    text = (ROOT / "docs" / "residents.md").read_text("utf-8")
    vectors = re.findall(r'\["([0-9a-f]{32})", "([A-Z0-9-]{19})"\]', text)
    assert len(vectors) == 5
    for chance, code in vectors:
        given = list(bytes.fromhex(chance))
        assert tab.page.evaluate("bytes => phones.residentCode(bytes)", given) == code


MINUTE = 60_000
WATCHED = [
    ("awake", [[0, 0], [MINUTE, MINUTE], [2 * MINUTE, 2 * MINUTE]], [1, 1, 1]),
    ("it slept: only the wall went on", [[0, 0], [MINUTE, 5_000]], [1, 2]),
    ("somebody set the clock back", [[MINUTE, 0], [0, 1_000], [1_000, 2_000]], [1, 2, 2]),
    ("a short nap is within what is allowed", [[0, 0], [3_500, 2_000]], [1, 1]),
    ("many short naps are not", [[0, 0], [2_000, 1_000], [4_000, 1_500]], [1, 1, 2]),
    ("a clock that is slewed all day", [[0, 0], [36_000_000, 35_990_000]], [1, 1]),
]


def test_a_boot_ends_where_the_two_clocks_drift_apart(tab: Tab) -> None:
    for why, readings, boots in WATCHED:
        found = tab.page.evaluate("readings => phones.boots(readings)", readings)
        assert found == boots, why
