"""Two halls on two plants under one import limit: what couples them is the price of power, and the limit holds."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from facility.plan.inputs import PlanInputs
from facility.plan.it_heat import ItHeat
from facility.plan.planner import make_plan
from facility.plan.restrict import branch_and_bound
from facility.plan.verify import verify_plan
from tests.plan.enumeration import prepared
from tests.plan.toy import BATTERY, CRAH, NOW, ToyPlant, toy_inputs, toy_plant_part, toy_site

HOURS = 8.0


def second(part: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Return a copy of the plant's part with ids of its own."""
    text = {key: [_renamed(unit) for unit in part[key]] for key in ("chillers", "towers", "pumps")}
    return part | text | {"id": "plant-2", "economizer": _renamed(part["economizer"])} | changes


def _renamed(unit: dict[str, Any]) -> dict[str, Any]:
    return unit | {"id": f"{unit['id']}-b"}


def two_plants(import_limit_kw: float | None = None) -> PlanInputs:
    halls = [{"id": name, "racks": [{"id": f"{name}-r", "rated_kw": 400.0}]} for name in ("hall-1", "hall-2")]
    electrical = {
        "transformer": {"id": "t-1", "rated_kw": 1500.0, "no_load_kw": 2.0, "square_frac": 0.01},
        "ups": {"id": "ups-1", "rated_kw": 900.0, "no_load_kw": 5.0, "proportional_frac": 0.01, "square_frac": 0.02},
    }
    if import_limit_kw is not None:
        electrical["import_limit_kw"] = import_limit_kw  # type: ignore[assignment]
    site = toy_site(
        HOURS, halls=halls, crahs=[CRAH, CRAH | {"id": "crah-2", "hall": "hall-2", "plant": "plant-2"}],
        plants=[toy_plant_part(), second(toy_plant_part())], electrical=electrical, batteries=[BATTERY],
    )  # fmt: skip
    plants = [ToyPlant(), ToyPlant(plant_id="plant-2", halls=("hall-2",))]
    hour = np.arange(8)
    load = {"hall-1": 200.0 + 30.0 * np.sin(hour), "hall-2": 150.0 + 40.0 * np.cos(hour)}
    return toy_inputs(site, plants=plants, plants_now={"plant-1": NOW, "plant-2": NOW}, it_power_kw=load)


def test_two_plants_are_planned_close_to_branch_and_bound() -> None:
    exact, _ = branch_and_bound(prepared(two_plants()), None, 60.0, mip_gap=1e-6)
    result = make_plan(two_plants())
    assert result.statistics.surrogate_cost == pytest.approx(exact.cost, rel=1e-3)
    assert set(result.plan.modes) == {"plant-1", "plant-2"}


@pytest.mark.parametrize("below_kw", [5.0, 25.0, 60.0])
def test_an_import_limit_that_binds_is_kept_and_named(below_kw: float) -> None:
    peak = max(make_plan(two_plants()).plan.schedule["site.power_kw"])
    inputs = two_plants(import_limit_kw=peak - below_kw)
    plan = make_plan(inputs).plan
    assert max(plan.schedule["site.power_kw"]) <= peak - below_kw + 1e-6  # exact losses, although the pieces read low
    assert plan.binding_limits["import limit"] == ("utility",)
    verify_plan(inputs, plan)


def test_a_hall_on_two_plants_is_split_by_the_cooling_in_service() -> None:
    inputs = two_plants()
    crahs = (
        *inputs.site.crahs,
        inputs.site.crahs[0].model_copy(update={"id": "crah-3", "plant": "plant-2", "rated_cooling_kw": 100.0}),
    )
    plants = [ToyPlant(), ToyPlant(plant_id="plant-2", halls=("hall-2", "hall-1"))]
    now = {"plant-1": NOW, "plant-2": replace(NOW, supply_air_degc=(20.0, 20.0))}
    shared = replace(inputs, site=inputs.site.model_copy(update={"crahs": crahs}), plants=plants, plants_now=now)
    heat = ItHeat(shared)
    assert heat.heat_share("plant-1", "hall-1") == pytest.approx(0.8)
    np.testing.assert_allclose(heat.share("plant-2", "hall-1"), [0.0, 0.2])
