"""What people decide at the console: by keys alone, with a reason, in their own name, and kept in the audit trail."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.api.askers import CHOSEN
from tests.console.conftest import Open
from tests.console.furnished import OPERATOR, Console

# What who decides has before their eyes, with 90 % intervals.
WEIGHED = (
    re.compile(r"Saves kW 11\.2 \(7\.9 to 14\.1\)"),
    re.compile(r"Saves EUR a day 48\.4 \(34\.0 to 61\.0\)"),
    re.compile(r"Saves kgCO2 a day 108 \(76 to 135\)"),
    "Surely saves yes",
    "Limit that binds inlet temperature",
    re.compile(r"Is rolled back to 18\.0 °C"),
    re.compile(r"Until \d{4}-\d\d-\d\d \d\d:\d\d \+0[12]:00"),
)


def as_operator(open_page: Open, console: Console) -> Page:
    page = open_page(console, "sign-in").page
    page.get_by_label("Name").fill(OPERATOR)
    page.get_by_label("Password").fill(CHOSEN)
    page.keyboard.press("Enter")
    expect(page.locator("header")).to_contain_text("operator, operator")
    return page


def go(page: Page, key: str) -> None:
    page.keyboard.press("g")
    page.keyboard.press(key)


def test_a_recommendation_is_approved_with_the_keyboard_alone(own_console: Console, open_page: Open) -> None:
    page = as_operator(open_page, own_console)
    go(page, "r")
    rows = page.locator("tr[id^=recommendation-]")
    expect(rows).to_have_count(3)
    page.keyboard.press("j")
    expect(rows.nth(1)).to_have_class(re.compile("selected"))
    page.keyboard.press("a")
    weighed = page.get_by_role("dialog").get_by_role("listitem")
    expect(weighed).to_contain_text([*WEIGHED])
    page.keyboard.press("Tab")
    page.keyboard.type("as agreed")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(rows).to_have_count(2)
    page.get_by_label("State").select_option("approved")
    expect(rows).to_have_count(1)


def test_a_rejection_needs_a_reason_and_is_told_with_it(own_console: Console, open_page: Open) -> None:
    page = as_operator(open_page, own_console)
    go(page, "r")
    page.get_by_role("button", name="Reject").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Reject").click()
    expect(dialog).to_be_visible()  # the field wants something
    dialog.get_by_label("Reason").fill("the filter of crah-1 is being changed")
    dialog.get_by_role("button", name="Reject").click()
    expect(dialog).to_have_count(0)
    page.get_by_label("State").select_option("rejected")
    expect(page.locator("tr[id^=recommendation-]")).to_have_count(1)  # the two others wait still
    page.get_by_role("button", name="History").first.click()
    expect(page.get_by_role("dialog")).to_contain_text("operator: rejected. the filter of crah-1 is being changed")
    page.keyboard.press("Escape")
    go(page, "l")
    expect(page.get_by_role("row", name="recommendation.rejected")).to_contain_text("operator")


def test_an_alarm_is_acknowledged(own_console: Console, open_page: Open) -> None:
    page = as_operator(open_page, own_console)
    go(page, "a")
    waiting = page.get_by_role("button", name="Acknowledge")
    expect(waiting.first).to_be_visible()
    before = waiting.count()
    waiting.first.click()
    page.get_by_role("dialog").get_by_role("button", name="Acknowledge").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(waiting).to_have_count(before - 1)
    expect(page.get_by_text("acknowledged by operator")).to_be_visible()


def test_one_key_returns_the_site_to_its_own_controls_from_any_screen(own_console: Console, open_page: Open) -> None:
    page = as_operator(open_page, own_console)
    page.get_by_role("button", name="Return to local control").click()
    page.get_by_role("dialog").get_by_label("Reason").fill("smoke in hall 1")
    page.get_by_role("button", name="Return it now").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.locator("header")).to_contain_text("suspended")
    go(page, "d")
    expect(page.locator("main")).to_contain_text("by operator: returned to local control: smoke in hall 1")
    expect(page.get_by_role("button", name="Resume")).to_have_count(0)  # that is for engineers


def test_equipment_is_locked_out(own_console: Console, open_page: Open) -> None:
    page = as_operator(open_page, own_console)
    go(page, "d")
    page.get_by_label("Equipment").select_option("crah-1")
    page.get_by_role("button", name="Lock out").click()
    page.get_by_role("dialog").get_by_label("Reason").fill("its fan is changed")
    page.get_by_role("button", name="Lock it out").click()
    expect(page.locator("main")).to_contain_text("by operator: its fan is changed")
    expect(page.locator("header")).to_contain_text("1 locked out")
    for screen in ("crah-1", "hall-1"):  # its faceplate, and that of what it is a part of
        page.goto(f"{own_console.address}/#/equipment/{screen}")
        told = page.locator("main p", has_text="crah-1 locked out until")
        expect(told).to_contain_text("by operator: its fan is changed")
        expect(told).to_contain_text(re.compile(r"until \d{4}-\d\d-\d\d \d\d:\d\d \+0\d:00"))


def test_an_operator_chooses_points_and_may_only_forbid(own_console: Console, open_page: Open) -> None:
    page = as_operator(open_page, own_console)
    go(page, "d")
    page.get_by_label("choose crah-1.supply_air_temperature_setpoint_degc").check()
    expect(page.get_by_role("button", name="Forbid the chosen")).to_be_disabled()  # nobody allows it
    expect(page.get_by_role("button", name="Allow the chosen")).to_have_count(0)
