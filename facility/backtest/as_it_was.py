"""The inputs of a plan as they turned out: weather, load and prices of the hours that it is judged by."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import timedelta

import pandas as pd

from facility.backtest.day_plan import DayPlan
from facility.backtest.measured import Measured
from facility.backtest.recorded import Recorded
from facility.learn.liquid_frac import as_learned
from facility.learn.twin import Learned, plant_models
from facility.plan.inputs import PlanInputs
from facility.plan.servers import PoolCase
from facility.prepare.heat_now import heat_demand_kw
from facility.prepare.held_machines import HeldMachines
from facility.prepare.hot_racks import remembering_hot_racks
from facility.prepare.load_history import busy_servers_history, it_power_history
from facility.prepare.plan_inputs import OUTDOOR
from facility.prepare.situation import dew_points_degc, read_situation
from facility.records import FloatArray
from facility.signals.outlook import CARBON, PRICE, WET_BULB
from facility.signals.series_file import step_times
from models.plant_model import CoolingPlant

DAY = timedelta(days=1)


def inputs_as_it_was(day: DayPlan, measured: Measured, recorded: Recorded, learned: Learned) -> PlanInputs:
    """Return the inputs of a day's plan with what turned out in place of what was expected, and with the models that judge.

    Raises
    ------
    NotEnoughDataError
        Naming what was not measured.
    facility.errors.SignalError
        If prices or carbon intensities do not reach so far.
    """
    loaded, start, end = as_learned(measured.loaded, learned.liquid_frac), measured.start, measured.end
    site = loaded.site
    hours = (end - start) / timedelta(hours=1)
    short = site.model_copy(update={"planning": site.planning.model_copy(update={"horizon_h": hours})})
    times = step_times(start, round((end - start) / site.step), site.step)
    was = {name: recorded.turned_out(name, times) for name in (OUTDOOR, WET_BULB, PRICE, CARBON)}
    plants = _plants(day, recorded, learned)
    # Held machines go on as the day before; seen from a day later, that is what they did in this one.
    planned = day.inputs.available_kw
    moved = frozenset(day.inputs.heat_pumps_now)
    held = HeldMachines(loaded, measured.telemetry, end, start + DAY, len(times), moved)
    return dataclasses.replace(
        day.inputs,
        site=short,
        plants=plants,
        model_version=learned.version,
        outdoor_degc=was[OUTDOOR],
        wet_bulb_degc=was[WET_BULB],
        it_power_kw={hall: _it_kw(day.inputs, measured, hall, plants) for hall in day.inputs.it_power_kw},
        price_per_kwh=was[PRICE],
        carbon_gco2_per_kwh=was[CARBON],
        busy_servers={pool: _busy(measured, pool) for pool in day.inputs.busy_servers},
        busy_quantiles={},  # what came is one course
        other_kw=learned.other_kw + held.drawn_kw(),
        produced_kw=held.delivered_kw([array for array in site.photovoltaics if array.id not in planned]),
        available_kw={array.id: held.delivered_kw([array]) for array in site.photovoltaics if array.id in planned},
        taken_heat_kw=held.taken_heat_kw(),
        heat_demand_kw=heat_demand_kw(held),
        load_scenarios=(),
        tables={},
    )


def _plants(day: DayPlan, recorded: Recorded, learned: Learned) -> Sequence[CoolingPlant]:
    loaded, at = as_learned(recorded.loaded, learned.liquid_frac), day.inputs.created
    then = recorded.believed_then(at)
    dew_points = dew_points_degc(loaded, read_situation(loaded, then, at))
    return remembering_hot_racks(loaded, then, at, plant_models(loaded, learned, at, dew_points))


def _it_kw(inputs: PlanInputs, measured: Measured, hall: str, plants: Sequence[CoolingPlant]) -> FloatArray:
    """Return a hall's IT power as it was, at the reference inlet, without deferrable work, with the servers awake at the begin."""
    loaded = measured.loaded
    described = next(one for one in loaded.site.halls if one.id == hall)
    fans = next(part.server_fans for plant in plants for part in plant.hall_parts if part.id == hall)
    history = it_power_history(loaded, measured.telemetry, described, fans, measured.end)
    power = measured.course(f"IT power of {hall}", history)
    for pool in loaded.site.server_pools:
        if pool.hall == hall and pool.id in inputs.awake_servers:
            case = PoolCase(inputs, pool)
            power = power - (measured.mean(f"{pool.id}.awake_servers") - case.awake_now) * case.idle_step_kw
    return power


def _busy(measured: Measured, pool: str) -> FloatArray:
    history = busy_servers_history(measured.loaded, measured.telemetry, pool, measured.end)
    return measured.course(f"work of {pool}", pd.Series(dtype=float) if history is None else history)
