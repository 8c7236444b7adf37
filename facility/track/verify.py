"""What moves lead to, recomputed apart from the solver: limits that would be passed, by name and amount."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import numpy as np

from facility.records import FloatArray, LimitShortfall
from facility.track.inputs import Air, Store, TrackInputs, Work
from facility.track.problem import Moves, window_means_kw

TOLERANCE = {"kW": 1.0, "kWh": 1.0, "K": 0.1}  # less is within what meters, probes and models resolve

Excesses = dict[str, LimitShortfall]  # by name


def import_kw(inputs: TrackInputs, moves: Moves) -> FloatArray:
    """Return what the meter will show."""
    total = inputs.grid.import_kw.copy()
    for store, charge_kw in zip(inputs.stores, moves.charge_kw, strict=True):
        total += store.meter_per_kw * (charge_kw - store.lever.planned)
    for work, work_kw in zip(inputs.works, moves.work_kw, strict=True):
        total += work.meter_per_kw * (work_kw - work.lever.planned)
    return total


def excesses(inputs: TrackInputs, moves: Moves) -> Excesses:
    """Return every limit by its name, and by how much it is passed at its worst; not positive where it holds."""
    found = [*_meter(inputs, import_kw(inputs, moves))]
    for store, charge_kw in zip(inputs.stores, moves.charge_kw, strict=True):
        found += _store(inputs, store, charge_kw)
    found += [_work(inputs, work, kw) for work, kw in zip(inputs.works, moves.work_kw, strict=True)]
    found += [_air(inputs, air, *move) for air, move in zip(inputs.halls, moves.air, strict=True)]
    return {one.limit: one for one in found}


def passed(found: Excesses) -> list[LimitShortfall]:
    """Return the limits that are passed by more than counts."""
    return [one for one in found.values() if not one.amount <= TOLERANCE[one.unit]]


def made_worse(inputs: TrackInputs, planned: Excesses, corrected: Excesses) -> list[LimitShortfall]:
    """Return the limits that a correction passes, and further than the plan does. Demand has its price, and is no such limit."""
    hard = [one for one in passed(corrected) if one.limit not in inputs.grid.window_names]
    return [one for one in hard if not one.amount <= planned[one.limit].amount + TOLERANCE[one.unit]]


def inlet_limit(hall: str) -> str:
    """Return what the limit of a hall's inlets is called."""
    return f"{hall} inlet limit"


def _meter(inputs: TrackInputs, site_kw: FloatArray) -> Iterator[LimitShortfall]:
    grid, ends = inputs.grid, [inputs.time(step) for step in range(inputs.steps)]
    for name in dict.fromkeys(name for name in grid.cap_names if name):
        held = np.array([one == name for one in grid.cap_names])
        yield _worst(name, np.where(held, site_kw - grid.cap_kw, -np.inf), "kW", ends)
    yield _worst("export limit", grid.least_kw - site_kw, "kW", ends)
    means_kw = window_means_kw(grid, site_kw)
    for name, mean_kw in zip(grid.window_names, means_kw, strict=True):
        yield LimitShortfall(name, float(mean_kw - grid.demand_kw), "kW")


def _store(inputs: TrackInputs, store: Store, charge_kw: FloatArray) -> Iterator[LimitShortfall]:
    stored, ends = store.course_kwh(charge_kw, inputs.step_h), [inputs.time(step) for step in range(inputs.steps)]
    name = store.battery.id
    yield _worst(f"{name} reserve", store.least_kwh - stored, "kWh", ends)
    yield _worst(f"{name} capacity", stored - store.most_kwh, "kWh", ends)
    yield _worst(f"{name} power", np.abs(charge_kw) - store.battery.power_kw, "kW", ends)


def _work(inputs: TrackInputs, work: Work, power_kw: FloatArray) -> LimitShortfall:
    late = work.due_kwh - inputs.step_h * np.cumsum(power_kw)
    return _worst(f"{work.id} due time", late, "kWh", [inputs.time(step) for step in range(inputs.steps)])


def _air(inputs: TrackInputs, air: Air, colder_k: float, faster_frac: float) -> LimitShortfall:
    over = air.over_k(colder_k, faster_frac).max(axis=1)
    return _worst(inlet_limit(air.hall), over, "K", [inputs.time(step) for step in range(inputs.steps)])


def _worst(name: str, excess: FloatArray, unit: str, ends: list[datetime]) -> LimitShortfall:
    step = int(np.argmax(excess))
    return LimitShortfall(name, float(excess[step]), unit, ends[step])
