"""A hall in the past: its map, its table and its file are of the time that is chosen, all of the same one."""

from __future__ import annotations

import csv
import re
from pathlib import Path

from playwright.sync_api import expect

from tests.console.conftest import Open
from tests.console.furnished import Console

STEPS_BACK = 24  # of a quarter of an hour


def test_the_table_beside_the_map_is_of_the_same_time(console: Console, open_page: Open) -> None:
    page = open_page(console, "halls/hall-1").page
    slider, rack = page.get_by_role("slider", name="Time"), page.get_by_role("row", name=re.compile("^Rack 1 "))
    expect(page.get_by_role("columnheader", name="Inlet now")).to_be_visible()
    expect(slider).to_have_value(re.compile(r"^\d{2,}$"))
    slider.focus()
    for _ in range(STEPS_BACK):
        page.keyboard.press("ArrowLeft")
    when = slider.get_attribute("aria-valuetext")
    assert when is not None
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d", when)
    expect(page.get_by_role("columnheader", name=f"Inlet {when}")).to_be_visible()
    mapped = page.locator(".map").first.locator("a", has_text="Rack 1").locator(".inlet").inner_text()
    assert re.fullmatch(r"\d\d\.\d", mapped)
    expect(rack).to_contain_text(f"{mapped} °C")
    with page.expect_download() as found:
        page.get_by_role("button", name="CSV of hall-1").click()
    heading, *rows = csv.reader(Path(found.value.path()).read_text(encoding="utf-8").splitlines())
    inlet = heading.index(f"inlet {when} [°C]")
    assert [f"{float(row[inlet]):.1f}" for row in rows if row[0] == "Rack 1"] == [mapped]
    page.get_by_role("button", name="Now").click()
    expect(page.get_by_role("columnheader", name="Inlet now")).to_be_visible()
