"""A plan that would be made later begins with the site as a plan leaves it, and knows no more of the load than one made now."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from facility.errors import PlanError
from facility.plan.case import ItCase
from facility.plan.decisions import decisions_of
from facility.plan.in_force import coming
from facility.plan.inputs import PlanInputs
from facility.plan.later import begin_later
from facility.plan.planner import make_plan
from facility.plan.simulate import simulate
from facility.records import Plan
from facility.workload import Job
from models.cooling import Mode
from tests.plan.toy import BATTERY, POOL, START, WORK, ToyPlant, toy_inputs, toy_site

HOUR = timedelta(hours=1)
HOURS, LATER = 12, 5


def whole_site(**changes: Any) -> PlanInputs:
    site = toy_site(float(HOURS), batteries=[BATTERY], server_pools=[POOL], deferrable_work=[WORK])
    job = Job("train", "pool-1", 10.0, 60.0, START, START + 9 * HOUR)
    prices = {"price_per_kwh": np.where(np.arange(HOURS) < LATER, 0.1, 0.3)}
    return toy_inputs(site, **{"jobs": (job,)} | prices | changes)


@pytest.fixture(scope="module")
def planned() -> tuple[PlanInputs, Plan]:
    inputs = whole_site()
    return inputs, make_plan(inputs).plan


def test_carrying_the_plan_on_from_later_draws_what_it_said(planned: tuple[PlanInputs, Plan]) -> None:
    inputs, plan = planned
    then = begin_later(inputs, plan, LATER)
    assert (then.start, then.steps) == (START + LATER * HOUR, HOURS - LATER)
    kept = {key: coming(then, plan, key) for key in plan.schedule}
    run = simulate(ItCase.of(then), decisions_of(then, kept), 0.0)
    assert run.site_kw == pytest.approx(np.array(plan.schedule["site.power_kw"])[LATER:], abs=1e-6)
    assert (
        max(plan.schedule["pool-1.awake_servers_command"]) < inputs.awake_servers["pool-1"]
    )  # the base load has moved


def test_a_plan_made_later_gains_nothing_that_the_first_one_had_not_seen(planned: tuple[PlanInputs, Plan]) -> None:
    inputs, plan = planned
    then = begin_later(inputs, plan, LATER)
    anew = make_plan(then).plan
    kept = {key: coming(then, plan, key) for key in plan.schedule}
    value = anew.schedule["site.unfinished_work_value_per_kwh"][0]
    held = simulate(ItCase.of(then), decisions_of(then, kept), value)
    assert anew.cost.total_cost == pytest.approx(held.cost.total_cost, rel=0.005)


def test_stores_work_and_jobs_are_as_the_plan_leaves_them(planned: tuple[PlanInputs, Plan]) -> None:
    inputs, plan = planned
    then = begin_later(inputs, plan, LATER)
    assert then.state_of_charge_frac["b-1"] == plan.schedule["b-1.state_of_charge_frac"][LATER - 1] > 0.5
    assert then.backlog_kwh["batch"] == plan.schedule["batch.deferrable_backlog_kwh"][LATER - 1]
    done_kwh = sum(plan.schedule["train.job_power_command_kw"][:LATER])
    assert done_kwh > 0.0
    assert sum(job.energy_kwh for job in then.jobs) == pytest.approx(max(60.0 - done_kwh, 0.0))
    assert all(job.running for job in then.jobs)
    assert then.month_peak_kw == max(plan.schedule["site.power_kw"][:LATER])


def test_modes_have_been_held_since_they_changed() -> None:
    cold_later = np.where(np.arange(HOURS) < 3, 20.0, 2.0)
    inputs = toy_inputs(toy_site(float(HOURS)), wet_bulb_degc=cold_later)
    plan = make_plan(inputs).plan
    assert plan.modes["plant-1"][2:4] == ("mechanical", "free")
    now = begin_later(inputs, plan, LATER).plants_now["plant-1"]
    assert (now.mode, now.mode_held_min, now.mode_changed_h) == (Mode.FREE, 120.0, (2.0,))


def test_scenarios_spread_from_then_on() -> None:
    inputs = toy_inputs(toy_site(float(HOURS)), ToyPlant(modes=(Mode.MECHANICAL,)))
    expected = inputs.it_power_kw["hall-1"]
    inputs = replace(inputs, load_scenarios=({"hall-1": expected + np.arange(HOURS)},))
    then = begin_later(inputs, make_plan(inputs).plan, LATER)
    off = then.load_scenarios[0]["hall-1"] - then.it_power_kw["hall-1"]
    assert off == pytest.approx(np.arange(HOURS - LATER))


def test_what_the_plan_says_nothing_of_is_refused(planned: tuple[PlanInputs, Plan]) -> None:
    inputs, plan = planned
    assert begin_later(inputs, plan, 0).start == inputs.start
    for at_step in (-1, HOURS):
        with pytest.raises(PlanError, match="says nothing of step"):
            begin_later(inputs, plan, at_step)
    with pytest.raises(PlanError, match="says nothing of step"):
        begin_later(replace(inputs, start=START + HOUR), plan, 1)
