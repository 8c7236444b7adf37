"""Deferrable work: it arrives in a window of the day, may wait, and is never late when it can be on time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo
from functools import lru_cache
from typing import Any

import cvxpy as cp
import numpy as np
import scipy.sparse as sp

from facility.plan.inputs import DAY_H, PlanInputs
from facility.plan.problem import Problem
from facility.records import FloatArray, LimitShortfall
from facility.site import DeferrableWork
from models.cooling import BoolArray

# Done so much before it is due: work comes in lots that are as old as their first part, and setpoints follow a plan late.
DUE_MARGIN_MIN, DUE_MARGIN_FRAC = 60.0, 0.25  # the lesser counts; a share of the time that work may wait
REST_KWH = 0.5  # done along with what is due: so little by itself asks for less power than is worth a write
_LATE_KWH = 1e-3


class WorkCase:
    """Cumulative curves of a class of work, in kWh since the start: what may be done by the end of each step, and what must.

    Work is done in the order it arrives, so the backlog measured now is what arrived last.
    """

    def __init__(self, inputs: PlanInputs, work: DeferrableWork, spare_kw: FloatArray) -> None:
        self.work, self.step_h, self.steps = work, inputs.step_h, inputs.steps
        self.backlog_kwh = max(inputs.backlog_kwh.get(work.id, 0.0), 0.0)
        minutes, arrived = _arrived(inputs, work)
        ends = np.arange(1, self.steps + 1) * self.step_h * 60.0
        since_start = arrived - np.interp(0.0, minutes, arrived)
        self.available_kwh = self.backlog_kwh + np.interp(ends, minutes, since_start)
        waits_min = work.due_within_h * 60.0
        oldest = ends - waits_min
        due = self.backlog_kwh + np.interp(oldest + due_margin_min(work), minutes, since_start)
        self.max_power_kw = np.minimum(work.max_power_kw, spare_kw)
        self.soonest_kw = self.soonest(self.max_power_kw)
        possible = np.cumsum(self.soonest_kw) * self.step_h
        due = np.where(due > _LATE_KWH, due + REST_KWH, 0.0)
        self.due_kwh = np.minimum(due, self.available_kwh)
        self.required_kwh = np.minimum(self.due_kwh, possible)
        self.late_kwh = self.backlog_kwh + np.interp(oldest, minutes, since_start) - possible  # without any margin
        self.times, self.step = inputs.times, inputs.site.step

    def soonest(self, room_kw: FloatArray) -> FloatArray:
        """Return the power that does all work as soon as there is room for it."""
        most, done, power = np.minimum(self.max_power_kw, room_kw).tolist(), 0.0, []
        for available, limit in zip(self.available_kwh.tolist(), most, strict=True):
            power.append(min(limit, max(available - done, 0.0) / self.step_h))
            done += power[-1] * self.step_h
        return np.array(power)

    def shortfalls(self) -> list[LimitShortfall]:
        """Name work that will be late even at full power from now on."""
        worst = int(self.late_kwh.argmax())
        if self.late_kwh[worst] <= _LATE_KWH:
            return []
        return [LimitShortfall(f"{self.work.id} due time", float(self.late_kwh[worst]), "kWh", self.times[worst])]


def due_margin_min(work: DeferrableWork) -> float:
    """Return how long before it is due a plan has work done."""
    return min(DUE_MARGIN_MIN, DUE_MARGIN_FRAC * work.due_within_h * 60.0)


class WorksPlan:
    """All work in the problem; what is left at the end has a named terminal value.

    Work goes on at one power for an hour, but where arrivals, due times or room bend within it: many classes are then few columns.
    """

    def __init__(self, problem: Problem, cases: Sequence[WorkCase], terminal_value_per_kwh: float) -> None:
        self._cases, steps = cases, cases[0].steps
        bends = np.stack([_bends(case) for case in cases])
        work, step = np.nonzero(bends)
        own = [np.flatnonzero(work == index) for index in range(len(cases))]
        before = np.concatenate([[-1], step[:-1]])
        before[[columns[0] for columns in own]] = -1
        most_kw, ready, due = (
            np.concatenate([getattr(case, name)[bend] for case, bend in zip(cases, bends, strict=True)])
            for name in ("max_power_kw", "available_kwh", "required_kwh")
        )
        self._power_kw, done_kwh = cp.Variable(len(step), bounds=[0.0, most_kw]), cp.Variable(len(step))
        which = np.concatenate([np.full(len(columns), number) for number, columns in enumerate(own)])
        for variable in (self._power_kw, done_kwh):
            problem.naming.name(variable, step, which)
        goes_on = sp.diags_array((before[1:] >= 0).astype(float), offsets=-1, shape=(len(step),) * 2)
        links = (sp.eye_array(len(step)) - goes_on).tocsr()
        lasts_h = cases[0].step_h * (step - before)
        problem.law(links @ done_kwh == cp.multiply(lasts_h, self._power_kw))
        names, at = [case.work.id for case in cases], [(columns, step[columns]) for columns in own]
        problem.limit_each("work before it arrives", names, done_kwh - ready, "kWh", at)
        problem.limit_each("due time", names, due - done_kwh, "kWh", at)
        ends = [columns[-1] for columns in own]
        problem.cost("terminal", terminal_value_per_kwh * (ready[ends].sum() - cp.sum(done_kwh[ends])))
        rows = np.repeat(np.arange(len(step)), step - before)
        self._hold = sp.csr_array(
            (np.ones(len(rows)), (np.arange(len(rows)), rows)), shape=(len(cases) * steps, len(step))
        )

    @property
    def power_kw(self) -> Any:
        """Power in each step, one class after the other (W * T)."""
        return self._hold @ self._power_kw

    def pool_kw(self, pool: str) -> list[Any]:
        """Return the power of all work of a pool; nothing where it has none."""
        mine = np.array([[float(case.work.pool == pool) for case in self._cases]])
        summed = sp.kron(mine, sp.eye_array(self._cases[0].steps)).tocsr() @ self._hold
        return [summed @ self._power_kw] if mine.any() else []

    def solved_kw(self) -> FloatArray:
        """Return the solution's power (W, T)."""
        return np.asarray(self._hold @ self._power_kw.value).reshape(len(self._cases), -1)


