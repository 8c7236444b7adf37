"""From what is measured and expected to the inputs of a plan; what is missing is named, all of it at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from facility.errors import NotEnoughDataError
from facility.learn.twin import LEAVING_WATER, SUPPLY_AIR, Learned
from facility.plan.inputs import PlanInputs, PlantNow
from facility.plan.scenarios import load_scenarios
from facility.ports import ForecastArchive, Signals, Telemetry
from facility.prepare.arrivals import arrived_kwh
from facility.prepare.demand import demand_ahead, peak_charges
from facility.prepare.heat_now import heat_demand_kw, heat_pumps_now, tanks_now
from facility.prepare.held_machines import HeldMachines
from facility.prepare.load_outlook import LoadOutlook, most_busy
from facility.prepare.mode_history import held_min, measured_dampers, mode_changes_h, own_dampers
from facility.prepare.server_places import asleep_servers, main_crah
from facility.prepare.situation import Situation, dew_points_degc
from facility.prepare.solar_outlook import SolarOutlook
from facility.records import FloatArray, Forecast, Plan
from facility.signals.outlook import CARBON, PRICE, WET_BULB
from facility.site import Plant, Site
from facility.site_file import LoadedSite
from facility.workload import Job
from models.cooling import Mode
from models.plant_model import CoolingPlant

OUTDOOR = "outdoor_temperature_degc"
SERIES = OUTDOOR, WET_BULB, PRICE, CARBON


def plan_inputs(
    loaded: LoadedSite,
    situation: Situation,
    plants: Sequence[CoolingPlant],
    learned: Learned,
    *,
    telemetry: Telemetry,
    signals: Signals,
    archive: ForecastArchive | None,
    correlation_id: str,
    jobs: Sequence[Job] = (),
    last_plan: Plan | None = None,
) -> PlanInputs:
    """Return the inputs of a plan that begins with the present step; every forecast in them is kept in the archive.

    Raises
    ------
    NotEnoughDataError, facility.errors.SignalError, facility.errors.JournalError
        Naming every measurement that is missing; if a forecast source fails or ends too early; if the archive does not take it.
    """
    site, at = loaded.site, situation.at
    start, steps = _step_start(at, site.step), round(timedelta(hours=site.planning.horizon_h) / site.step)
    outlook = LoadOutlook(loaded, telemetry, situation, start, steps)
    series, it_power, busy = _forecasts(outlook, plants, signals, archive)
    pumps = heat_pumps_now(loaded, telemetry, situation)
    held = HeldMachines(loaded, telemetry, at, start, steps, frozenset(pumps))
    sun = SolarOutlook(loaded, telemetry, at, start, steps)
    return PlanInputs(
        site=site,
        site_revision=loaded.revision,
        model_version=learned.version,
        correlation_id=correlation_id,
        created=at,
        start=start,
        plants=plants,
        plants_now=_plants_now(loaded, telemetry, situation, plants),
        dampers_open=measured_dampers(plants, situation),
        own_dampers=own_dampers(plants),
        dew_point_degc=dew_points_degc(loaded, situation),
        outdoor_degc=series[OUTDOOR].values,
        wet_bulb_degc=series[WET_BULB].values,
        it_power_kw={hall: forecast.values for hall, forecast in it_power.items()},
        price_per_kwh=series[PRICE].values,
        carbon_gco2_per_kwh=series[CARBON].values,
        busy_servers={pool.id: most_busy(busy[pool.id], pool.servers) for pool in site.server_pools if pool.id in busy},
        busy_quantiles={pool: forecast.quantiles for pool, forecast in busy.items()},
        slowed_servers=_slowed(site, situation),
        awake_servers={pool: situation.values[f"{pool}.awake_servers"] for pool in busy},
        state_of_charge_frac=_measured(situation, _stores(site), "state_of_charge_frac"),
        backlog_kwh=_measured(situation, [work.id for work in site.deferrable_work], "deferrable_backlog_kwh"),
        asleep_servers=asleep_servers(site, last_plan, at),
        main_crah=main_crah(plants),
        jobs=jobs,
        arrived_kwh=arrived_kwh(loaded, telemetry, start, at),
        other_kw=learned.other_kw + held.drawn_kw(),
        produced_kw=sun.produced_kw(),
        available_kw=sun.available_kw(),
        taken_heat_kw=held.taken_heat_kw(),
        tanks_now=tanks_now(loaded, situation),
        heat_pumps_now=pumps,
        heat_demand_kw=heat_demand_kw(held),
        load_scenarios=load_scenarios({hall: forecast.quantiles for hall, forecast in it_power.items()}),
        signal_notes=list(dict.fromkeys(forecast.note for forecast in series.values() if forecast.note)),
        setpoints_now={key: value for key, value in situation.values.items() if "setpoint" in key},
        **_charged_demand(loaded, telemetry, situation, steps),
    )


def _forecasts(
    outlook: LoadOutlook, plants: Sequence[CoolingPlant], signals: Signals, archive: ForecastArchive | None
) -> tuple[dict[str, Forecast], Mapping[str, Forecast], Mapping[str, Forecast]]:
    """Return what is expected of signals, halls and pools, and keep it."""
    at, step = outlook.situation.at, outlook.loaded.site.step
    series = {name: signals.forecast(name, at, outlook.start, outlook.steps, step) for name in SERIES}
    it_power, busy = outlook.of_halls_and_pools(plants)
    if archive is not None:
        archive.keep([*series.values(), *it_power.values(), *busy.values()])
    return series, it_power, busy


def _charged_demand(loaded: LoadedSite, telemetry: Telemetry, situation: Situation, steps: int) -> dict[str, Any]:
    """Return the month's peak so far and to come, and what batteries hold for it."""
    so_far_kw = situation.month_peak_kw or 0.0
    to_come_kw, ready = demand_ahead(loaded, telemetry, situation.at, so_far_kw, steps)
    return {
        "peak_charges": peak_charges(loaded, telemetry, situation.at, steps),
        "month_peak_kw": so_far_kw,
        "expected_peak_kw": to_come_kw,
        "ready_kwh": ready.kwh,
        "ready_price_per_kwh_h": ready.price_per_kwh_h,
    }


