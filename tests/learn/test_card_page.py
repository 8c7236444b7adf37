"""The card as a page: self-contained, a picture for each thing worth seeing, hostile text harmless."""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from facility.errors import ModelError
from facility.learn.card_drawing import HEIGHT, WIDTH, Cloud, drawn
from facility.learn.card_page import card_page
from facility.learn.sample import Sample, pack, unpack
from facility.site import Site
from facility.site_file import load_site
from models.accuracy import errors
from models.card import ModelCard, unfitted_card

ROWS = 200
NASTY = "<script>alert('x')</script>"


@pytest.fixture(scope="module")
def site() -> Site:
    return load_site(Path(__file__).parents[2] / "site_configs" / "demo.yaml").site


@pytest.fixture(scope="module")
def sample() -> Sample:
    random = np.random.default_rng(2)
    load = random.uniform(0.2, 0.9, ROWS)
    predicted = 20.0 + 30.0 * load
    times = np.datetime64("2026-07-01T00:00:00") + np.arange(ROWS) * np.timedelta64(900, "s")
    conditions = {"part_load_frac": load, "entering_condenser_degc": random.uniform(18, 27, ROWS)}
    return Sample(times, predicted + random.normal(0, 1.0, ROWS), predicted, conditions)


def card(sample: Sample) -> dict[str, Any]:
    learned = ModelCard(
        name="plant-1.chiller",
        method="physical law, a factor on top",
        unit="kW",
        window=("2026-06-01T00:00:00+00:00", "2026-07-03T02:00:00+00:00"),
        features={"part_load_frac": (0.3, 0.8), "entering_condenser_degc": (18.0, 27.0)},
        test=errors(sample.measured, sample.predicted),
        prior_test=None,
        persistence_test=None,
        half_width=1.7,
        coverage_frac=0.9,
        qualified=True,
        reason="beats the prior",
        notes=(NASTY,),
    )
    plain = unfitted_card("plant-1.tower", "kW", "tower-1.power_kw is not in the history")
    decision = {"reason": "better: RMSE 1 against 2", "taken": "new"}
    return {
        "version": "20260703T020000Z",
        "site_revision": "abc",
        "code_version": "0.1.0",
        "trained": "2026-07-03T02:00:00+00:00",
        "why": "night",
        "cpu_s": 12.5,
        "reason": "the first version",
        "parts": [
            {**learned.as_dict(), "trained_in": "20260703T020000Z", "fitted_until": "x", "decision": decision},
            {**plain.as_dict(), "half_width": None, "trained_in": "20260703T020000Z", "decision": decision},
        ],
    }


def svgs(page: str) -> list[ET.Element]:
    return [ET.fromstring(found) for found in re.findall(r"<svg.*?</svg>", page, flags=re.DOTALL)]


def test_a_learned_part_has_a_picture_of_each_kind_and_a_plain_one_none(site: Site, sample: Sample) -> None:
    page = card_page(site, card(sample), {"plant-1.chiller": sample}, "In service.")
    labels = [svg.attrib["aria-label"] for svg in svgs(page)]
    assert labels == [
        f"predicted [kW], over measured [kW]: {ROWS} points",
        f"measured − predicted [kW], over time: {ROWS} points",
        f"measured − predicted [kW], over part_load_frac: {ROWS} points",
        f"measured − predicted [kW], over entering_condenser_degc: {ROWS} points",
    ]
    assert 'id="plant-1.tower"' in page
    assert "tower-1.power_kw is not in the history" in page


def test_the_page_needs_nothing_else_and_what_it_says_cannot_run(site: Site, sample: Sample) -> None:
    page = card_page(site, card(sample), {"plant-1.chiller": sample}, "In service.")
    assert not re.search(r"https?:|src=|@import|url\(", page)
    assert "<script" not in page and "&lt;script&gt;" in page
    assert "prefers-color-scheme: dark" in page and "@media print" in page
    assert len(page) < 60_000


def test_points_lie_inside_the_drawing_and_the_seen_range_is_shaded(sample: Sample) -> None:
    load = sample.conditions["part_load_frac"]
    svg = ET.fromstring(drawn(Cloud("missed", "load", load, sample.measured - sample.predicted, seen=(0.3, 0.8))))
    dots = next(path.attrib["d"] for path in svg.iter("path") if path.attrib["class"] == "dots")
    places = np.array(re.findall(r"M([\d.]+) ([\d.]+)", dots), float)
    assert len(places) == ROWS
    assert (places >= 0).all() and (places <= [WIDTH, HEIGHT]).all()
    (seen,) = svg.iter("rect")
    inside = (load >= 0.3) & (load <= 0.8)
    left, width = float(seen.attrib["x"]), float(seen.attrib["width"])
    shaded = (places[:, 0] >= left - 0.1) & (places[:, 0] <= left + width + 0.1)
    assert (shaded == inside).all()


@pytest.mark.parametrize(
    ("low", "high", "shown"),
    [
        (0.0, 1.0, ["0.0", "0.5", "1.0"]),
        (-2.0, 31.0, ["0", "10", "20", "30"]),
        (19.46, 19.51, ["19.46", "19.48", "19.50"]),
    ],
)
def test_axes_show_round_numbers(low: float, high: float, shown: list[str]) -> None:
    cloud = Cloud("y", "x", np.linspace(low, high, 5), np.zeros(5))
    svg = ET.fromstring(drawn(cloud))
    assert [text.text for text in svg.iter("text") if text.attrib["class"] == "tick x"] == shown


def test_time_is_the_clock_of_the_site() -> None:
    begin = 1_782_864_000.0  # 2026-07-01 00:00 UTC: two o'clock in Berlin
    cloud = Cloud("y", "time", begin + np.linspace(0, 86_400, 9), np.zeros(9), zone=ZoneInfo("Europe/Berlin"))
    svg = ET.fromstring(drawn(cloud))
    ticks = [text.text for text in svg.iter("text") if text.attrib["class"] == "tick x"]
    assert ticks == ["06:00", "12:00", "18:00", "2 Jul"]


def test_nothing_to_draw_draws_nothing() -> None:
    assert drawn(Cloud("y", "x", np.array([np.nan]), np.array([1.0]))) == ""
    assert ET.fromstring(drawn(Cloud("y", "x", np.array([3.0]), np.array([0.0])))) is not None


def test_a_sample_survives_packing_and_damage_is_named(sample: Sample) -> None:
    packed = pack({"plant-1.chiller": sample, "hall-1.rack_inlets": sample})
    found: Mapping[str, Sample] = unpack(packed)
    assert list(found) == ["plant-1.chiller", "hall-1.rack_inlets"]
    one = found["hall-1.rack_inlets"]
    assert np.array_equal(one.times, sample.times) and np.array_equal(one.measured, sample.measured)
    assert list(one.conditions) == list(sample.conditions)
    assert unpack(pack({})) == {}
    pickled = io.BytesIO()
    np.savez(pickled, **{"part/times": np.array([{"a": 1}], dtype=object)})  # type: ignore[arg-type]
    for bad in (b"", b"PK", packed[: len(packed) // 2], pickled.getvalue()):
        with pytest.raises(ModelError, match="cannot be read"):
            unpack(bad)
