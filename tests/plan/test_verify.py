"""Verification stands apart from the solver: it accepts what was planned and refuses what was changed afterwards."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from facility.errors import PlanError
from facility.plan.inputs import PlanInputs
from facility.plan.planner import make_plan
from facility.plan.verify import PlanRejectedError, verify_plan
from facility.records import Plan
from tests.plan.toy import BATTERY, POOL, WORK, toy_inputs, toy_site

HOURS = 12.0


@pytest.fixture(scope="module")
def inputs() -> PlanInputs:
    return toy_inputs(toy_site(HOURS, batteries=[BATTERY], server_pools=[POOL], deferrable_work=[WORK]))


@pytest.fixture(scope="module")
def plan(inputs: PlanInputs) -> Plan:
    return make_plan(inputs).plan


def tampered(plan: Plan, key: str, step: int, change: float) -> Plan:
    values = list(plan.schedule[key])
    values[step] += change
    return replace(plan, schedule={**plan.schedule, key: tuple(values)})


def test_an_untouched_plan_passes(inputs: PlanInputs, plan: Plan) -> None:
    run = verify_plan(inputs, plan)
    np.testing.assert_allclose(run.site_kw, plan.schedule["site.power_kw"])


@pytest.mark.parametrize(
    ("key", "step", "change", "named"),
    [
        ("plant-1.leaving_chilled_water_temperature_setpoint_degc", 5, 7.0, "leaving water range"),
        ("plant-1.chillers_staged_command", 3, 1.0, "stated site power|chillers of the economizer mode"),
        ("pool-1.awake_servers_command", 4, -120.0, "pool-1 headroom"),
        ("pool-1.awake_servers_command", 4, 0.5, "pool-1 servers"),
        ("pool-1.awake_servers_command", 11, 700.0, "pool-1 servers"),
        ("batch.deferrable_power_command_kw", 2, 60.0, "batch power"),
        ("batch.deferrable_power_command_kw", 11, -500.0, "batch power"),
        ("b-1.charge_power_setpoint_kw", 6, 90.0, "b-1 power"),
        ("b-1.charge_power_setpoint_kw", 6, -400.0, "b-1 reserve"),
        ("site.power_kw", 7, -3.0, "stated site power"),
    ],
)  # fmt: skip
def test_a_changed_schedule_is_refused_by_name(  # noqa: PLR0917
    inputs: PlanInputs, plan: Plan, key: str, step: int, change: float, named: str
) -> None:
    if key == "plant-1.chillers_staged_command" and plan.schedule[key][step] > 0:
        change = -1.0
    with pytest.raises(PlanRejectedError, match=named):
        verify_plan(inputs, tampered(plan, key, step, change))


def test_an_understated_cost_is_refused(inputs: PlanInputs, plan: Plan) -> None:
    flattered = replace(plan, cost=replace(plan.cost, energy_cost=plan.cost.energy_cost * 0.99))
    with pytest.raises(PlanRejectedError, match="stated energy_cost"):
        verify_plan(inputs, flattered)


def test_a_missing_setpoint_is_named(inputs: PlanInputs, plan: Plan) -> None:
    schedule = {key: value for key, value in plan.schedule.items() if not key.startswith("crah-1.supply")}
    with pytest.raises(PlanError, match=r"lacks crah-1\.supply_air_temperature_setpoint_degc"):
        verify_plan(inputs, replace(plan, schedule=schedule))


def test_import_above_the_limit_is_refused(inputs: PlanInputs, plan: Plan) -> None:
    peak = max(plan.schedule["site.power_kw"])
    electrical = inputs.site.electrical.model_copy(update={"import_limit_kw": peak - 1.0})
    tight = replace(inputs, site=inputs.site.model_copy(update={"electrical": electrical}))
    with pytest.raises(PlanRejectedError, match="utility import limit short by 1 kW"):
        verify_plan(tight, plan)
