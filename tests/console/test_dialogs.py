"""Dialogs hold the focus and give it back, and neither they nor what only some are offered has a fault for axe-core."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from facility.access import Role
from facility.accounts.opening import open_access
from tests.api.askers import CHOSEN, add_person
from tests.console.conftest import Open
from tests.console.furnished import Console
from tests.console.test_screens import THEMES, faults, shoot

ADMIN = "chief"
PRESSES = 12  # of Tab: more than any of them has to offer
# By screen: buttons that open a dialog each, and what stands in it.
DIALOGS = {
    "overview": {"Keys": "Find a point", "Return to local control": "Writing stops at once"},
    "recommendations": {
        "Approve hall-1 supply air temperature setpoint": "From",
        "Reject hall-1 supply air temperature setpoint": "From",
        "History of hall-1 supply air temperature setpoint": "What is written is watched",
        "Compare the chosen (2)": "Is rolled back to",
    },
    "alarms": {"Acknowledge: ": "Reason", "Shelve: ": "Hours, then it comes back", "Out of service: ": "Reason"},
    "dispatch": {"observe": "Reason", "Veto": "Reason", "Allow the chosen": "Reason"},
}
OFFERED = {
    "people": "Machines",
    "dispatch": "Points that may be written",
    "recommendations": "warmer supply air",
    "alarms": "Acknowledge",
    "audit": "Head of the chain",
}


@pytest.fixture
def admin(own_console: Console, open_page: Open) -> Page:
    """A page on which an admin is signed in; it is closed before its service is."""
    with closing(open_access(own_console.loaded, own_console.state, own_console.clock)) as access:
        add_person(access, ADMIN, Role.ADMIN)
    page = open_page(own_console, "sign-in").page
    page.get_by_label("Name").fill(ADMIN)
    page.get_by_label("Password").fill(CHOSEN)
    page.keyboard.press("Enter")
    expect(page.locator("header")).to_contain_text(f"{ADMIN}, admin")
    return page


@pytest.mark.parametrize("screen", DIALOGS)
def test_a_dialog_holds_the_focus_and_gives_it_back(admin: Page, own_console: Console, screen: str) -> None:
    admin.goto(f"{own_console.address}/#/{screen}")
    for name, inside in DIALOGS[screen].items():
        if "chosen" in name:
            expect(admin.get_by_label("choose ").first).to_be_visible()
            for box in admin.get_by_label("choose ").all()[:2]:
                box.check()
        opener = admin.get_by_role("button", name=name).first
        opener.focus()
        admin.keyboard.press("Enter")
        dialog = admin.get_by_role("dialog")
        expect(dialog).to_contain_text(inside)
        assert faults(admin) == [], name
        for _ in range(PRESSES):
            admin.keyboard.press("Tab")
            assert admin.evaluate(
                "document.activeElement === document.body || !!document.activeElement.closest('dialog')"
            ), name
        admin.keyboard.press("Escape")
        expect(dialog).to_have_count(0)
        expect(opener).to_be_focused()


@pytest.mark.parametrize("screen", OFFERED)
def test_what_an_admin_is_offered_has_no_fault(admin: Page, own_console: Console, screen: str) -> None:
    admin.goto(f"{own_console.address}/#/{screen}")
    expect(admin.locator("main").get_by_text(OFFERED[screen]).first).to_be_visible()
    assert faults(admin) == []
    shoot(admin, f"{screen}_admin", "light")
    for theme in THEMES:
        admin.locator("header").get_by_label("Theme").select_option(theme)
        assert faults(admin, "color-contrast") == [], theme
        shoot(admin, f"{screen}_admin", theme)


def test_people_are_a_file(admin: Page, own_console: Console) -> None:
    admin.goto(f"{own_console.address}/#/people")
    with admin.expect_download() as downloading:
        admin.get_by_role("button", name="CSV of people").click()
    rows = Path(downloading.value.path()).read_text(encoding="utf-8").splitlines()
    assert rows[0].startswith("name,standing,role,since")
    assert any(row.startswith(f"{ADMIN},") and ",admin," in row for row in rows)


def test_an_alarm_is_shelved_for_as_long_as_is_said(admin: Page, own_console: Console) -> None:
    admin.goto(f"{own_console.address}/#/alarms")
    admin.get_by_role("button", name="Shelve: ").first.click()
    dialog = admin.get_by_role("dialog")
    dialog.get_by_label("Hours").fill("30")
    dialog.get_by_label("Reason").fill("its probe is being changed")
    dialog.get_by_role("button", name="Shelve").click()
    expect(dialog).to_be_visible()  # longer than a day is out of service
    dialog.get_by_label("Hours").fill("2")
    with admin.expect_request(lambda request: request.url.endswith("/shelve")) as asked:
        dialog.get_by_role("button", name="Shelve").click()
    now = admin.evaluate("Date.now()")
    sent = asked.value.post_data_json
    assert sent is not None
    until = admin.evaluate("Date.parse", sent["until"])
    assert abs(until - now - 2 * 3_600_000) < 60_000
    expect(dialog).to_have_count(0)
    admin.get_by_role("button", name="Shelved, suppressed, out of service (1)").click()
    expect(admin.locator("main")).to_contain_text("by chief until")
