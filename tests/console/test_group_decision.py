"""Recommendations that belong together are decided as one at the console, by keys alone, and one by one where that is wanted."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import timedelta

from playwright.sync_api import expect

from facility.history.journal import open_journal
from facility.records import Interval
from tests.api.records_for_tests import plan, recommendation
from tests.console.conftest import Open
from tests.console.furnished import Console
from tests.console.test_decisions import as_operator, go
from tests.console.test_screens import faults

NOTHING = Interval(0.0, 0.0, 0.0)


def propose(console: Console) -> None:
    """Have a new plan propose supply air and fans, which belong together, and a plant's water, which stands alone."""
    now = console.clock.now()
    of = replace(plan(console.loaded, now), id="plan-2")
    air = replace(recommendation(console.loaded, 1, now + timedelta(hours=1)), id="air", plan_id=of.id, created=now)
    fans = replace(
        air, id="fans", quantity="fan_speed_setpoint_frac", current=0.8, recommended=0.6, unit="frac",
        saving_kw=NOTHING, saving_cost_per_day=NOTHING, saving_kgco2_per_day=NOTHING,
    )  # fmt: skip
    water = replace(air, id="water", equipment="plant-1", quantity="leaving_chilled_water_temperature_setpoint_degc")
    with closing(open_journal(None, console.state)) as journal:
        journal.save_plan(of, [air, fans, water], "correlated")


def test_a_group_is_approved_by_keys_alone(own_console: Console, open_page: Open) -> None:
    propose(own_console)
    page = as_operator(open_page, own_console)
    go(page, "r")
    rows = page.locator("tr[id^=recommendation-]")
    expect(rows).to_have_count(3)
    expect(rows.nth(0)).to_contain_text("with hall-1 fan speed setpoint")
    page.keyboard.press("a")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("hall-1, fan speed setpoint: from 80 % to 60 %")
    assert faults(page) == []
    page.keyboard.press("Tab")  # as one or not
    page.keyboard.press("Tab")
    page.keyboard.type("as agreed")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(dialog).to_have_count(0)
    expect(rows).to_have_count(1)
    page.get_by_label("State").select_option("approved")
    expect(rows).to_have_count(2)


def test_one_of_a_group_is_rejected_alone_where_a_person_says_so(own_console: Console, open_page: Open) -> None:
    propose(own_console)
    page = as_operator(open_page, own_console)
    go(page, "r")
    rows = page.locator("tr[id^=recommendation-]")
    expect(rows).to_have_count(3)
    page.keyboard.press("j")
    page.keyboard.press("r")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("with what belongs to it").uncheck()
    dialog.get_by_label("Reason").fill("too loud")
    dialog.get_by_role("button", name="Reject", exact=True).click()
    expect(dialog).to_have_count(0)
    expect(rows).to_have_count(2)
    expect(page.locator("main")).not_to_contain_text("with hall-1")
