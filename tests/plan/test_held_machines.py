"""Heat pumps and photovoltaics in a plan that does not move them: their heat, their power, and what is said of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from facility.plan.planner import make_plan
from tests.plan.toy import ToyPlant, series, toy_inputs, toy_site

RACK = {"id": "r1", "rated_kw": 400.0, "liquid_loop": "loop-1", "liquid_frac": 0.5}
LOOP = {
    "id": "loop-1", "plant": "plant-1", "hall": "hall-1",
    "cdus": [{"id": "cdu-1", "rated_heat_kw": 300.0, "rated_flow_lps": 10.0, "rated_pump_kw": 3.0}],
}  # fmt: skip
SITE = toy_site(
    4.0,
    halls=[{"id": "hall-1", "racks": [RACK]}],
    liquid_loops=[LOOP],
    heat_pumps=[{"id": "hp-1", "source": "loop-1", "rated_heat_kw": 100.0}],
)
INPUTS = toy_inputs(SITE, ToyPlant(loops=("loop-1",)), it_power_kw={"hall-1": np.full(4, 200.0)})


def test_heat_that_a_heat_pump_takes_does_not_reach_the_plant() -> None:
    plan = make_plan(replace(INPUTS, taken_heat_kw={"loop-1": series(INPUTS, 60.0)})).plan
    assert plan.schedule["plant-1.heat_kw"] == pytest.approx([140.0] * 4)


def test_a_forecast_of_more_heat_than_there_is_leaves_a_tenth() -> None:
    plan = make_plan(replace(INPUTS, taken_heat_kw={"loop-1": series(INPUTS, 500.0)})).plan
    assert plan.schedule["plant-1.heat_kw"] == pytest.approx([110.0] * 4)


def test_photovoltaics_lower_the_power_at_the_meter_and_not_the_power_ratio() -> None:
    plain = make_plan(INPUTS).plan
    sunny = make_plan(replace(INPUTS, produced_kw=np.array([0.0, 10.0, 30.0, 10.0]))).plan
    saved = np.subtract(plain.schedule["site.power_kw"], sunny.schedule["site.power_kw"])
    assert saved == pytest.approx([0.0, 10.0, 30.0, 10.0], abs=0.7)  # and the transformer's share
    assert sunny.schedule["site.power_ratio"] == pytest.approx(plain.schedule["site.power_ratio"], rel=1e-3)


def test_the_plan_says_what_it_does_not_move() -> None:
    assert any(note.startswith("hp-1: not measured") for note in make_plan(INPUTS).plan.notes)
