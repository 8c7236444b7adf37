"""Servers, jobs and batteries with the future known: a linear program around a run that has been simulated.

The run says what the site draws in each quarter of an hour, what work arrived and how much of it was done. The program moves
jobs, wakes and sleeps servers and charges batteries against the true prices and the demand charge; a kilowatt moved brings
along the run's own mean overhead. The headroom above the true work is kept: it is a rule of the site (spare for failures), no
margin for what is unknown. It is a proposal: the plant tells its worth.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import cvxpy as cp
import numpy as np

from facility.records import FloatArray
from facility.site import Battery, DeferrableWork, ServerPool, Site
from tools.closed_loop import wear
from tools.closed_loop.appraisal import Appraisal
from tools.closed_loop.case import Case
from tools.closed_loop.drive import CONTROL_EVERY
from tools.closed_loop.money import BACKLOG
from tools.closed_loop.plant import Key
from tools.closed_loop.schedule import Schedule

STEP = timedelta(minutes=15)
HOURS = STEP.total_seconds() / 3600.0
EVERY = round(STEP / CONTROL_EVERY)
SPARE_SERVERS = 0.5  # rounding, and demand between the moments looked at
EARLY = 2  # steps before it is due that work is done: lots are a step long
LATE_COST = 5.0  # per kWh, in the program: it is never worth it
EMPTY_FRAC, FULL_FRAC = 0.1, 0.95  # of a battery's nameplate, inside what any would do


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """What a run shows in quarters of an hour, and what they cost."""

    price: FloatArray  # per kWh, carbon included
    facility_kw: FloatArray
    work_kw: FloatArray  # deferrable work done
    arrived_kwh: FloatArray  # of deferrable work, cumulative, what waited at the beginning included
    done_kwh: FloatArray  # cumulative
    waited_kwh: float
    charge_kw: dict[str, FloatArray]  # by battery, as seen from the grid
    overhead: float  # kW at the meter for a kW of IT

    @property
    def steps(self) -> int:
        """How many."""
        return len(self.price)


@dataclass(slots=True)
class Proposal:
    """The program as it grows: what is added at the meter, its other costs, its rules, and which setpoints it decides."""

    added_kw: Any = 0.0
    cost: Any = 0.0
    rules: list[Any] = field(default_factory=list)
    decided: dict[Key, Any] = field(default_factory=dict)


def with_foresight(case: Case, run: Appraisal, paid_kw: float) -> Schedule:
    """Return the run's schedule with servers, jobs and batteries scheduled anew; `paid_kw` is demand paid for already.

    Only setpoints that the schedule has are scheduled. Where the program finds nothing the schedule stays as it is.
    """
    site, course, keys = case.loaded.site, course_of(case, run), set(run.schedule.keys)
    proposal = Proposal()
    for pool in site.server_pools:
        _serve(case, pool, course, run.schedule, proposal)
    for battery in site.batteries:
        if (battery.id, "charge_power_setpoint_kw") in keys:
            _charge(site, battery, run, course, proposal)
    if not proposal.decided:
        return run.schedule
    peak_kw = cp.Variable()
    meter_kw = course.facility_kw + proposal.added_kw
    proposal.rules += [peak_kw >= meter_kw, peak_kw >= paid_kw, meter_kw >= 0.0]
    if site.electrical.import_limit_kw is not None:
        proposal.rules.append(peak_kw <= max(site.electrical.import_limit_kw, float(course.facility_kw.max())))
    cost = HOURS * (course.price @ meter_kw) + demand_price(case) * peak_kw + proposal.cost
    problem = cp.Problem(cp.Minimize(cost), proposal.rules)
    problem.solve(solver=cp.HIGHS)
    if problem.status not in (cp.OPTIMAL, cp.OPTIMAL_INACCURATE):
        return run.schedule
    return _written(run.schedule, {key: np.asarray(found.value, float) for key, found in proposal.decided.items()})


def course_of(case: Case, run: Appraisal) -> Course:
    """Return what a run shows in quarters of an hour."""
    truths, per_step = run.truths, round(STEP / timedelta(minutes=1))
    ends = truths[::per_step]
    facility_kw = np.array([truth.facility_kw for truth in truths[1:]]).reshape(-1, per_step).mean(axis=1)
    done = np.array([truth.deferrable_kwh for truth in ends]) - truths[0].deferrable_kwh
    waiting = np.array([truth.stored_kwh.get(BACKLOG, 0.0) for truth in ends])
    market, carbon_price = case.market, case.loaded.site.carbon.price_per_tonne * 1e-6
    index = [market.index(truth.time) for truth in ends[:-1]]
    return Course(
        price=market.price_per_kwh[index] + carbon_price * market.gco2_per_kwh[index],
        facility_kw=facility_kw,
        work_kw=np.diff(done) / HOURS,
        arrived_kwh=(done + waiting)[1:],
        done_kwh=done[1:],
        waited_kwh=float(waiting[0]),
        charge_kw={battery.id: _charge_kw(battery, run, per_step) for battery in case.loaded.site.batteries},
        overhead=max(run.result.pue, 1.0),
    )


def demand_price(case: Case) -> float:
    """Return what a kW of the run's peak costs, for the run's share of the month."""
    local = case.start.astimezone(case.loaded.site.zone)
    share = case.days / calendar.monthrange(local.year, local.month)[1]
    return case.loaded.site.tariff.demand_charge_per_kw_month * share


def _charge_kw(battery: Battery, run: Appraisal, per_step: int) -> FloatArray:
    stored = np.array([truth.stored_kwh.get(battery.id, 0.0) for truth in run.truths[::per_step]])
    gained_kw = np.diff(stored) / HOURS
    charging = gained_kw / battery.charge_efficiency_frac
    return np.where(gained_kw > 0.0, charging, gained_kw * battery.discharge_efficiency_frac)


def _serve(case: Case, pool: ServerPool, course: Course, schedule: Schedule, proposal: Proposal) -> None:
    """Wake as many servers as the pool's work and its jobs need."""
    site, key = case.loaded.site, (pool.id, "awake_servers_command")
    demand = _demand_servers(case, pool, course.steps)
    jobs_kw: Any = 0.0
    before_kw = np.zeros(course.steps)
    for work in _works(site, pool, schedule):
        share = work.energy_kwh_per_day / sum(one.energy_kwh_per_day for one in site.deferrable_work)
        before_kw = before_kw + share * course.work_kw
        jobs_kw = jobs_kw + _do(work, share, course, proposal)
    rows = schedule.rows([key])
    if rows and demand is not None and pool.consolidate:
        awake = cp.Variable(course.steps)
        was = schedule.values[rows[0]][::EVERY][: course.steps]
        low = max([point.low for point in site.writable if point.point == ".".join(key)], default=0.0)
        spare = demand * (1.0 + pool.headroom_frac) + SPARE_SERVERS
        needed = np.minimum(np.maximum(spare, np.append(spare[1:], spare[-1])), pool.servers)
        proposal.rules += [awake >= np.maximum(needed, min(low, pool.servers)), awake <= pool.servers]
        proposal.rules.append(jobs_kw <= (awake - needed) * (pool.peak_w - pool.idle_w) / 1000.0)
        proposal.added_kw = proposal.added_kw + course.overhead * (pool.idle_w - pool.sleep_w) / 1000.0 * (awake - was)
        proposal.decided[key] = awake
    proposal.added_kw = proposal.added_kw + course.overhead * (jobs_kw - before_kw)


