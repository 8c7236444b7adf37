"""Every example site runs two days in winter and in summer as commissioned, with sane air at the racks."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from facility.site_file import LoadedSite, load_site
from tools.simulated_site import SimulatedSite

CONFIGS = Path(__file__).parents[2] / "site_configs"
NAMES = sorted(path.stem for path in CONFIGS.glob("*.yaml"))
STARTS = [datetime(2026, 1, 14, tzinfo=UTC), datetime(2026, 7, 14, tzinfo=UTC)]
STEP_S, HOUR_S = 30.0, 3600.0
SETTLED_H, RUN_H = 6, 48


@dataclass(frozen=True)
class Course:
    """What was so every hour, once the site had settled."""

    loaded: LoadedSite
    site: SimulatedSite
    values: list[dict[tuple[str, str], float]]
    inlet_degc: np.ndarray


@pytest.fixture(scope="module", params=[(name, start) for name in NAMES for start in STARTS], ids=str)
def course(request: pytest.FixtureRequest) -> Iterator[Course]:
    name, start = request.param
    loaded = load_site(CONFIGS / f"{name}.yaml")
    site = SimulatedSite(loaded.site, 5, start, operators=False)
    values, inlets = [], []
    for hour in range(RUN_H):
        for _ in range(round(HOUR_S / STEP_S)):
            site.step(STEP_S)
        if hour >= SETTLED_H:
            values.append(site.values())
            inlets.append(np.concatenate([hall.true_inlet_degc for hall in site.halls]))
    yield Course(loaded, site, values, np.array(inlets))


@pytest.mark.slow
def test_every_point_has_a_true_and_a_measured_value_that_its_device_can_say(course: Course) -> None:
    measured = course.site.measured()
    wrong = []
    for point in course.loaded.points:
        key = (point.equipment, point.quantity)
        known = [now.get(key, math.nan) for now in course.values]
        if key not in measured or not all(point.low <= value <= point.high for value in known):
            wrong.append((point.id, min(known), max(known)))
    assert wrong == []


@pytest.mark.slow
def test_racks_breathe_recommended_air(course: Course) -> None:
    limits = [hall.limits for hall in course.loaded.site.halls for _ in hall.racks]
    assert (course.inlet_degc >= np.array([one.inlet_min_degc for one in limits])).all()
    assert (course.inlet_degc <= np.array([one.inlet_max_degc for one in limits])).all()


@pytest.mark.slow
def test_nothing_trips_and_the_contract_gets_its_heat(course: Course) -> None:
    for now in course.values:
        assert [key for key, value in now.items() if key[1] == "fault_status" and value != 0.0] == []
    counters = course.site.reuse.counters
    assert counters.delivered_kwh >= 0.97 * counters.asked_kwh
