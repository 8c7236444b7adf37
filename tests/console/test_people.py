"""Who signs in, and how far: the first login with a password given by somebody else, and what a reader without rights sees."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from facility.access import Role
from facility.accounts.opening import open_access
from facility.site_file import LoadedSite
from facility.state import StateFolder
from tests.api.askers import CHOSEN
from tests.console.conftest import Open
from tests.console.furnished import OPERATOR, Console, MovingClock, furnished

IDLE_MIN = 16.0
REFUSED = [r"status of 401", r"WebSocket connection to .* failed"]


@pytest.fixture
def closed_console(browser: Browser, loaded: LoadedSite, tmp_path: Path) -> Iterator[Console]:
    """A site that shows nothing to who has not signed in."""
    with furnished(loaded, StateFolder(tmp_path / "state"), MovingClock(), open_reading=False) as served:
        yield served


def test_the_first_login(closed_console: Console, open_page: Open) -> None:
    with closing(open_access(closed_console.loaded, closed_console.state, closed_console.clock)) as access:
        _, given = access.people.add("newcomer", Role.OPERATOR, by="test")
    watched = open_page(closed_console)
    watched.expected += [*REFUSED, r"status of 403"]
    page = watched.page
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(page.locator("body")).not_to_contain_text("Facility power")
    page.get_by_label("Name").fill("newcomer")
    page.get_by_label("Password").fill("not the password")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_label("Password").fill(given)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Choose a password of your own")).to_be_visible()
    page.get_by_label("Present password").fill(given)
    page.get_by_label("New password").fill(CHOSEN)
    page.keyboard.press("Enter")
    expect(page.locator("header")).to_contain_text("newcomer, operator")
    page.goto(f"{closed_console.address}/#/overview")
    expect(page.get_by_text("Facility power")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(page.locator("body")).not_to_contain_text("Facility power")


def test_an_idle_session_reads_only_and_keeps_the_way_back_in_sight(own_console: Console, open_page: Open) -> None:
    watched = open_page(own_console, "sign-in")
    watched.expected += [
        r"status of 503",
        r"status of 403",
    ]  # health while the clock leaps; the write that is asked again
    page = watched.page
    page.get_by_label("Name").fill(OPERATOR)
    page.get_by_label("Password").fill(CHOSEN)
    page.keyboard.press("Enter")
    release = page.get_by_role("button", name="Return to local control")
    expect(release).to_be_visible()
    own_console.clock.shift += timedelta(minutes=IDLE_MIN)
    page.reload()
    expect(page.locator("header")).to_contain_text("locked: reads only")
    page.goto(f"{own_console.address}/#/alarms")
    expect(page.locator("main").get_by_text("Response").first).to_be_visible()
    expect(page.get_by_role("button", name="Acknowledge")).to_have_count(0)
    release.click()
    page.get_by_role("dialog").get_by_label("Reason").fill("smoke in hall 1")
    page.get_by_role("button", name="Return it now").click()
    page.get_by_label("Password").fill(CHOSEN)
    page.keyboard.press("Enter")
    expect(page.locator("header")).to_contain_text("suspended")
    expect(page.locator("header")).not_to_contain_text("locked: reads only")


def test_only_who_may_decide_is_offered_to(open_page: Open, console: Console) -> None:
    page = open_page(console, "recommendations").page
    expect(page.get_by_text("warmer supply air").first).to_be_visible()
    expect(page.get_by_role("button", name="Approve")).to_have_count(0)
    page.get_by_role("link", name="Sign in").first.click()
    page.get_by_label("Name").fill(OPERATOR)
    page.get_by_label("Password").fill(CHOSEN)
    page.keyboard.press("Enter")
    expect(page.locator("header")).to_contain_text("operator, operator")
    page.keyboard.press("g")
    page.keyboard.press("r")
    expect(page.get_by_role("button", name="Approve")).to_have_count(3)
