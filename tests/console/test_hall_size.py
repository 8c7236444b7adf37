"""A hall of more racks than one request may name: all of them are shown through time."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from facility.site_file import load_site
from facility.state import StateFolder
from tests.conftest import EXAMPLE
from tests.console.conftest import Open
from tests.console.furnished import Console, MovingClock, furnished

RACKS = 120


@pytest.fixture
def large(browser: Browser, tmp_path: Path) -> Iterator[Console]:
    """The example with 120 racks in place of four."""
    shutil.copytree(EXAMPLE, tmp_path / "site")
    file = tmp_path / "site" / "site.yaml"
    text = file.read_text(encoding="utf-8").replace("rack-01..rack-04", f"rack-001..rack-{RACKS}")
    file.write_text(text, encoding="utf-8")
    with furnished(
        load_site(file), StateFolder(tmp_path / "state"), MovingClock(), past_step=timedelta(minutes=15)
    ) as served:
        yield served


def test_every_rack_of_a_large_hall_has_a_past(large: Console, open_page: Open) -> None:
    page = open_page(large, "halls").page
    racks = page.locator("figure", has_text="Measured").locator(".map a")
    expect(racks).to_have_count(RACKS + 1)
    scrubber = page.get_by_role("slider")
    expect(scrubber).to_have_js_property("max", "97")
    scrubber.focus()
    for _ in range(3):
        page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("heading", name="rack inlets")).not_to_contain_text("now")
    expect(racks.last).not_to_contain_text("–")
    assert [each for each in racks.all_inner_texts() if "–" in each] == []
