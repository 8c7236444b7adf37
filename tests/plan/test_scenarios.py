"""What a plan saves if the load comes otherwise than expected."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from facility.errors import SignalError
from facility.plan.planner import make_plan
from facility.plan.scenarios import LEVELS, load_scenarios
from tests.plan.toy import BATTERY, toy_inputs, toy_site

SITE = toy_site(6.0, batteries=[BATTERY])
PLAIN: dict[str, Any] = {"wet_bulb_degc": np.full(6, 6.0)}


def scaled(*factors: float) -> list[dict[str, np.ndarray]]:
    load = toy_inputs(SITE, **PLAIN).it_power_kw
    return [{hall: factor * kw for hall, kw in load.items()} for factor in factors]


def test_the_same_load_in_every_scenario_saves_what_the_plan_says() -> None:
    plan = make_plan(toy_inputs(SITE, **PLAIN, load_scenarios=scaled(1.0, 1.0, 1.0))).plan
    saved = plan.baseline_cost.total_cost - plan.cost.total_cost
    assert plan.saving_range is not None
    assert [plan.saving_range.low, plan.saving_range.value, plan.saving_range.high] == pytest.approx([saved] * 3)
    assert saved > 0.0


def test_free_cooling_saves_more_at_more_load() -> None:
    narrow, wide = (
        make_plan(toy_inputs(SITE, **PLAIN, load_scenarios=scaled(1.0 - part, 1.0, 1.0 + part))).plan.saving_range
        for part in (0.02, 0.3)
    )
    assert narrow is not None and wide is not None
    assert wide.low < narrow.low < narrow.value < narrow.high < wide.high


def test_a_load_beyond_the_plan_is_left_to_local_controls() -> None:
    plan = make_plan(toy_inputs(SITE, **PLAIN, load_scenarios=scaled(0.5, 1.0, 1.6))).plan
    assert plan.saving_range is not None and np.isfinite([plan.saving_range.low, plan.saving_range.high]).all()


def test_no_scenarios_no_range() -> None:
    assert make_plan(toy_inputs(SITE, **PLAIN)).plan.saving_range is None


def test_scenarios_lie_between_the_quantiles_they_come_from() -> None:
    quantiles = {
        "hall-1": {0.05: np.array([80.0, 90.0]), 0.5: np.array([100.0, 100.0]), 0.95: np.array([130.0, 110.0])}
    }
    courses = [load["hall-1"] for load in load_scenarios(quantiles)]
    assert len(courses) == len(LEVELS)
    assert courses[2].tolist() == [100.0, 100.0]
    assert (np.diff(courses, axis=0) > 0.0).all()
    assert courses[0].min() > 80.0 and courses[-1].max() < 130.0


def test_a_scenario_that_ends_early_is_refused() -> None:
    short = [{"hall-1": np.full(3, 200.0)}]
    with pytest.raises(SignalError, match="load_scenarios of hall-1 ends at"):
        replace(toy_inputs(SITE, **PLAIN), load_scenarios=short)
