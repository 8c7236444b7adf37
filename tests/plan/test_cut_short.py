"""Where hours far ahead cannot be met, those before them are planned, and what cannot be is named with time and amount."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import cvxpy as cp
import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from facility.errors import InfeasibleError
from facility.history.journal_codec import PLAN
from facility.learn.twin import Learned, plant_models
from facility.plan.cut_short import LEAST_H, cut_before
from facility.plan.inputs import PlanInputs, PlantNow, TankNow
from facility.plan.planner import make_plan
from facility.plan.problem import Problem
from facility.plan.shortfall import LATE_FRAC
from facility.plan.verify import PlanRejectedError, verify_plan
from facility.records import LimitShortfall
from facility.site_file import load_site
from facility.workload import Job
from models.cooling import Mode
from models.psychrometrics import wet_bulb_degc
from tests.plan.any_situation import any_inputs
from tests.plan.test_any_site import check
from tests.plan.toy import BATTERY, POOL, START, WORK, ToyPlant, toy_inputs, toy_plant_part, toy_site

FREE = ToyPlant(modes=(Mode.FREE,))
FREE_NOW = {"plant-1": PlantNow(Mode.FREE, 10.0, (20.0,), 0)}
TANK = {"id": "tank-1", "volume_m3": 40.0, "max_flow_lps": 4.0, "loss_w_per_k": 50.0, "reserve_min": 5.0}
HOUR = timedelta(hours=1)
AIR = Path(__file__).parents[2] / "site_configs" / "air_economizer.yaml"


def warm_from(hour: int, hours: int = 12, **changes: Any) -> PlanInputs:
    """Free cooling is all there is, and from an hour on the wet bulb is too warm for it."""
    site = toy_site(float(hours), **changes.pop("site", {}))
    warm = np.where(np.arange(hours) < hour, 5.0, 20.0)
    return replace(toy_inputs(site, FREE, plants_now=FREE_NOW, wet_bulb_degc=warm), **changes)


def test_the_hours_before_are_planned_and_what_cannot_be_met_is_named() -> None:
    inputs = warm_from(8)
    plan = PLAN.load(PLAN.dump(make_plan(inputs).plan))
    verify_plan(inputs, plan)
    (unmet,) = plan.unmet
    assert unmet.limit == "plant-1 free cooling wet bulb"
    assert unmet.amount == pytest.approx(max(inputs.it_power_kw["hall-1"][8:]), rel=0.01) and unmet.unit == "kW"
    assert unmet.since == START + 8 * HOUR == plan.end
    assert unmet.at is not None and unmet.at >= unmet.since
    assert {len(series) for series in (*plan.schedule.values(), *plan.modes.values())} == {8}


def test_where_all_can_be_met_nothing_is_cut() -> None:
    plan = make_plan(warm_from(12)).plan
    assert plan.unmet == () and plan.end == START + 12 * HOUR


@pytest.mark.parametrize(("hour", "interval_min"), [(1, 15.0), (3, 120.0)])
def test_what_cannot_be_met_soon_leaves_no_plan(hour: int, interval_min: float) -> None:
    """Two hours are the least, and never less than recommendations stand."""
    inputs = warm_from(hour)
    planning = inputs.site.planning.model_copy(update={"interval_min": interval_min})
    with pytest.raises(InfeasibleError, match="free cooling wet bulb") as error:
        make_plan(replace(inputs, site=inputs.site.model_copy(update={"planning": planning})))
    assert error.value.shortfalls[0].since == START + hour * HOUR
    assert make_plan(warm_from(hour + 1)).plan.steps == hour + 1


def test_what_is_found_only_before_the_first_cut_is_named_too() -> None:
    """No state is there from hour 8 on; only the plan until then shows that hour 5 is beyond the import limit."""
    load = {"hall-1": np.where(np.arange(12) == 5, 390.0, 200.0)}
    electrical = toy_site(4.0).electrical.model_dump(exclude_none=True) | {"import_limit_kw": 350.0}
    inputs = warm_from(8, site={"electrical": electrical}, it_power_kw=load)
    plan = make_plan(inputs).plan
    verify_plan(inputs, plan)
    assert [one.limit for one in plan.unmet] == ["utility import limit", "plant-1 free cooling wet bulb"]
    assert plan.end == plan.unmet[0].since == START + 5 * HOUR


def test_a_store_that_can_carry_one_of_two_hours_carries_the_first() -> None:
    """So the plan is the longer one; there is next to nothing to charge the battery from between."""
    load = {"hall-1": np.where(np.isin(np.arange(8), [3, 6]), 230.0, 200.0)}
    plant = ToyPlant(water_degc=(11.0,), modes=(Mode.MECHANICAL,))
    flat = {"it_power_kw": {"hall-1": np.full(8, 200.0)}, "price_per_kwh": np.full(8, 0.2)}
    most_kw = max(make_plan(toy_inputs(toy_site(8.0), plant, **flat)).plan.schedule["site.power_kw"]) + 1.0
    electrical = toy_site(8.0).electrical.model_dump(exclude_none=True) | {"import_limit_kw": most_kw}
    site = toy_site(8.0, electrical=electrical, batteries=[BATTERY | {"energy_kwh": 90.0, "reserve_min": 0.0}])
    inputs = toy_inputs(site, plant, it_power_kw=load, state_of_charge_frac={"b-1": 0.8})
    plan = make_plan(inputs).plan
    verify_plan(inputs, plan)
    assert [(one.limit, one.since) for one in plan.unmet] == [("utility import limit", START + 6 * HOUR)]


def ending_dear(hours: int, demand_charge: float) -> PlanInputs:
    """Prices and load are high in the last two of eight hours; from then on the load is beyond the plant."""
    hour = np.arange(hours)
    tariff = {"energy_price_per_kwh": 0.2, "demand_charge_per_kw_month": demand_charge}
    site = toy_site(float(hours), plants=[toy_plant_part(tank=TANK)], batteries=[BATTERY], tariff=tariff)
    return toy_inputs(
        site,
        ToyPlant(water_degc=(10.0,), modes=(Mode.MECHANICAL,)),
        price_per_kwh=np.where(hour < 6, 0.1, 0.6),
        it_power_kw={"hall-1": np.select([hour < 6, hour < 8], [150.0, 250.0], 650.0)},
        tanks_now={"tank-1": TankNow(0.6, 10.0)},
    )


@pytest.mark.parametrize("steps", [[2, 5], [5, 2]])
def test_of_equal_ways_to_be_short_the_later_is_named(steps: list[int]) -> None:
    problem, x = Problem(), cp.Variable(2, nonneg=True)
    problem.law(cp.sum(x) == 1.0)
    problem.limit("either", "a", x, "kW", np.array(steps))
    ((limit, amount),) = problem.slackened((cp.HIGHS,), 10.0, LATE_FRAC)
    assert limit.steps_of(amount)[amount > 0.5].tolist() == [5]


@pytest.mark.parametrize("demand_charge", [0.0, 30.0], ids=["energy", "demand"])
def test_no_store_is_left_emptier_than_it_stood(demand_charge: float) -> None:
    """A plan that ended with the dear hours by itself would empty both."""
    stores = "b-1.state_of_charge_frac", "tank-1.cold_frac"
    whole, inputs = (ending_dear(hours, demand_charge) for hours in (8, 10))
    plan = make_plan(inputs).plan
    verify_plan(inputs, plan)
    assert plan.steps == 8 and plan.unmet
    emptied, kept = ([one.schedule[name][-1] for name in stores] for one in (make_plan(whole).plan, plan))
    assert max(emptied) < 0.4
    assert kept[0] >= 0.5 - 1e-3
    assert kept[1] >= 0.6 - 0.01  # what a tank at rest loses


def test_work_and_jobs_are_not_put_off_into_what_cannot_be_met() -> None:
    """The last hours before are dear, and all of it may wait until later; it is done before all the same."""
    job = Job("job", "pool-1", 10.0, 10.0, START + 4 * HOUR, START + 11 * HOUR)
    site = {"server_pools": [POOL | {"consolidate": False}], "deferrable_work": [WORK | {"due_within_h": 12.0}]}
    price = np.where(np.arange(12) < 4, 0.1, 0.5)
    inputs = warm_from(
        6, site=site, jobs=[job], price_per_kwh=price, busy_servers={"pool-1": np.full(12, 150.0)},
        awake_servers={"pool-1": 300.0}, backlog_kwh={"batch": 40.0},
    )  # fmt: skip
    plan = make_plan(inputs).plan
    verify_plan(inputs, plan)
    assert plan.steps == 6
    (run,) = plan.jobs
    assert run.ends is not None and run.ends <= plan.end
    assert plan.schedule["batch.deferrable_backlog_kwh"][-1] == pytest.approx(0.0, abs=1.0)


def test_a_demand_window_that_the_cut_divides_counts_what_lies_before_it() -> None:
    steps = np.arange(24)
    tariff = {"energy_price_per_kwh": 0.2, "demand_charge_per_kw_month": 5.0, "demand_window_min": 60}
    site = toy_site(6.0, 15, tariff=tariff, batteries=[BATTERY])
    warm = np.where(steps < 14, 5.0, 20.0)
    inputs = toy_inputs(site, FREE, plants_now=FREE_NOW, wet_bulb_degc=warm)
    plan = make_plan(inputs).plan
    verify_plan(inputs, plan)
    assert plan.end == START + 3.5 * HOUR
    power = np.array(plan.schedule["site.power_kw"])
    means = [power[first : first + 4].mean() for first in range(0, 14, 4)]
    assert plan.cost.demand_cost == pytest.approx(5.0 * max(means), rel=1e-6)


def test_a_plan_of_fewer_hours_than_were_found_is_refused() -> None:
    """A schedule that goes on into what cannot be met does not verify."""
    inputs = warm_from(8)
    plan = make_plan(inputs).plan
    beyond = {name: (*series, series[-1]) for name, series in plan.schedule.items()}
    with pytest.raises(PlanRejectedError, match="free cooling wet bulb"):
        verify_plan(inputs, replace(plan, schedule=beyond))


def test_a_night_colder_than_chillers_bear_leaves_the_day_before_it_planned() -> None:
    """The example site with air-cooled chillers that run down to -25 °C; the forecast falls to -32 °C in the second night."""
    loaded = load_site(AIR)
    site, steps = loaded.site, 192
    hour = np.arange(steps) / 4.0
    outdoor = np.interp(hour, [0.0, 24.0, 30.0, 40.0, 48.0], [2.0, -5.0, -23.0, -32.0, -20.0])
    plants = plant_models(loaded, Learned(), START, {})
    inputs = PlanInputs(
        site=site, site_revision=loaded.revision, model_version="nameplate", correlation_id="test", created=START,
        start=START, plants=plants, plants_now={"plant-1": PlantNow(Mode.MECHANICAL, 12.0, (21.0, 21.0), 2)},
        outdoor_degc=outdoor, wet_bulb_degc=wet_bulb_degc(outdoor, np.full(steps, 0.7)),
        it_power_kw={"hall-1": np.full(steps, 75.0), "hall-2": np.full(steps, 55.0)},
        price_per_kwh=np.where((hour + 6.0) % 24.0 < 16.0, 0.078, 0.055), carbon_gco2_per_kwh=np.full(steps, 270.0),
        dampers_open={"ase-1": False, "ase-2": False},
    )  # fmt: skip
    plan = make_plan(inputs).plan
    verify_plan(inputs, plan)
    (unmet,) = plan.unmet
    colder = int(np.flatnonzero(outdoor < -25.0)[0])
    assert plan.steps == colder > 4 * 30
    assert unmet.since == plan.end and unmet.amount == pytest.approx(130.0, rel=0.05)
    assert "outdoor" in unmet.limit or "condenser" in unmet.limit
    assert plan.cost.total_cost <= plan.baseline_cost.total_cost


@pytest.mark.slow
@settings(max_examples=12, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(inputs=any_inputs())
def test_whatever_the_site_hours_that_cannot_be_met_cost_none_before_them(inputs: PlanInputs) -> None:
    """The last hour asks for twenty times the load; what is short before it is so without that hour, too."""
    hard = inputs.steps - round(1.0 / inputs.step_h)
    load = {hall: np.where(np.arange(inputs.steps) < hard, kw, 20.0 * kw) for hall, kw in inputs.it_power_kw.items()}
    said = check(replace(inputs, it_power_kw=load, load_scenarios=()))
    assert "whole" not in said, "nothing carries twenty times the load"
    if said.startswith("infeasible") and hard * inputs.step_h >= LEAST_H:
        at = inputs.time_of(hard)
        before = cut_before(inputs, InfeasibleError([LimitShortfall("load", 1.0, "kW", at, at)]))
        with pytest.raises(InfeasibleError):
            make_plan(before)
