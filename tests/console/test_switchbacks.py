"""Switchbacks at the console: an engineer starts one, all see what it does now, an operator stops it."""

from __future__ import annotations

import re
from contextlib import closing

from playwright.sync_api import expect

from facility.access import Role
from facility.accounts.opening import open_access
from facility.history.journal import open_journal
from facility.records import RecommendationState
from tests.api.askers import CHOSEN, add_person
from tests.console.conftest import Open
from tests.console.furnished import Console
from tests.console.test_decisions import as_operator, go
from tests.console.test_screens import faults

ENGINEER = "engineer"


def test_one_is_started_shown_and_stopped(own_console: Console, open_page: Open) -> None:
    loaded, state, clock = own_console.loaded, own_console.state, own_console.clock
    with closing(open_access(loaded, state, clock)) as access:
        add_person(access, ENGINEER, Role.ENGINEER)
    with closing(open_journal(None, state)) as journal:
        journal.transition("rec-1", RecommendationState.APPROVED, actor="test", reason="", at=clock.now())
    page = open_page(own_console, "sign-in").page
    page.get_by_label("Name").fill(ENGINEER)
    page.get_by_label("Password").fill(CHOSEN)
    page.keyboard.press("Enter")
    expect(page.locator("header")).to_contain_text("engineer, engineer")
    go(page, "v")
    page.get_by_role("button", name="Start a switchback").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Recommendation").select_option("rec-1")
    dialog.get_by_label("Pairs of blocks").fill("6")
    dialog.get_by_label("a person switches it").check()
    dialog.get_by_label("Reason").fill("is it worth it?")
    assert faults(page) == []
    dialog.get_by_role("button", name="Start it").click()
    expect(dialog).to_have_count(0)
    main = page.locator("main")
    expect(main).to_contain_text("recommendation rec-1, by hand")
    expect(main).to_contain_text(re.compile(r"block 1 of 12, switches in\s+3 h 5\d min"))
    expect(main).to_contain_text("a block that is over")  # why it says nothing of a saving yet
    expect(page.get_by_role("button", name="Start a switchback")).to_have_count(0)
    page.get_by_text("Its blocks").click()
    expect(page.locator("tr[aria-current=time]")).to_have_count(1)
    assert faults(page) == []

    page = as_operator(open_page, own_console)
    go(page, "v")
    page.get_by_role("button", name="Stop sb").click()
    page.get_by_role("dialog").get_by_label("Reason").fill("the hall is needed")
    page.get_by_role("dialog").get_by_role("button", name="Stop it").click()
    expect(page.locator("main")).to_contain_text("stopped by operator: the hall is needed")
    expect(page.locator("main")).to_contain_text("None runs.")
    expect(page.get_by_role("button", name="Start a switchback")).to_have_count(0)  # that is for engineers