def _step_start(at: datetime, step: timedelta) -> datetime:
    return pd.Timestamp(at).floor(step).to_pydatetime()


def _stores(site: Site) -> list[str]:
    """Return batteries and buffers of heat."""
    buffers = [contract.buffer.id for contract in site.heat_contracts if contract.buffer is not None]
    return [*(battery.id for battery in site.batteries), *buffers]


def _measured(situation: Situation, equipment: Sequence[str], quantity: str) -> dict[str, float]:
    found = {one: situation.value(one, quantity) for one in equipment}
    return {one: value for one, value in found.items() if value is not None}


def _slowed(site: Site, situation: Situation) -> dict[str, FloatArray]:
    """Return how many servers run at each slower frequency, of pools where that is measured for all of them."""
    found: dict[str, FloatArray] = {}
    for pool in site.server_pools:
        counts = [situation.value(pool.id, f"level_{2 + row}_servers") for row in range(len(pool.slower_levels))]
        known = [count for count in counts if count is not None]
        if counts and len(known) == len(counts):
            found[pool.id] = np.array(known)
    return found


def _plants_now(
    loaded: LoadedSite, telemetry: Telemetry, situation: Situation, plants: Sequence[CoolingPlant]
) -> dict[str, PlantNow]:
    missing: list[str] = []
    found: dict[str, PlantNow] = {}
    for plant in loaded.site.plants:
        model = next(one for one in plants if one.plant_id == plant.id)
        supply = [_supply_air(loaded.site, situation, plant.id, hall) for hall in model.halls]
        needed = {
            f"{plant.id}.{LEAVING_WATER}": situation.value(plant.id, LEAVING_WATER),
            f"{plant.id}.chillers_staged": situation.value(plant.id, "chillers_staged"),
            f"{plant.id}.economizer_mode": _mode(plant, situation),
            **{f"{SUPPLY_AIR} of a CRAH of {hall}": value for hall, value in zip(model.halls, supply, strict=True)},
        }
        missing += [f"a fresh reading of {name}" for name, value in needed.items() if value is None]
        if not missing:
            dampers = measured_dampers([model], situation)
            mode = Mode(round(_mode(plant, situation) or 0.0))
            changed_h = mode_changes_h(loaded, telemetry, plant, dampers, situation.at)
            found[plant.id] = PlantNow(
                mode=mode,
                leaving_water_degc=situation.values[f"{plant.id}.{LEAVING_WATER}"],
                supply_air_degc=tuple(value or 0.0 for value in supply),
                chillers_on=_called(round(situation.values[f"{plant.id}.chillers_staged"]), mode, dampers),
                mode_held_min=held_min(changed_h),
                dampers_open=any(dampers.values()),
                mode_changed_h=changed_h,
            )
    if missing:
        raise NotEnoughDataError(missing)
    return found


def _called(running: int, mode: Mode, dampers: Mapping[str, bool]) -> int:
    """Return the chillers that are called: one beside open dampers stands by where they leave it nothing."""
    return max(running, 1) if mode is not Mode.FREE and any(dampers.values()) else running


def _mode(plant: Plant, situation: Situation) -> float | None:
    return float(Mode.MECHANICAL) if plant.economizer is None else situation.value(plant.id, "economizer_mode")


def _supply_air(site: Site, situation: Situation, plant_id: str, hall: str) -> float | None:
    """Return the mean supply-air setpoint of a hall's CRAHs on a plant, of those that are known and in service."""
    crahs = [crah for crah in site.crahs if (crah.hall, crah.plant) == (hall, plant_id)]
    known = [
        value
        for crah in crahs
        if site.in_service(crah.id, situation.at) and (value := situation.value(crah.id, SUPPLY_AIR)) is not None
    ]
    return sum(known) / len(known) if known else None
