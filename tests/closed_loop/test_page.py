"""The page of pictures: one file that needs nothing else, says losses as plainly as wins, and draws what the frames hold."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from time import perf_counter

import numpy as np
import pandas as pd
import pytest

from facility.site import Site
from facility.site_file import load_site
from tests.house.repository import ROOT
from tools.closed_loop.page import PageCase, write_page
from tools.closed_loop.page_panels import Bands, Lines, panels_of
from tools.closed_loop.result import Comparison, Cost, RunResult

ARMS = ("as_commissioned", "good_practice", "facility", "reference")
SETPOINTS = {
    "crah-1.supply_air_temperature_setpoint_degc": 20.0,
    "crah-2.supply_air_temperature_setpoint_degc": 22.0,
    "crah-4.supply_air_temperature_setpoint_degc": 23.0,
    "crah-1.fan_speed_setpoint_frac": 0.6,
    "plant-1.leaving_chilled_water_temperature_setpoint_degc": 12.0,
    "plant-1.condenser_water_temperature_setpoint_degc": 24.0,
    "battery-1.charge_power_setpoint_kw": 0.0,
}


@pytest.fixture(scope="module")
def site() -> Site:
    return load_site(ROOT / "site_configs" / "demo.yaml").site


def result(cost: float = 1000.0, **changes: float) -> RunResult:
    numbers = dict.fromkeys(
        (
            "energy_kwh", "it_energy_kwh", "cooling_energy_kwh", "carbon_kgco2", "water_l", "deadline_misses",
            "heat_delivered_kwh", "recommended_degree_minutes", "below_recommended_degree_minutes", "allowable_minutes",
            "dew_point_minutes", "liquid_limit_minutes", "n_plus_1_minutes", "sla_violations", "writes_per_point_day_max",
            "work_done_server_h", "deferrable_kwh",
        ),
        0.0,
    )  # fmt: skip
    counts = dict.fromkeys(("ramp_violations", "setpoint_moves", "mode_changes", "chiller_starts", "refused_writes"), 0)
    split = Cost(cost - 100.0, 60.0, 30.0, 5.0, 3.0, 2.0, 0.0)
    made = RunResult(**numbers, **counts, cost=split, pue=1.3, work_done_share=1.0)  # type: ignore[arg-type]
    return replace(made, **changes)  # type: ignore[arg-type]


def frame(shift: float = 0.0, days: float = 3.0, start: str = "2025-03-28T23:00Z") -> pd.DataFrame:
    """A course as a recorder keeps it: every five minutes; `shift` tells arms apart."""
    times = pd.date_range(start, periods=round(days * 288), freq="5min", name="time")
    day = np.sin(np.arange(len(times)) / 288.0 * 2.0 * np.pi)
    wave = np.random.default_rng(int(10 * shift)).normal(0.0, 1.0, len(times))
    columns: dict[str, object] = {
        "power_kw": 420.0 + 60.0 * day + 10.0 * shift + wave,
        "it_kw": 330.0 + 50.0 * day + wave,
        "cooling_kw": 60.0 + 10.0 * day + 10.0 * shift + wave,
        "hottest_inlet_degc": 24.0 + day + shift,
        "price_per_kwh": np.where(times.hour < 6, 0.11, 0.16),
        "energy_and_carbon_cost": np.cumsum(np.full(len(times), 5.0 + shift)),
        "chillers_on": np.where(day > 0.3, 2.0, np.where(day > -0.5, 1.0, 0.0)),
        "mode:plant-1": np.where(day < -0.5, 2.0, np.where(day < 0.3, 1.0, 0.0)),
        "leaving_water_degc:plant-1": 12.0 + 2.0 * day + shift,
    }
    return pd.DataFrame(columns, index=times).assign(
        **{f"setpoint:{name}": np.round(value + shift + 0.5 * day, 1) for name, value in SETPOINTS.items()}
    )


def case(site: Site, frames: Mapping[str, pd.DataFrame] | None = None, **changes: RunResult) -> PageCase:
    runs = {
        "as_commissioned": result(1300.0, recommended_degree_minutes=0.0),
        "good_practice": result(1100.0, recommended_degree_minutes=50.0, setpoint_moves=90),
        "facility": result(1000.0, recommended_degree_minutes=80.0, setpoint_moves=40, plan_seconds_mean=3.2),
        "reference": result(950.0),
        **changes,
    }
    comparison = Comparison("demo", "2025-03-29", 3, 7, 0.667, None, 900.0, runs, notes=("prices < 0 are kept",))
    given = {arm: frame(shift) for arm, shift in zip(ARMS, (0.9, 0.6, 0.0, 0.3), strict=True)}
    return PageCase(comparison, site, given if frames is None else frames)


@pytest.fixture(scope="module")
def text(site: Site, tmp_path_factory: pytest.TempPathFactory) -> str:
    return written(tmp_path_factory.mktemp("page") / "page.html", case(site), case(site))


class Page(HTMLParser):
    """Words by cell, ids, and every address that a browser would fetch."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.ids: list[str] = []
        self.fetched: list[str] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.ids += [given["id"] or ""] if "id" in given else []
        self.fetched += [str(given[name]) for name in ("src", "href", "xlink:href", "data") if name in given]
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            self.open.pop()

    def handle_data(self, data: str) -> None:
        if self.open:
            self.rows[-1][-1] += data

    def row(self, words: str) -> list[str]:
        return next(row[1:] for row in self.rows if row[0] == words)


