"""The campus that plans are timed on: as large as it is asked to be, and planned within its limits."""

from __future__ import annotations

import pytest

from facility.plan.planner import make_plan
from facility.plan.verify import verify_plan
from tools.bench.plan_campus_inputs import campus_inputs, forecast_anew
from tools.bench.plan_targets import good_practice_cost


@pytest.mark.parametrize(("plants", "halls"), [(1, 3), (4, 12)])
def test_it_is_what_is_asked(plants: int, halls: int) -> None:
    inputs = campus_inputs(plants)
    site = inputs.site
    assert inputs.steps == 192
    assert (len(site.halls), len(site.plants), len(site.liquid_loops)) == (halls, plants, 2 * plants)
    assert [len(plant.chillers) for plant in site.plants] == [4] * plants
    assert all(len(plant.states()) >= 24 for plant in inputs.plants)
    assert len(site.deferrable_work) == 40 * plants
    assert len(site.batteries) == len(inputs.tanks_now) == len(inputs.heat_pumps_now) == plants
    assert inputs.commitments
    assert (inputs.price_per_kwh < 0.0).any()


@pytest.mark.slow
def test_its_plan_verifies_and_beats_good_practice() -> None:
    inputs = campus_inputs(hours=18.0)
    plan = make_plan(inputs).plan
    verify_plan(inputs, plan)
    assert plan.gap < 0.005  # asked of two days, and measured by the bench
    assert plan.limit_prices["event commitment"] > 0.0
    assert plan.bound <= plan.cost.total_cost < good_practice_cost(inputs)


def test_forecasts_come_otherwise_and_nothing_else() -> None:
    inputs = campus_inputs(hours=3.0)
    other = forecast_anew(inputs)
    assert other.site is inputs.site
    assert other.plants is inputs.plants
    assert (other.it_power_kw["hall-1-air"] > inputs.it_power_kw["hall-1-air"]).all()
