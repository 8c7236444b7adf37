"""Water has a price: a way of cooling that saves power and drinks water is weighed against one that does not."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

from facility.plan.inputs import PlanInputs
from facility.plan.planner import make_plan
from facility.plan.verify import PlanRejectedError, verify_plan
from models.cooling import JointState, Load, Mode, PlantResponse
from tests.plan.enumeration import cheapest, prepared
from tests.plan.toy import ToyPlant, toy_inputs, toy_site

LPS_PER_KW = 1e-3


@dataclass(frozen=True)
class ThirstyPlant(ToyPlant):
    """Free cooling evaporates; mechanical cooling evaporates a tenth of that, with a step where pads start."""

    def evaluate(self, state: JointState, load: Load) -> PlantResponse:
        response, heat = super().evaluate(state, load), load.it_air_kw.sum(axis=1)
        used = LPS_PER_KW * heat if state.mode is Mode.FREE else 0.1 * LPS_PER_KW * np.where(heat > 210.0, heat, 0.0)
        return replace(response, makeup_water_lps=used)


def thirsty(price_per_m3: float, wet_bulb: Any = 6.0) -> PlanInputs:
    site = toy_site(5.0, water={"price_per_m3": price_per_m3})
    wet = np.broadcast_to(wet_bulb, 5).astype(float)
    return toy_inputs(site, ThirstyPlant(), wet_bulb_degc=wet, price_per_kwh=np.array([0.1, 0.2, 0.15, 0.3, 0.2]))


@pytest.mark.parametrize("price", [0.0, 4.0, 12.0, 60.0])
def test_the_plan_is_the_best_of_all_paths_at_any_price_of_water(price: float) -> None:
    inputs = thirsty(price, [9.0, 6.0, 10.0, 6.0, 6.0])
    best = cheapest(prepared(inputs))
    plan = make_plan(inputs).plan
    assert plan.cost.total_cost == pytest.approx(best, rel=3e-4)
    assert plan.bound <= best * (1.0 + 3e-4)  # water is a line of the heat to the bound


def test_dear_water_ends_free_cooling_and_cheap_water_does_not() -> None:
    cheap, dear = make_plan(thirsty(1.0)).plan, make_plan(thirsty(100.0)).plan
    assert cheap.modes["plant-1"][2:] == ("free",) * 3
    assert "free" not in dear.modes["plant-1"]
    assert dear.cost.water_m3 < 0.2 * cheap.cost.water_m3


def test_water_is_counted_in_cubic_metres_and_money() -> None:
    inputs = thirsty(3.0)
    cost = make_plan(inputs).plan
    litres = 3600.0 * sum(cost.schedule["plant-1.makeup_water_lps"])
    assert cost.cost.water_m3 == pytest.approx(litres / 1000.0)
    assert cost.cost.water_cost == pytest.approx(3.0 * litres / 1000.0)
    assert cost.cost.water_m3 > 0.0


def test_water_that_is_understated_is_refused() -> None:
    inputs = thirsty(3.0)
    plan = make_plan(inputs).plan
    flattered = replace(plan, cost=replace(plan.cost, water_cost=0.0))
    with pytest.raises(PlanRejectedError, match="stated water_cost"):
        verify_plan(inputs, flattered)
