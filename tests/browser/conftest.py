"""One browser for this folder, counties behind real web servers, and pages that are watched.

Debian's Chromium (docker/system-packages.sh test installs it), driven by Playwright.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from server.console.worker import kit
from server.demo.staff import PASSWORD as DEMO_PASSWORD
from tests import smallcounty
from tests.browser import pictures
from tests.browser.phones.lived import Lived
from tests.browser.serving import served
from tests.browser.site import PATIENCE, Site
from tests.conftest import TestCluster
from tests.demo.played import DemoCounty, demo_copy
from tests.smallcounty import SmallCounty

ARGUMENTS = (
    *("--no-first-run", "--disable-quic", "--disable-sync", "--disable-component-update"),
    *("--disable-background-networking", "--disable-domain-reliability"),
    # Nothing is looked up: a request to another host fails at once, and is seen.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    # Maps draw with WebGL; there is no graphics card here. Everything else is drawn without one:
    # a page that a processor draws as a card would costs twice its time.
    *("--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"),
    *("--disable-gpu-compositing", "--disable-gpu-rasterization"),
)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Who asks for `lang` runs in Chinese, or in the LANGUAGE of its file; for pictures in both."""
    if "lang" in metafunc.fixturenames:
        own = getattr(metafunc.module, "LANGUAGE", "zh")
        metafunc.parametrize("lang", ("zh", "en") if pictures.ASKED else (own,))


@pytest.fixture(scope="package")  # while it is open no other event loop can run in this thread
def chromium() -> Iterator[Browser]:
    """The browser: without its windows, where it is installed so. It draws the same pages."""
    found = shutil.which("chromium-headless-shell") or shutil.which("chromium")
    expect.set_options(timeout=PATIENCE)
    assert found, "Chromium is not here: docker/system-packages.sh test"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=found, args=ARGUMENTS, chromium_sandbox=os.geteuid() != 0
        )
        yield browser
        browser.close()


@pytest.fixture
def site(county: SmallCounty, chromium: Browser) -> Iterator[Site]:
    """The small county's pages. `county` is the same county, behind them."""
    with served(county.app) as base:
        site = Site(base, chromium, county.clock, smallcounty.PASSWORD)
        yield site
        site.close()


@pytest.fixture
def phone(site: Site) -> Lived:
    """A phone of that county, with the protocol's client and no page around it."""
    return Lived(site, kit.version())


@pytest.fixture(scope="module")
def demo_county(cluster: TestCluster) -> Iterator[DemoCounty]:
    """The demo's month, played once in a run; this file's own copy of it."""
    with demo_copy(cluster) as county:
        yield county


@pytest.fixture
def demo_site(demo_county: DemoCounty, chromium: Browser) -> Iterator[Site]:
    """The demo county's pages, at the end of its month: township01, county, worker01 … in them."""
    with demo_county.opened() as (app, clock), served(app) as base:
        site = Site(base, chromium, clock, DEMO_PASSWORD)
        yield site
        site.close()
