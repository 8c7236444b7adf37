"""Values that stand in, at the console: entered by an engineer, seen by all with a mark beside what is measured, and ended."""

from __future__ import annotations

import re
from contextlib import closing

from playwright.sync_api import Page, expect

from facility.access import Role
from facility.accounts.opening import open_access
from tests.api.askers import CHOSEN, add_person
from tests.console.conftest import Open
from tests.console.furnished import Console
from tests.console.test_decisions import as_operator
from tests.console.test_screens import faults

ENGINEER = "engineer"
POINT, OTHER = "rack-01.feed-a.inlet_temperature_degc", "rack-02.feed-a.inlet_temperature_degc"


def as_engineer(open_page: Open, console: Console) -> Page:
    with closing(open_access(console.loaded, console.state, console.clock)) as access:
        add_person(access, ENGINEER, Role.ENGINEER)
    page = open_page(console, "sign-in").page
    page.get_by_label("Name").fill(ENGINEER)
    page.get_by_label("Password").fill(CHOSEN)
    page.keyboard.press("Enter")
    expect(page.locator("header")).to_contain_text("engineer, engineer")
    return page


def visit(page: Page, screen: str) -> None:
    page.evaluate("screen => { location.hash = `#/${screen}`; }", screen)


def test_one_is_entered_marked_everywhere_and_ended(own_console: Console, open_page: Open) -> None:
    page = as_engineer(open_page, own_console)
    visit(page, "equipment/rack-01")
    page.get_by_role("button", name="Enter a value").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("combobox", name=re.compile("^Point")).select_option(POINT)
    dialog.get_by_label("Value in °C").fill("31.25")
    dialog.get_by_label("Reason").fill("the probe hangs loose")
    assert faults(page) == []
    dialog.get_by_role("button", name="Let it stand in").click()
    expect(dialog).to_have_count(0)
    main = page.locator("main")
    expect(main.locator(".stood-in").first).to_contain_text(re.compile(r"31\.3 °C\s+✎ manual"))
    row = main.locator("tr", has_text="the probe hangs loose")
    expect(row).to_contain_text(re.compile(r"31\.3 °C manual.*\d\d\.\d °C\s+good.*reads again"))
    assert faults(page) == []

    other = as_operator(open_page, own_console)
    expect(other.get_by_role("link", name=re.compile(r"^Rack 1: 31\.3 manual"))).to_be_visible()
    visit(other, "equipment/rack-01")
    expect(other.locator("main")).to_contain_text("engineer, ")
    expect(other.get_by_role("button", name="Enter a value")).to_have_count(0)  # that is for engineers
    expect(other.get_by_role("button", name=re.compile("^End"))).to_have_count(0)
    visit(other, "service")
    expect(other.locator("tr", has_text="the probe hangs loose")).to_contain_text(POINT)

    page.get_by_role("button", name=f"End it: {POINT}").click()
    dialog.get_by_label("Reason").fill("mended")
    dialog.get_by_role("button", name="End it").click()
    expect(main).to_contain_text("None: all values are measured.")
    expect(main.locator(".stood-in")).to_have_count(0)
    page.reload()
    expect(main).to_contain_text(f"{POINT}, shaded and in no mean: manual 31.3 °C, by engineer")


def test_one_follows_another_point_and_is_empty_without_it(own_console: Console, open_page: Open) -> None:
    page = as_engineer(open_page, own_console)
    visit(page, "equipment/rack-01")
    page.get_by_role("button", name="Enter a value").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("combobox", name=re.compile("^Point")).select_option(POINT)
    dialog.get_by_label("taken from another point").check()
    dialog.get_by_role("combobox", name=re.compile("^Taken from")).select_option(OTHER)
    dialog.get_by_label("Reason").fill("its neighbour knows")
    dialog.get_by_role("button", name="Let it stand in").click()
    expect(dialog).to_have_count(0)
    shown = page.locator("main .stood-in").first
    expect(shown).to_contain_text(re.compile(r"\d\d\.\d °C\s+✎ substituted"))
    device = own_console.loaded.points[OTHER].device
    own_console.silent_devices.add(device)
    own_console.clock.shift += 2 * own_console.past_step
    expect(shown).to_contain_text(re.compile(r"–\s+✎ substituted"))
