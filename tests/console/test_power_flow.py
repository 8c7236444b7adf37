"""The flow of power is drawn in proportion: from the meter through the UPS to the racks; what is stale is no loss."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.console.conftest import Open
from tests.console.furnished import Console

REST = "Losses and what is not measured"
TOLERANCE_FRAC = 0.02  # rounding of the texts
# Numbers and widths of one moment: the page is live. In the picture: what takes power in the order of the table, meter, UPS.
SEEN = """() => ({
  kw: [...document.querySelectorAll("main table tbody tr")].map((row) => row.cells[1].innerText),
  heights: [...document.querySelectorAll('svg[aria-label^="Flow of power"] rect')].map((each) => each.height.baseVal.value),
})"""


def test_widths_are_in_proportion(open_page: Open, console: Console) -> None:
    page = open_page(console).page
    expect(_picture(page)).to_contain_text(re.compile(rf"IT, hall-1 [\d.]+ kW.*{REST} [\d.]+ kW"))
    seen = page.evaluate(SEEN)
    it_kw, rest_kw = (float(text.split()[0]) for text in (seen["kw"][0], seen["kw"][-1]))
    it, rest, meter, ups = seen["heights"]
    assert it / rest == pytest.approx(it_kw / rest_kw, rel=TOLERANCE_FRAC)
    assert meter == pytest.approx(it + rest)
    assert ups == pytest.approx(it), "racks are behind the UPS, what is lost is not"


def test_what_is_stale_does_not_turn_into_a_loss(own_console: Console, open_page: Open) -> None:
    page = open_page(own_console).page
    lost = page.get_by_role("row", name=re.compile(f"^{REST}"))
    expect(lost).to_contain_text("kW")
    own_console.silent_devices.add("pdu-rack-02")
    own_console.clock.shift += timedelta(minutes=5)
    expect(lost).to_contain_text("–")
    expect(_picture(page)).not_to_contain_text(REST)
    expect(_picture(page).locator("path.not-good")).to_have_count(1)


def _picture(page: Page) -> Locator:
    return page.get_by_role("img", name="Flow of power from utility through ups-1")