def written(path: Path, *cases: PageCase) -> str:
    write_page(path, cases)
    return path.read_text(encoding="utf-8")


def test_a_page_needs_no_network_and_has_no_id_twice(text: str) -> None:
    page = Page(text)
    assert [one for one in page.fetched if not one.startswith("#")] == []
    assert "@import" not in text
    assert "<script" not in text
    assert re.findall(r"url\((?!#)", text) == []
    assert len(page.ids) == len(set(page.ids))
    assert {one[1:] for one in page.fetched} <= set(page.ids)
    assert set(re.findall(r"url\(#([^)]*)\)", text)) <= set(page.ids)


def test_colours_are_those_of_the_style_sheet_so_that_dark_is_dark(text: str) -> None:
    drawing = text[text.index('<svg class="course"') :]
    assert re.findall(r"#[0-9a-fA-F]{6}\b", drawing) == []
    assert "prefers-color-scheme:dark" in text
    used, defined = set(re.findall(r"var\((--[\w-]+)\)", text)), set(re.findall(r"(--[\w-]+):#", text))
    assert used <= defined


def test_losses_are_marked_like_wins(text: str) -> None:
    page = Page(text)
    assert page.row("sum") == [
        "1\u202f300.00 ✗ +18.2 %",
        "1\u202f100.00",
        "1\u202f000.00 ✓ −9.1 %",
        "950.00 ✓ −13.6 %",
    ]
    assert page.row("K-minutes above recommended") == ["0.0 ✓ −100.0 %", "50.0", "80.0 ✗ +60.0 %", "0.0 ✓ −100.0 %"]
    assert page.row("setpoint moves")[2] == "40 ✓ −55.6 %"
    assert page.row("PUE") == ["1.300 ", "1.300", "1.300 ", "1.300 "]  # the same: no sign


def test_a_first_violation_shows_its_number_where_a_share_would_divide_by_nothing(tmp_path: Path, site: Site) -> None:
    page = Page(written(tmp_path / "page.html", case(site, {}, facility=result(allowable_minutes=12.0))))
    assert page.row("rack-minutes outside allowable") == ["0 ", "0", "12 ✗ +12", "0 "]


def test_words_say_what_was_captured_and_what_is_not_known(text: str, tmp_path: Path, site: Site) -> None:
    assert "Facility cost 1\u202f000.00 EUR: 23.1 % less than as commissioned, 9.1 % less than good practice" in text
    assert "Facility captured 66.7 % of what the reference, which sees the future, saves against good practice." in text
    assert "No arm could have cost less than 900.00 EUR; facility is 11.1 % above it" in text
    assert "prices &lt; 0 are kept" in text
    unknown = case(site, {})
    nothing = replace(unknown.comparison, captured_share=None, lower_bound_cost=None)
    text_without = written(tmp_path / "page.html", replace(unknown, comparison=nothing))
    assert "No lower bound is known." in text_without
    assert "captured" not in text_without


def test_several_comparisons_begin_with_a_row_each(tmp_path: Path, site: Site) -> None:
    page = Page(written(tmp_path / "page.html", case(site, {}), case(site, {}, facility=result(1210.0))))
    rows = [row for row in page.rows if row[0] == "demo, 2025-03-29, 3 days, seed 7"]
    assert [row[3] for row in rows] == ["1\u202f000.00 ✓ −9.1 %", "1\u202f210.00 ✗ +10.0 %"]


