"""Single jobs: against all starts and steps, never late when they can be on time, named when they cannot, verified."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import combinations, product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facility.errors import PlanError
from facility.plan.case import ItCase
from facility.plan.decisions import Decisions
from facility.plan.inputs import PlanInputs
from facility.plan.job_case import JobCase
from facility.plan.planner import make_plan
from facility.plan.simulate import simulate
from facility.plan.verify import PlanRejectedError, verify_plan, violations
from facility.records import Plan
from facility.workload import Job, JobKind
from models.cooling import JointState, Mode
from tests.plan.toy import POOL, START, ToyPlant, toy_inputs, toy_site

STATE = JointState(Mode.MECHANICAL, 10.0, (20.0,), 1)
HOUR = timedelta(hours=1)
FIXED = POOL | {"consolidate": False}


def job(name: str, energy_kwh: float, due_h: float, **changes: Any) -> Job:
    """10 kW, here at the start."""
    base = Job(name, "pool-1", 10.0, energy_kwh, START, START + due_h * HOUR)
    return replace(base, **changes)


def inputs_of(jobs: list[Job], hours: int, **changes: Any) -> PlanInputs:
    plant = ToyPlant(water_degc=(10.0,), modes=(Mode.MECHANICAL,))
    site = toy_site(float(hours), server_pools=[changes.pop("pool", FIXED)], **changes.pop("site", {}))
    base: dict[str, Any] = {"jobs": jobs, "price_per_kwh": np.array([0.3, 0.1, 0.2, 0.1, 0.25, 0.3])[:hours]}
    return toy_inputs(site, plant, **(base | changes))


def cheapest(inputs: PlanInputs, levels: int = 2) -> float:
    """Try every way of running the jobs through simulation and verification; what is divisible in halves."""
    it, value = ItCase.of(inputs), make_plan(inputs).plan.schedule["site.unfinished_work_value_per_kwh"][0]
    ways = [list(_ways(one, inputs.steps, levels)) for one in inputs.jobs]
    best = np.inf
    for way in product(*ways):
        powers = {one.id: kw for one, kw in zip(inputs.jobs, way, strict=True)}
        run = simulate(it, Decisions({"plant-1": (STATE,) * inputs.steps}, {}, {}, {}, jobs_kw=powers), value)
        if run.cost.total_cost < best and not violations(it, run):
            best = run.cost.total_cost
    return best


def _ways(one: Job, steps: int, levels: int) -> Any:
    length = int(np.ceil(one.energy_kwh / one.power_kw))
    yield np.zeros(steps)
    if one.kind is JobKind.WHOLE:
        for first in range(steps):
            power = np.zeros(steps + length)
            power[first : first + length] = one.power_kw
            power[first + length - 1] = one.energy_kwh - (length - 1) * one.power_kw
            yield power[:steps]
    elif one.kind is JobKind.PREEMPTIBLE:
        for chosen in combinations(range(steps), length):
            yield np.bincount(chosen, minlength=steps) * (one.energy_kwh / length)
    else:
        for parts in product(np.linspace(0.0, 1.0, levels + 1), repeat=steps):
            if abs(sum(parts) * one.power_kw - one.energy_kwh) < 1e-9:
                yield np.array(parts) * one.power_kw


CASES = {
    "whole jobs": [job("a", 20.0, 5.0), job("b", 25.0, 6.0, arrives=START + HOUR)],
    "due after the horizon": [job("a", 30.0, 8.0), job("b", 20.0, 4.0)],
    "pauses": [job("a", 30.0, 6.0, kind=JobKind.PREEMPTIBLE), job("b", 20.0, 5.0)],
    "runs": [job("a", 20.0, 5.0, running=True), job("b", 20.0, 6.0)],
    "divisible": [job("a", 15.0, 4.0, kind=JobKind.DIVISIBLE), job("b", 20.0, 6.0)],
}


@pytest.mark.parametrize("jobs", CASES.values(), ids=CASES.keys())
@pytest.mark.parametrize("demand_charge", [0.0, 6.0])
def test_no_way_of_running_the_jobs_is_cheaper(jobs: list[Job], demand_charge: float) -> None:
    tariff = {"energy_price_per_kwh": 0.2, "demand_charge_per_kw_month": demand_charge, "demand_window_min": 60}
    inputs = inputs_of(jobs, 6, site={"tariff": tariff}, month_peak_kw=200.0)
    plan = make_plan(inputs).plan
    assert plan.cost.total_cost <= cheapest(inputs) * (1.0 + 3e-4)
    verify_plan(inputs, plan)


@pytest.mark.parametrize("price", [[0.0] * 6, [-0.1, 0.2, -0.3, -0.3, 0.1, 0.0]])
def test_prices_of_nought_and_below(price: list[float]) -> None:
    inputs = inputs_of(CASES["pauses"], 6, price_per_kwh=np.array(price), carbon_gco2_per_kwh=np.zeros(6))
    plan = make_plan(inputs).plan
    assert plan.cost.total_cost <= cheapest(inputs) + 2e-3
    verify_plan(inputs, plan)


def test_equal_prices_put_nothing_off() -> None:
    jobs = [job("a", 20.0, 6.0), job("b", 20.0, 6.0, kind=JobKind.PREEMPTIBLE)]
    plan = make_plan(inputs_of(jobs, 6, price_per_kwh=np.zeros(6), carbon_gco2_per_kwh=np.zeros(6))).plan
    assert [run.begins for run in plan.jobs] == [START, START]
    assert [run.ends for run in plan.jobs] == [START + 2 * HOUR] * 2


def test_servers_are_woken_for_a_job_and_sleep_after_it() -> None:
    """300 W of work a server: 30 kW are 100 servers more."""
    jobs = [job("a", 60.0, 5.0, power_kw=30.0)]
    inputs = inputs_of(jobs, 6, pool=POOL)
    plan = make_plan(inputs).plan
    awake, power = (np.array(plan.schedule[key]) for key in ("pool-1.awake_servers_command", "a.job_power_command_kw"))
    assert power.sum() == pytest.approx(60.0)
    assert (awake[power > 0] >= 280.0).all() and awake.min() == 180.0
    verify_plan(inputs, plan)


def room_for(servers: float) -> dict[str, Any]:
    """150 busy servers with 20 % headroom, and so many of 300 W more."""
    return {"awake_servers": {"pool-1": 150.0 + servers}, "busy_servers": {"pool-1": np.full(6, 150.0)}}


def test_jobs_that_fit_only_one_after_the_other_are_all_on_time() -> None:
    """Room for one at a time; the earliest deadline first would begin b, which leaves a late."""
    jobs = [job("a", 30.0, 6.0, arrives=START + HOUR), job("b", 20.0, 6.0), job("c", 10.0, 1.0)]
    inputs = inputs_of(jobs, 6, **room_for(34.0))
    plan = make_plan(inputs).plan
    assert not plan.shortfalls
    assert all(run.late == timedelta(0) for run in plan.jobs)
    verify_plan(inputs, plan)


def test_packing_finds_what_the_earliest_deadline_first_misses() -> None:
    """Earliest deadline first runs a in its first hour, then b, and misses c; b before a leaves room for all."""
    jobs = [
        job("a", 10.0, 3.0, arrives=START + HOUR), job("b", 20.0, 4.0), job("c", 20.0, 5.0, arrives=START + 3 * HOUR),
    ]  # fmt: skip
    inputs = inputs_of(jobs, 6, **room_for(34.0))
    case = ItCase.of(inputs).jobs["pool-1"]
    assert case.soonest(case.room_kw)[1].tolist() != case.ends.tolist()
    plan = make_plan(inputs).plan
    assert not plan.shortfalls and all(run.late == timedelta(0) for run in plan.jobs)


def test_a_job_that_cannot_be_on_time_is_named_and_the_higher_tier_is_not_the_one() -> None:
    tiers = [{"id": "gold", "share_frac": 0.5}, {"id": "bronze", "share_frac": 0.5}]
    jobs = [job("low", 20.0, 2.0, tier="bronze"), job("high", 20.0, 2.0, tier="gold")]
    inputs = inputs_of(jobs, 6, pool=FIXED | {"tiers": tiers}, **room_for(34.0))
    plan = make_plan(inputs).plan
    assert [(one.limit, one.amount, one.unit) for one in plan.shortfalls] == [("low due time", 2.0, "h")]
    assert plan.shortfalls[0].at == START + 4 * HOUR
    assert {run.job.id: run.late for run in plan.jobs} == {"low": 2 * HOUR, "high": timedelta(0)}
    verify_plan(inputs, plan)


def test_a_job_longer_than_its_time_is_late_by_no_more_than_it_must() -> None:
    plan = make_plan(inputs_of([job("a", 30.0, 2.0)], 6)).plan
    assert [(one.limit, one.amount) for one in plan.shortfalls] == [("a due time", 1.0)]
    assert plan.jobs[0].begins == START and plan.jobs[0].ends == START + 3 * HOUR


def test_a_running_job_keeps_its_servers_whatever_the_headroom_asks() -> None:
    inputs = inputs_of([job("a", 30.0, 4.0, running=True)], 6, **room_for(0.0))
    plan = make_plan(inputs).plan
    assert plan.jobs[0].begins == START and plan.jobs[0].ends == START + 3 * HOUR
    verify_plan(inputs, plan)


@pytest.mark.parametrize(
    ("name", "step", "change", "named"),
    [
        ("a", 0, 4.0, "a without a pause|a power"),
        ("b", 5, 4.0, "b all or nothing"),
        ("a", 5, 10.0, "a energy"),
        ("c", 0, 8.0, "c before it arrives"),
        ("b", None, 0.0, "b due time"),
        ("a", None, 0.0, "a due time"),
    ],
)
def test_a_job_changed_afterwards_is_refused_by_name(name: str, step: int | None, change: float, named: str) -> None:
    jobs = [
        job("a", 20.0, 4.0), job("b", 20.0, 5.0, kind=JobKind.PREEMPTIBLE),
        job("c", 12.0, 6.0, kind=JobKind.DIVISIBLE, arrives=START + 2 * HOUR),
    ]  # fmt: skip
    inputs = inputs_of(jobs, 6)
    plan = make_plan(inputs).plan
    with pytest.raises(PlanRejectedError, match=named):
        verify_plan(inputs, _changed(plan, f"{name}.job_power_command_kw", step, change))


def _changed(plan: Plan, key: str, step: int | None, change: float) -> Plan:
    values = [0.0] * len(plan.schedule[key]) if step is None else list(plan.schedule[key])
    if step is not None:
        values[step] += change
    return replace(plan, schedule={**plan.schedule, key: tuple(values)})


@pytest.mark.parametrize(
    ("changes", "named"),
    [({"pool": "pool-9"}, "no server pool 'pool-9'; it has pool-1"), ({"tier": "gold"}, "pool-1 has no tier 'gold'")],
)
def test_jobs_of_unknown_pools_and_tiers_are_refused(changes: dict[str, str], named: str) -> None:
    with pytest.raises(PlanError, match=named):
        inputs_of([job("a", 10.0, 4.0, **changes)], 6)


def test_a_job_that_stands_twice_is_refused() -> None:
    with pytest.raises(PlanError, match="job a stands twice"):
        inputs_of([job("a", 10.0, 4.0)] * 2, 6)


jobs_strategy = st.lists(
    st.builds(
        lambda power, energy, arrives, window, kind: (power, energy, arrives, window, kind),
        st.sampled_from([5.0, 10.0, 15.0]),
        st.integers(1, 4),
        st.integers(0, 4),
        st.integers(0, 4),
        st.sampled_from(list(JobKind)),
    ),
    min_size=1,
    max_size=4,
)


@settings(max_examples=40, deadline=None)
@given(jobs_strategy, st.sampled_from([15.0, 20.0]))
def test_jobs_are_late_only_where_no_way_has_them_all_on_time(drawn: list[Any], room_kw: float) -> None:
    jobs = [
        Job(
            f"j{n}", "pool-1", power, power * length, START + arrives * HOUR,
            START + (arrives + length + window) * HOUR, JobKind.WHOLE if kind is JobKind.DIVISIBLE else kind,
        )
        for n, (power, length, arrives, window, kind) in enumerate(drawn)
    ]  # fmt: skip
    case = JobCase(inputs_of(jobs, 6), "pool-1", np.full(6, room_kw))
    assert (case.packed_kw <= room_kw + 1e-4).all()
    assert bool(case.shortfalls()) == (not _all_on_time(jobs, room_kw))


def _all_on_time(jobs: list[Job], room_kw: float) -> bool:
    """Fill twelve hours with every way of each job that is on time: the first six are the plan's."""
    taken = [np.zeros(12)]
    for one in jobs:
        arrives, due = ((time - START) // HOUR for time in (one.arrives, one.due))
        inside = (kw for kw in _ways(one, due - arrives, 1) if kw.sum() > one.energy_kwh - 1e-9)
        ways = [np.pad(kw, (arrives, 12 - due)) for kw in inside]
        sums = {tuple(before[:6] + kw[:6]) for before in taken for kw in ways}
        taken = [np.pad(total, (0, 6)) for total in map(np.array, sums) if (total <= room_kw + 1e-9).all()]
    return bool(taken)
