"""The instance that plans are timed on, fixed and published: two days on the campus, with an event and hours of negative price."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np

from facility.learn.twin import Learned, plant_models
from facility.plan.inputs import HeatPumpNow, PlanInputs, PlantNow, TankNow
from facility.promises import Commitment, CommitmentKind
from facility.records import FloatArray
from models.cooling import Mode
from tools.bench.plan_campus import HALLS, campus, hall_kw
from tools.bench.plan_instance import wave

START = datetime(2026, 4, 14, 6, 0, tzinfo=UTC)
EVENT = START + timedelta(hours=14), START + timedelta(hours=16)
EVENT_CAP_KW = 420.0  # for each plant: near the least that can be kept
_WORK_FRAC = {"air": 0.35, "chips": 0.55, "racks": 0.45}  # of what its servers can do, mean of the day
_IDLE_FRAC = 220.0 / 500.0
_LOAD_FRAC, _WET_BULB_K, _PRICE_FRAC = 0.01, 0.3, 0.01  # by which forecasts come otherwise a quarter of an hour later


def campus_inputs(plants: int = 1, hours: float = 48.0) -> PlanInputs:
    """Return inputs for a campus of so many plants, three halls on each."""
    loaded = campus(plants, hours)
    site, numbers = loaded.site, range(1, plants + 1)
    hour = np.arange(round(hours * 60 / site.planning.step_min)) * site.planning.step_min / 60.0 + START.hour
    work = {kind: wave(hour, frac, 0.25 * frac) for kind, frac in _WORK_FRAC.items()}
    return PlanInputs(
        site=site,
        site_revision=loaded.revision,
        model_version="nameplate",
        correlation_id="bench",
        created=START,
        start=START,
        plants=plant_models(loaded, Learned(), START, {}),
        plants_now={plant.id: PlantNow(Mode.MECHANICAL, 10.0, (20.0,) * len(HALLS), 2) for plant in site.plants},
        outdoor_degc=wave(hour, 22.0, 7.0),
        wet_bulb_degc=wave(hour, 16.0, 4.0),
        it_power_kw={f"hall-{n}-{kind}": 0.9 * hall_kw(kind) * (_IDLE_FRAC + (1 - _IDLE_FRAC) * frac)
                     for n in numbers for kind, frac in work.items()},
        price_per_kwh=_prices(hour),
        carbon_gco2_per_kwh=wave(hour + 12.0, 340.0, 60.0),
        busy_servers={pool.id: 0.9 * pool.servers * work[pool.id.split("-")[2]] for pool in site.server_pools},
        awake_servers={pool.id: float(pool.servers) for pool in site.server_pools},
        state_of_charge_frac={battery.id: 0.6 for battery in site.batteries},
        backlog_kwh={one.id: 0.0 for one in site.deferrable_work},
        month_peak_kw=1100.0 * plants,
        expected_peak_kw=1100.0 * plants,
        commitments=[Commitment("event", CommitmentKind.IMPORT_CAP, *EVENT, EVENT_CAP_KW * plants)],
        tanks_now={f"tank-{n}": TankNow(0.3, 10.0) for n in numbers},
        heat_pumps_now={pump.id: HeatPumpNow(running=True) for pump in site.heat_pumps},
        heat_demand_kw={one.id: wave(hour + 10.0, 150.0, 30.0) for one in site.heat_contracts},
    )  # fmt: skip


def forecast_anew(inputs: PlanInputs) -> PlanInputs:
    """Return the same inputs with forecasts of load, weather and price that came a little otherwise."""
    load, warmer, dearer = 1.0 + _LOAD_FRAC, _WET_BULB_K, 1.0 + _PRICE_FRAC
    return replace(
        inputs,
        it_power_kw={hall: kw * load for hall, kw in inputs.it_power_kw.items()},
        busy_servers={pool: busy * load for pool, busy in inputs.busy_servers.items()},
        wet_bulb_degc=inputs.wet_bulb_degc + warmer,
        price_per_kwh=inputs.price_per_kwh * dearer,
    )


def _prices(hour: FloatArray) -> FloatArray:
    """Day-ahead: dear in the evening, paid to draw while the sun is high."""
    of_day = hour % 24.0
    price = np.full(len(hour), 0.15)
    price[(of_day >= 21.0) | (of_day < 5.0)] = 0.10
    price[(of_day >= 11.0) & (of_day < 14.0)] = -0.03
    price[(of_day >= 16.0) & (of_day < 20.0)] = 0.25
    return price