def test_setpoints_are_by_hall_and_those_that_nobody_moves_are_left_out(site: Site) -> None:
    still = {
        arm: one.assign(**{"setpoint:battery-1.charge_power_setpoint_kw": 5.0})
        for arm, one in case(site).frames.items()
    }
    titles = [panel.title for panel in panels_of(case(site, still)) if "setpoint" in panel.title]
    assert titles == [
        "Supply air setpoint of hall-1, mean of 2 [°C]",
        "Supply air setpoint of hall-2 [°C]",
        "Fan speed setpoint of hall-1 [%]",
        "Leaving water setpoint of plant-1 [°C]",
        "Condenser water setpoint of plant-1 [°C]",
    ]
    assert "Charge power setpoint of battery-1 [kW]" in [panel.title for panel in panels_of(case(site))]


def test_the_mean_of_a_hall_is_in_the_unit_that_is_written(site: Site) -> None:
    panels = {panel.title: panel for panel in panels_of(case(site))}
    first = {title: next(iter(panels[title].courses.values())).iloc[0] for title in panels if "hall-1" in title}
    assert first["Supply air setpoint of hall-1, mean of 2 [°C]"] == pytest.approx(21.9)
    assert first["Fan speed setpoint of hall-1 [%]"] == pytest.approx(150.0)


def test_the_limit_of_inlets_is_drawn_and_the_allowable_one_when_it_is_near(site: Site) -> None:
    def limits(hottest: float) -> list[float]:
        frames = {"facility": frame().assign(hottest_inlet_degc=hottest)}
        panel = next(panel for panel in panels_of(case(site, frames)) if panel.title.startswith("Hottest"))
        assert isinstance(panel, Lines)
        return list(panel.limits.values())

    assert limits(25.0) == [27.0]
    assert limits(31.0) == [27.0, 32.0]


def test_money_saved_is_against_good_practice(site: Site) -> None:
    saved = panels_of(case(site))[-1]
    assert saved.title == "The same, less that of good practice [EUR]; below 0 is cheaper"
    last = {arm: float(course.iloc[-1]) for arm, course in saved.courses.items()}
    assert last == pytest.approx({"as_commissioned": 0.3 * 864, "facility": -0.6 * 864, "reference": -0.3 * 864})


def test_modes_are_bands_with_words(text: str, site: Site) -> None:
    bands = [panel for panel in panels_of(case(site)) if isinstance(panel, Bands)]
    assert [band.title for band in bands] == ["Economizer of plant-1", "Chillers on"]
    for words in ("chillers only", "economizer and chillers", "economizer only"):
        assert f">{words}<" in text


def test_the_clock_is_the_sites_through_a_change_of_its_time(text: str) -> None:
    """In Berlin 30 March 2025 has 23 hours: midnights stay at midnight."""
    shown = [one for one in ("Sat 29 Mar", "Sun 30 Mar", "Mon 31 Mar") if f">{one}<" in text]
    assert shown == ["Sat 29 Mar", "Sun 30 Mar", "Mon 31 Mar"]
    assert set(re.findall(r">(\d\d:\d\d)<", text)) == {"06:00", "12:00", "18:00"}


def test_an_arm_without_a_frame_is_in_the_table_only(tmp_path: Path, site: Site) -> None:
    text = written(tmp_path / "page.html", case(site, {"facility": frame(days=0.5)}))
    assert "Without a course over time: as commissioned, good practice, reference." in text
    assert Page(text).row("sum")[3].startswith("950.00")
    assert '<svg class="course"' not in written(tmp_path / "page.html", case(site, {}))


def test_a_run_of_three_days_is_small_and_quick(tmp_path: Path, site: Site) -> None:
    began = perf_counter()
    text = written(tmp_path / "page.html", case(site))
    assert perf_counter() - began < 10.0
    assert len(text.encode()) < 3_000_000


def test_the_same_comparison_gives_the_same_page(tmp_path: Path, site: Site) -> None:
    short = case(site, {"facility": frame(days=0.5)})
    assert written(tmp_path / "a.html", short) == written(tmp_path / "b.html", short)


def test_what_is_no_recorders_frame_is_refused(tmp_path: Path, site: Site) -> None:
    with pytest.raises(ValueError, match="the frame of facility lacks cooling_kw: is it a recorder's"):
        written(tmp_path / "page.html", case(site, {"facility": frame().drop(columns="cooling_kw")}))
    with pytest.raises(ValueError, match="no such arm: ours; known: as_commissioned"):
        case(site, {"ours": frame()})
    with pytest.raises(ValueError, match="at least one comparison"):
        write_page(tmp_path / "page.html", [])