def _bends(case: WorkCase) -> BoolArray:
    """Mark the steps after which the power of a class may change: each hour, and wherever its limits bend."""
    steps, ends = np.arange(case.steps), np.array([(time + case.step).minute == 0 for time in case.times])
    ends[-1] = True
    hour = np.concatenate([[0], np.cumsum(ends)[:-1]])
    corners, at = np.concatenate([[-1], steps[ends]]), np.zeros(1)
    ready, due = (
        np.interp(steps, corners, np.concatenate([at, one[ends]])) for one in (case.available_kwh, case.required_kwh)
    )
    bent = (case.available_kwh < ready - _LATE_KWH) | (case.required_kwh > due + _LATE_KWH)
    bent |= case.max_power_kw != case.max_power_kw[ends][hour]
    return np.asarray(ends | np.isin(hour, hour[bent]))


def _arrived(inputs: PlanInputs, work: DeferrableWork) -> tuple[FloatArray, FloatArray]:
    """Return minutes from the start, from before the oldest work that can be waiting, and kWh arrived until each."""
    before = int(np.ceil(work.due_within_h)) * 60 + int(DAY_H) * 60
    minutes = np.arange(-before, round(inputs.steps * inputs.step_h * 60.0) + 1).astype(float)
    of_day = _minute_of_day(inputs.start.timestamp() / 60.0 - before, len(minutes) - 1, inputs.site.zone)
    begin = work.arrives_from.hour * 60 + work.arrives_from.minute
    length = (work.arrives_until.hour * 60 + work.arrives_until.minute - begin) % 1440 or 1440
    inside = (of_day - begin) % 1440 < length
    arrived = np.concatenate([[0.0], np.cumsum(inside * work.energy_kwh_per_day / length)])
    measured = inputs.arrived_kwh.get(work.id)
    if measured is not None:
        arrived = _as_measured(minutes, arrived, measured, inputs.step_h * 60.0)
    return minutes, arrived


@lru_cache(maxsize=32)  # classes of work are many, and wait for one of few times
def _minute_of_day(first_min: float, count: int, zone: tzinfo) -> FloatArray:
    """Return local minutes of the day of minutes of the epoch; zones change their clocks at whole quarters of an hour."""
    minutes = first_min + np.arange(float(count))
    quarters, of_quarter = np.unique(minutes // 15.0, return_inverse=True)
    begins = [datetime.fromtimestamp(quarter * 900.0, zone) for quarter in quarters]
    of_day = np.array([begin.hour * 60 + begin.minute for begin in begins])
    return of_day[of_quarter] + minutes % 15.0 // 1.0


def _as_measured(minutes: FloatArray, arrived: FloatArray, measured: FloatArray, step_min: float) -> FloatArray:
    """Return cumulative arrivals with the steps before the start as they were measured."""
    begin = -step_min * len(measured)
    bounds = begin + step_min * np.arange(len(measured) + 1)
    course = np.interp(begin, minutes, arrived) + np.concatenate([[0.0], np.cumsum(measured)])
    later = course[-1] + arrived - np.interp(0.0, minutes, arrived)
    known = np.interp(minutes, bounds, course)
    return np.where(minutes < begin, arrived, np.where(minutes > 0.0, later, known))
