"""What is not of now never looks as if it were: silent devices, a service that is away, a planner that failed."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from facility.site_file import load_site
from facility.state import StateFolder
from tests.console.conftest import WAIT_MS, Open
from tests.console.furnished import Console, MovingClock, furnished

SILENT = "pdu-rack-02"
AWAY = [r"WebSocket connection to .* failed", r"ERR_CONNECTION_REFUSED", r"ERR_EMPTY_RESPONSE", r"ERR_CONNECTION_RESET"]
LOOK_MS = 60_000


def figure(page: Page, name: str) -> Locator:
    return page.locator("dl div", has_text=name).locator("dd.big")


@pytest.mark.slow
def test_the_overview_lives_for_a_minute(open_page: Open, console: Console) -> None:
    page = open_page(console).page
    power = figure(page, "Facility power")
    expect(power).to_contain_text("kW")
    page.evaluate(
        """() => {
            window.seen = new Set();
            const shown = [...document.querySelectorAll('dl div')].find(each => each.textContent.includes('Facility power'));
            setInterval(() => window.seen.add(shown.querySelector('dd.big').textContent), 500);
        }"""
    )
    page.wait_for_timeout(LOOK_MS)
    seen = page.evaluate("[...window.seen]")
    assert len(seen) >= 10, f"moves every two seconds, and {LOOK_MS / 1000:.0f} s showed {seen}"
    assert not [each for each in seen if "kW" not in each], "a value was missing meanwhile"
    expect(page.get_by_text("does not answer")).to_have_count(0)


def test_a_silent_device_is_hatched_and_named(own_console: Console, open_page: Open) -> None:
    page = open_page(own_console, "equipment/rack-02").page
    value = page.locator("tr", has_text="rack-02.feed-a.inlet_temperature_degc").locator(".value")
    expect(value).to_contain_text("°C")
    own_console.silent_devices.add(SILENT)
    own_console.clock.shift += timedelta(minutes=5)
    expect(value).to_contain_text("stale 5 min")
    expect(value).not_to_contain_text("°C")
    assert "repeating-linear-gradient" in value.evaluate("each => getComputedStyle(each).backgroundImage")
    expect(page.get_by_text("1 of 7 devices do not answer")).to_be_visible()
    page.goto(f"{own_console.address}/#/overview")
    expect(page.get_by_label("Rack 2: – no value")).to_be_visible()
    page.goto(f"{own_console.address}/#/service")
    expect(page.locator("tr", has_text=SILENT)).to_contain_text("failing")
    with page.expect_download() as downloading:
        page.get_by_role("button", name="CSV of devices").click()
    (row,) = pd.read_csv(downloading.value.path()).to_dict("records")  # only what is listed
    assert (row["device"], row["state"], row["last fault"]) == (SILENT, "failing", "does not answer")


def test_a_service_restarted_under_an_open_page(own_console: Console, open_page: Open) -> None:
    watched = open_page(own_console)
    page, power = watched.page, figure(watched.page, "Facility power")
    expect(power).to_contain_text("kW")
    watched.expected += AWAY
    own_console.stop()
    expect(page.get_by_role("alert").filter(has_text="The service does not answer")).to_be_visible()
    expect(page.locator("dl")).to_contain_text("no value of now is known")
    expect(power).to_have_count(0)
    expect(page.locator("main")).not_to_contain_text("°C outside")
    own_console.start()
    expect(power).to_contain_text("kW", timeout=2 * WAIT_MS)
    expect(page.get_by_text("The service does not answer")).to_have_count(0)


def test_a_planner_that_failed_and_a_process_that_hangs_are_told(own_console: Console, open_page: Open) -> None:
    own_console.say("planner", last_error="no solution within the limits")
    own_console.silent_processes |= {"planner", "trainer"}
    page = open_page(own_console).page
    banner = page.get_by_role("status").filter(has_text="The service is degraded")
    expect(banner).to_contain_text("the planner failed")
    own_console.clock.shift += timedelta(minutes=1)
    expect(banner).to_contain_text("no beat of planner, trainer")
    banner.get_by_role("link", name="Service").click()
    expect(page.locator("tr", has_text="no solution within the limits")).to_be_visible()


def test_what_holds_writing_up_stands_on_every_screen(
    example_site: Path, browser: Browser, open_page: Open, tmp_path: Path
) -> None:
    """Inputs of the plant: an abnormal state, and a switch with which the plant forbids writing."""
    inputs = (
        "abnormal_states:\n  - {state: generator_running, point: utility.power_kw, above: 0.0}\n"
        "  - {state: veto, point: utility.power_kw, above: 0.0}\n"
    )
    example_site.write_text(example_site.read_text(encoding="utf-8") + inputs, encoding="utf-8")
    with furnished(load_site(example_site), StateFolder(tmp_path / "state"), MovingClock()) as served:
        page = open_page(served, "trends").page
        header = page.locator("header")
        expect(header).to_contain_text("generator running")
        expect(header).to_contain_text("local veto (utility.power_kw)")
        page.goto(f"{served.address}/#/dispatch")
        expect(page.locator("main")).to_contain_text("abnormal: generator_running (utility.power_kw)")
        expect(page.locator("main")).to_contain_text("local veto input: veto (utility.power_kw)")
        page.goto("about:blank")  # it asks no more


def test_a_site_without_history_shows_no_value(own_console: Console, open_page: Open) -> None:
    own_console.silent_devices |= {device.id for device in own_console.loaded.site.devices}
    own_console.clock.shift += timedelta(hours=1)
    page = open_page(own_console).page
    expect(figure(page, "Facility power")).to_have_text("–")
    expect(page.locator("dl")).to_contain_text("main meter not read")
