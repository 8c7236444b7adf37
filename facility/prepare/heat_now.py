"""Tanks and heat pumps as they are now, and what heat contracts will ask for."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from facility.plan.inputs import HeatPumpNow, TankNow
from facility.points import Point
from facility.ports import Telemetry
from facility.prepare.held_machines import HeldMachines
from facility.prepare.situation import Situation
from facility.records import FloatArray
from facility.signals.series_file import held_values, read_series_file, step_times
from facility.site import HeatContract, HeatPump, Plant
from facility.site_file import LoadedSite

_LAYERED_K = 1.0  # between top and bottom; a tank less apart has one temperature


def tanks_now(loaded: LoadedSite, situation: Situation) -> dict[str, TankNow]:
    """Return the chilled-water tanks whose state is measured: by charge alone, or with top and bottom temperature better."""
    found = {}
    for plant in loaded.site.plants:
        supply_degc = situation.value(plant.id, "leaving_chilled_water_temperature_setpoint_degc")
        if plant.tank is None or supply_degc is None:
            continue
        charge_frac = situation.value(plant.tank.id, "state_of_charge_frac")
        if charge_frac is not None:
            found[plant.tank.id] = _tank_now(plant, situation, charge_frac, supply_degc)
    return found


def _tank_now(plant: Plant, situation: Situation, charge_frac: float, supply_degc: float) -> TankNow:
    assert plant.tank is not None
    top, bottom = (situation.value(plant.tank.id, f"tank_{end}_temperature_degc") for end in ("top", "bottom"))
    if charge_frac <= 0.0:
        return TankNow(0.0, supply_degc)
    if top is None or bottom is None:
        return TankNow(min(charge_frac, 1.0), supply_degc)
    if top - bottom < _LAYERED_K:
        return TankNow(1.0, bottom) if bottom <= supply_degc else TankNow(0.0, supply_degc)
    span_k = plant.leaving_water_max_degc - plant.leaving_water_min_degc
    mean_degc = plant.leaving_water_max_degc - charge_frac * span_k
    cold_frac = float(np.clip((top - mean_degc) / (top - bottom), 0.0, 1.0))
    return TankNow(cold_frac, bottom) if cold_frac > 0.0 else TankNow(0.0, supply_degc)


def heat_pumps_now(loaded: LoadedSite, telemetry: Telemetry, situation: Situation) -> dict[str, HeatPumpNow]:
    """Return the heat pumps of contracts of which every machine is in service and measured."""
    site, found = loaded.site, dict[str, HeatPumpNow]()
    pumps = {pump.id: pump for pump in site.heat_pumps}
    for contract in site.heat_contracts:
        running = {name: situation.value(name, "on_status") for name in contract.heat_pumps}
        buffer = contract.buffer is None or situation.value(contract.buffer.id, "state_of_charge_frac") is not None
        serving = all(site.in_service(name, situation.at) for name in contract.heat_pumps)
        if buffer and serving and None not in running.values():
            found |= {
                name: _pump_now(loaded, telemetry, pumps[name], value, situation.at) for name, value in running.items()
            }
    return found


def _pump_now(
    loaded: LoadedSite, telemetry: Telemetry, pump: HeatPump, status: float | None, at: datetime
) -> HeatPumpNow:
    running, point = round(status or 0.0) == 1, loaded.points.one(pump.id, "on_status")
    held_min = np.inf if point is None else held_for_min(telemetry, point, float(running), pump.min_run_min, at)
    return HeatPumpNow(running, held_min)


def held_for_min(telemetry: Telemetry, point: Point, state: float, within_min: float, at: datetime) -> float:
    """Return for how many minutes a point has surely had a state; infinity where it was never seen in another of late."""
    past = telemetry.read([point.id], at - timedelta(minutes=within_min), at)[point.id].dropna()
    other = past[past.round() != state]
    return float("inf") if other.empty else (pd.Timestamp(at) - other.index[-1]) / pd.Timedelta(minutes=1)


def heat_demand_kw(held: HeldMachines) -> dict[str, FloatArray]:
    """Return what each contract will ask for: by its file, else as a day before where it is measured, else as the site file says.

    Raises
    ------
    facility.errors.SignalError
        If a file is missing, wrong, or ends too early.
    """
    return {one.id: np.maximum(_demand_kw(held, one), 0.0) for one in held.loaded.site.heat_contracts}


def _demand_kw(held: HeldMachines, contract: HeatContract) -> FloatArray:
    loaded = held.loaded
    if contract.demand_file is not None:
        path = loaded.path.parent / contract.demand_file
        times = step_times(held.start, held.steps, loaded.site.step)
        return held_values(read_series_file(path, ["heat_kw"]), "heat_kw", times, str(path))
    point = loaded.points.one(contract.id, "heat_demand_kw")
    if point is not None:
        return held.as_yesterday([point.id], contract.demand_kw)
    return np.full(held.steps, contract.demand_kw)
