"""Deferrable work in quarter hours: one power an hour, but where arrivals, due times or room bend within it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np

from facility.plan.case import ItCase
from facility.plan.inputs import PlanInputs
from facility.plan.jobs import WorksPlan
from facility.plan.planner import make_plan
from facility.plan.problem import Problem
from facility.plan.verify import verify_plan
from tests.plan.toy import POOL, WORK, ToyPlant, toy_inputs, toy_site


def quarters(**work: str | float) -> PlanInputs:
    site = toy_site(6.0, step_min=15, server_pools=[POOL], deferrable_work=[{**WORK, **work}])
    price = np.repeat([0.3, 0.1, 0.4, 0.1, 0.3, 0.2], 4)
    return toy_inputs(site, ToyPlant(water_degc=(11.0,)), price_per_kwh=price)


def test_power_stays_for_an_hour() -> None:
    inputs = quarters()
    plan = make_plan(inputs).plan
    power = np.array(plan.schedule["batch.deferrable_power_command_kw"]).reshape(-1, 4)
    assert np.ptp(power, axis=1).max() < 1e-6
    assert power.max() > power.min() + 1.0
    verify_plan(inputs, plan)


def test_arrivals_within_an_hour_bend_it() -> None:
    days = [quarters(arrives_from=at, due_within_h=24.0) for at in ("08:00", "08:30")]
    cases = [list(ItCase.of(replace(day, backlog_kwh={"batch": 0.0})).works.values()) for day in days]
    held, bent = (WorksPlan(Problem(), works, 0.1).power_kw.variables()[0].size for works in cases)
    assert (held, bent) == (9, 12)  # of 6 hours; in the first one servers still wake


def test_work_arrives_by_the_clock_of_the_site_on_the_night_that_it_is_put_forward() -> None:
    begin = datetime(2026, 3, 28, 23, 0, tzinfo=UTC)  # midnight in Berlin; at 1:00 UTC it turns 3 o'clock there
    work = {**WORK, "arrives_from": "01:30", "arrives_until": "03:30", "due_within_h": 24.0}
    site = toy_site(4.0, step_min=30, time_zone="Europe/Berlin", server_pools=[POOL], deferrable_work=[work])
    case = ItCase.of(toy_inputs(site, created=begin, start=begin)).works["batch"]
    arrived = np.diff(case.available_kwh, prepend=case.backlog_kwh)
    np.testing.assert_allclose(arrived, [0.0, 0.0, 0.0, 60.0, 60.0, 0.0, 0.0, 0.0], atol=1e-9)
