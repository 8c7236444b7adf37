"""Ways through the console: three clicks to a rack, keys alone, a telephone's width, a theme that stays, and paper."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.console.conftest import Open
from tests.console.furnished import Console

TELEPHONE = {"width": 390, "height": 844}
SCREENS = (
    "overview",
    "halls",
    "plan",
    "recommendations",
    "alarms",
    "dispatch",
    "demand-response",
    "savings",
    "energy",
    "models",
    "audit",
    "trends",
    "equipment/rack-01",
    "service",
    "settings",
    "sign-in",
)


def test_a_rack_is_two_clicks_away(open_page: Open, console: Console) -> None:
    page = open_page(console).page
    page.get_by_role("link", name="hall-1", exact=True).first.click()
    expect(page.get_by_text("rack inlets now")).to_be_visible()
    page.locator(".map a").first.click()
    expect(page.get_by_text("rack-01.feed-a.inlet_temperature_degc").first).to_be_visible()
    expect(page.locator("canvas").first).to_be_visible()
    page.go_back()
    expect(page.get_by_text("rack inlets now")).to_be_visible()


def test_a_plant_has_a_screen_with_its_schematic(open_page: Open, console: Console) -> None:
    page = open_page(console).page
    page.get_by_role("link", name="Leaving water").click()
    expect(page.get_by_role("heading", name="plant-1")).to_be_visible()
    page.get_by_role("group", name="plant-1").get_by_role("link", name="chiller-1").click()
    expect(page.get_by_role("heading", name="chiller-1")).to_be_visible()


def test_the_banner_has_shape_number_and_word_of_each_priority(open_page: Open, console: Console) -> None:
    marks = open_page(console, "trends").page.get_by_role("region", name="Alarms").locator(".mark")
    expect(marks).to_have_text([re.compile(r"^1 1 high$"), re.compile(r"^2 1 medium$")])
    shapes = [mark.locator("path").get_attribute("d") for mark in marks.all()]
    assert len(set(shapes)) == 2, "told apart without colour"


def test_racks_with_feeds_show_their_inlets(open_page: Open, console: Console) -> None:
    page = open_page(console, "halls").page
    first = page.locator(".map a").first
    expect(first).not_to_contain_text("–")
    scrubber = page.get_by_role("slider")
    expect(scrubber).to_have_js_property("max", "97")
    scrubber.focus()
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("heading", name="rack inlets")).not_to_contain_text("now")
    page.keyboard.press("ArrowLeft")
    expect(first).not_to_contain_text("–")


def test_keys_alone_open_screens_and_help(open_page: Open, console: Console) -> None:
    page = open_page(console).page
    expect(page.get_by_text("Facility power")).to_be_visible()
    for key, heading in (("a", "Alarms"), ("p", "Plan of"), ("s", "Processes"), ("o", "Power")):
        page.keyboard.press("g")
        page.keyboard.press(key)
        expect(page.get_by_role("heading", name=heading).first).to_be_visible()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    expect(page.get_by_role("searchbox")).to_have_css("outline-style", "solid")
    expect(page.get_by_role("searchbox")).to_have_css("outline-width", "3px")
    page.keyboard.type("rack-03 inlet")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(page.locator("canvas").first).to_be_visible()
    assert "rack-03.feed-a.inlet_temperature_degc" in page.url


@pytest.mark.parametrize("screen", SCREENS)
def test_nothing_is_cut_off_on_a_telephone(open_page: Open, console: Console, screen: str) -> None:
    page = open_page(console, screen, viewport=TELEPHONE).page
    expect(page.locator("main .panel").first).to_be_visible()
    widths = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert widths[0] <= widths[1]


def test_a_theme_and_units_stay_after_a_reload(open_page: Open, console: Console) -> None:
    page = open_page(console, "settings").page
    ground = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(ground)
    page.locator("main").get_by_label("Theme").select_option("dark")
    page.get_by_label("Units").select_option("ip")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert page.evaluate(ground) != light
    page.goto(f"{console.address}/#/equipment/rack-01")
    expect(page.locator("tr", has_text="inlet").locator(".value")).to_contain_text("°F")
    page.goto(f"{console.address}/#/halls")
    chart = page.get_by_role("img", name="Psychrometric chart")
    expect(chart).to_contain_text("dry bulb, °F")
    expect(chart).to_contain_text("humidity ratio, gr/lb of dry air")
    expect(chart.locator("text", has_text="100")).to_have_count(1)  # 14.3 g/kg


def test_charts_follow_the_theme(open_page: Open, console: Console) -> None:
    page = open_page(console, "plan").page
    marker = page.locator(".u-legend .u-marker").nth(1)
    expect(marker).to_have_css("border-top-color", "rgb(29, 79, 124)")  # --plan of the light theme
    page.emulate_media(color_scheme="dark")  # the system's, at dusk
    expect(marker).to_have_css("border-top-color", "rgb(143, 193, 238)")
    page.locator("header").get_by_label("Theme").select_option("light")
    expect(marker).to_have_css("border-top-color", "rgb(29, 79, 124)")


def test_paper_shows_the_plan_without_what_is_pressed(open_page: Open, console: Console, tmp_path: Path) -> None:
    page = open_page(console, "plan").page
    expect(page.locator("canvas").first).to_be_visible()
    page.emulate_media(media="print")
    expect(page.get_by_role("navigation")).to_be_hidden()
    expect(page.get_by_text("Plan of")).to_be_visible()
    expect(page.locator("canvas").first).to_be_visible()
    assert page.pdf(path=tmp_path / "plan.pdf").startswith(b"%PDF")