def _works(site: Site, pool: ServerPool, schedule: Schedule) -> Iterator[DeferrableWork]:
    for work in site.deferrable_work:
        if work.pool == pool.id and (work.id, "deferrable_power_command_kw") in schedule.keys:
            yield work


def _do(work: DeferrableWork, share: float, course: Course, proposal: Proposal) -> Any:
    """Do work after it came and before it is due; return its power."""
    power_kw, late_kwh = cp.Variable(course.steps, nonneg=True), cp.Variable(course.steps, nonneg=True)
    done_kwh = cp.cumsum(power_kw) * HOURS
    due = max(round(work.due_within_h / HOURS) - EARLY, 1)
    arrived = share * course.arrived_kwh
    must = np.concatenate([np.zeros(min(due, course.steps)), arrived[: max(course.steps - due, 0)]])
    waited = np.minimum(
        share * course.done_kwh, share * course.waited_kwh
    )  # nobody says when it was due: as the run did
    rules = [power_kw <= work.max_power_kw, done_kwh <= arrived, done_kwh + late_kwh >= np.maximum(must, waited)]
    proposal.rules += rules
    left_kwh = arrived[-1] - done_kwh[-1]
    proposal.cost = proposal.cost + LATE_COST * cp.sum(late_kwh) + course.overhead * course.price.mean() * left_kwh
    proposal.decided[(work.id, "deferrable_power_command_kw")] = power_kw
    return power_kw


def _demand_servers(case: Case, pool: ServerPool, steps: int) -> FloatArray | None:
    """Return the most servers that work asks for in each step; None where only the plant knows."""
    times = [case.start + minute * timedelta(minutes=1) for minute in range(steps * round(STEP / timedelta(minutes=1)))]
    demand = [case.conditions.demand(pool.id, at) for at in times]
    if demand[0] is None:
        return None
    return np.asarray(np.array(demand, float).reshape(steps, -1).max(axis=1) * pool.servers)


def _charge(site: Site, battery: Battery, run: Appraisal, course: Course, proposal: Proposal) -> None:
    """Charge and discharge within its limits, the reserve kept; what it gains by the end is worth the run's mean price."""
    into_kw, out_kw = cp.Variable(course.steps, nonneg=True), cp.Variable(course.steps, nonneg=True)
    gains_kw = battery.charge_efficiency_frac * into_kw - out_kw / battery.discharge_efficiency_frac
    start_kwh = run.truths[0].stored_kwh.get(battery.id, 0.0)
    stored_kwh = start_kwh + HOURS * cp.cumsum(gains_kw)
    critical_kw = max(truth.it_kw for truth in run.truths)
    reserve_kwh = max(EMPTY_FRAC * battery.energy_kwh, critical_kw * battery.reserve_min / 60.0)
    low, high = min(reserve_kwh, start_kwh), max(FULL_FRAC * battery.energy_kwh, start_kwh)
    proposal.rules += [stored_kwh >= low, stored_kwh <= high, into_kw <= battery.power_kw, out_kw <= battery.power_kw]
    proposal.cost = proposal.cost + wear.battery_cost(site, 1.0) * HOURS * cp.sum(out_kw)
    proposal.cost = proposal.cost - course.price.mean() * (stored_kwh[-1] - start_kwh)
    proposal.added_kw = proposal.added_kw + (into_kw - out_kw - course.charge_kw[battery.id])
    proposal.decided[(battery.id, "charge_power_setpoint_kw")] = into_kw - out_kw


def _written(schedule: Schedule, decided: dict[Key, FloatArray]) -> Schedule:
    values = schedule.values.copy()
    for key, found in decided.items():
        row = np.repeat(found, EVERY)[: values.shape[1]]
        if key[1] == "awake_servers_command":
            row = np.ceil(np.maximum(row, np.append(row[1:], row[-1])) - 1e-6)  # awake when the work comes
        elif key[1] == "deferrable_power_command_kw":
            row = np.maximum(row, 0.0)
        values[schedule.keys.index(key), : len(row)] = row
    return schedule.with_values(values)
