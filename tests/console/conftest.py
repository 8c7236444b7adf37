"""Fixtures: a browser, a furnished site, and watched pages; without a browser or a built console all is skipped, outside CI."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from facility.console.files import DIST, INDEX
from facility.site_file import LoadedSite, load_site
from facility.state import StateFolder
from tests.conftest import EXAMPLE
from tests.console.furnished import Console, MovingClock, furnished
from tests.console.watched import CHROMIUM_NAMES, CHROMIUM_OPTIONS, LATE, Watched

Open = Callable[..., Watched]
WAIT_MS = 20_000  # for what appears in a moment where the machine is idle


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser a module: its event loop is in the way of other tests' loops as long as it runs."""
    if not (DIST / INDEX).is_file():
        pytest.skip("console not built: make console")
    found = next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    if found is None:
        pytest.skip("no Chromium: tools/install_system_packages")
    expect.set_options(timeout=WAIT_MS)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=found, args=list(CHROMIUM_OPTIONS))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def loaded() -> LoadedSite:
    return load_site(EXAMPLE / "site.yaml")


@pytest.fixture(scope="module")
def console(browser: Browser, loaded: LoadedSite, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    """A furnished site for the tests of a module that take nothing away from it; not served where there is no browser."""
    with furnished(loaded, StateFolder(tmp_path_factory.mktemp("console")), MovingClock()) as served:
        yield served


@pytest.fixture
def own_console(browser: Browser, loaded: LoadedSite, tmp_path: Path) -> Iterator[Console]:
    """A furnished site of a test's own; asked for before `open_page`, so that pages are closed while it is still served."""
    with furnished(loaded, StateFolder(tmp_path / "state"), MovingClock()) as served:
        yield served


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Open]:
    """Open watched pages in a context of their own; at the end nothing unexpected may have gone wrong on them."""
    opened: list[tuple[Watched, Console]] = []

    def begin(served: Console, screen: str = "overview", **options: Any) -> Watched:
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 800}, "color_scheme": "light"} | options)
        context.set_default_timeout(WAIT_MS)
        page = context.new_page()
        if served.clock.shift > timedelta(days=1):
            page.clock.set_system_time(served.clock.now())
        watched = Watched(page, served.address)
        opened.append((watched, served))
        watched.goto(screen)
        return watched

    yield begin
    for each, served in opened:
        each.page.context.close()
        each.expected += LATE if served.clock.shift else []
    assert [wrong for each, _ in opened for wrong in each.unexpected()] == []
