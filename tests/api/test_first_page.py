from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest

from facility.api.page.chart import schedule_chart
from facility.api.page.first_page import PageContent, first_page, history_link
from facility.api.page.key_values import key_values
from facility.api.page.markup import element
from facility.api.service_health import DeviceHealth, ServiceHealth
from facility.records import LimitShortfall, Quality, Reading
from facility.site_file import LoadedSite, load_site
from tests.api.records_for_tests import NOW, STEPS, plan, recommendation


@pytest.fixture
def loaded(example_site: Path) -> LoadedSite:
    text = example_site.read_text(encoding="utf-8")
    example_site.write_text(text.replace("name: Example site", 'name: "<b>R&D</b> site"'), encoding="utf-8")
    return load_site(example_site)


def content(loaded: LoadedSite) -> PageContent:
    fault = "answers <exception 2>"
    devices = (DeviceHealth("meter-1", "ok", {}), DeviceHealth("gateway-1", "failing", {"last_fault": fault}))
    health = ServiceHealth("degraded", NOW, (), ("planner",), devices)
    recommendations = [recommendation(loaded, 1, NOW + timedelta(minutes=30))]
    return PageContent(loaded, health, key_values(loaded, readings(), NOW), plan(loaded), recommendations)


def readings() -> dict[str, Reading]:
    values = {f"rack-0{n}.feed-a.power_kw": 60.0 for n in range(1, 6)}
    values |= {"utility.power_kw": 390.0, "rack-05.feed-a.inlet_temperature_degc": 27.6}
    values |= {"rack-01.feed-a.inlet_temperature_degc": 24.0}
    return {point: Reading(point, NOW - timedelta(seconds=2), value, Quality.GOOD) for point, value in values.items()}


class Collector(HTMLParser):
    """Collects tags with their attributes and checks that they nest."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in {"meta", "link", "input"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def read(page: str) -> Collector:
    collector = Collector()
    collector.feed(page)
    assert collector.open == []
    return collector


def test_the_page_obeys_its_own_content_security_policy(loaded: LoadedSite) -> None:
    page = read(first_page(content(loaded)))
    for tag, attributes in page.tags:
        assert tag not in {"script", "style", "iframe", "object"}
        assert "style" not in attributes
        assert not [name for name in attributes if name.startswith("on")]
        assert not str(attributes.get("href") or attributes.get("src") or "/").startswith(("http", "//", "data:"))


def test_texts_from_outside_stay_texts(loaded: LoadedSite) -> None:
    html = first_page(content(loaded))
    assert "<b>" not in html
    page = read(html)
    assert "<b>R&D</b> site" in page.text
    assert "answers <exception 2>" in page.text
    assert "inlet temperature <rack-05>" in page.text


def test_what_is_abnormal_has_a_shape_and_a_word_beside_its_colour(loaded: LoadedSite) -> None:
    text = read(first_page(content(loaded))).text
    assert "▲ Service degraded" in text
    assert "▲ failing" in text
    assert "▲ rack-05, above its limit 27 °C" in text
    assert "▲ never started" in text
    assert "▲ outside its limit now" in text
    assert "planned only until" not in text


def test_hours_that_cannot_be_met_stand_above_the_schedule(loaded: LoadedSite) -> None:
    shown = content(loaded)
    assert shown.plan is not None
    short = LimitShortfall("plant-1 chiller capacity", 30.0, "kW", shown.plan.end, shown.plan.end)
    text = read(first_page(replace(shown, plan=replace(shown.plan, unmet=(short,))))).text
    assert "▲ planned only until" in text
    assert "▲ cannot be met: plant-1 chiller capacity short by 30 kW" in text


def test_key_values_need_fresh_readings_of_every_rack(loaded: LoadedSite) -> None:
    def shown(changed: dict[str, Reading]) -> dict[str, tuple[str | None, str]]:
        return {value.name: (value.value, value.note) for value in key_values(loaded, changed, NOW)}

    whole = shown(readings())
    assert whole["IT power"] == ("300.0", "")
    assert whole["Interim power ratio"] == ("1.300", "")
    assert whole["Hottest rack inlet"][0] == "27.6"
    lacking = readings()
    del lacking["rack-03.feed-a.power_kw"]
    assert shown(lacking)["Interim power ratio"] == (None, "1 of 5 racks not read")
    old = readings() | {"utility.power_kw": Reading("utility.power_kw", NOW - timedelta(hours=1), 390.0, Quality.GOOD)}
    assert shown(old)["Interim power ratio"] == (None, "main meter not read")


def test_without_a_plan_the_page_says_what_the_planner_waits_for(loaded: LoadedSite) -> None:
    now = content(loaded)
    page = first_page(PageContent(now.loaded, now.health, now.values, None, ()))
    assert "There is no plan yet" in page
    assert "None waits for a decision" in page


def test_the_chart_draws_each_series_over_the_whole_plan(loaded: LoadedSite) -> None:
    chart = ET.fromstring(schedule_chart(plan(loaded), loaded.site.zone))
    paths = {node.attrib["class"]: node.attrib["d"] for node in chart.iter("path")}
    assert {"series plan", "series baseline", "series price"} <= set(paths)
    assert all(path.count("H") == STEPS for path in paths.values())
    bars = [node for node in chart.iter("rect") if "mode" in node.attrib["class"]]
    width = float(chart.attrib["viewBox"].split()[2])
    assert sum(float(bar.attrib["width"]) for bar in bars) == pytest.approx(width - 70, rel=1e-4)
    labels = [node.text for node in chart.iter("text")]
    assert "Wed 00:00" in labels  # site time: 11 March begins 11 hours after the plan, which starts at 13:00


def test_gaps_in_a_series_stay_gaps(loaded: LoadedSite) -> None:
    whole = plan(loaded)
    power = list(whole.schedule["site.power_kw"])
    power[10] = float("nan")
    holed = {**whole.schedule, "site.power_kw": tuple(power)}
    object.__setattr__(whole, "schedule", holed)
    chart = ET.fromstring(schedule_chart(whole, loaded.site.zone))
    drawn = next(node.attrib["d"] for node in chart.iter("path") if node.attrib["class"] == "series plan")
    assert "nan" not in drawn
    assert (drawn.count("M"), drawn.count("H")) == (2, STEPS - 1)


def test_attributes_are_escaped() -> None:
    assert element("a", "x", href='"><script>') == '<a href="&quot;&gt;&lt;script&gt;">x</a>'


def test_the_csv_link_asks_for_points_of_the_site(loaded: LoadedSite) -> None:
    assert "point=utility.power_kw&point=rack-01.feed-a.power_kw" in history_link(loaded, NOW)


@pytest.mark.parametrize(
    ("quantity", "unit", "value", "shown"),
    [
        ("economizer_mode_command", "enum", 2.0, "free"),
        ("chillers_staged_command", "count", 1.0, "1"),
        ("fan_speed_setpoint_frac", "frac", 0.45, "45 %"),
        ("supply_air_temperature_setpoint_degc", "degC", 21.5, "21.5 °C"),
    ],
)
def test_a_setting_is_shown_as_an_engineer_says_it(
    loaded: LoadedSite, quantity: str, unit: str, value: float, shown: str
) -> None:
    now = content(loaded)
    item = replace(now.recommendations[0], quantity=quantity, unit=unit, recommended=value)
    assert f">{shown}</td>" in first_page(replace(now, recommendations=[item]))
