"""A small site and a plant with power known in closed form, so that a plan can be checked by hand or by enumeration."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np

from facility.plan.inputs import PlanInputs, PlantNow
from facility.site import Site
from models.cooling import JointState, Load, Mode, PlantResponse

START = datetime(2026, 4, 14, 6, 0, tzinfo=UTC)
NOW = PlantNow(Mode.MECHANICAL, 10.0, (20.0,), 1)


@dataclass(frozen=True)
class ToyPlant:
    """Mechanical power falls with warmer water, fans pay for it; free cooling needs a cold wet bulb and costs little.

    overhead = fixed + slope x heat + square x heat^2, all three by state and weather.
    """

    water_degc: tuple[float, ...] = (10.0, 12.0)
    modes: tuple[Mode, ...] = (Mode.MECHANICAL, Mode.FREE)
    capacity_kw: float = 400.0
    half_width_kw: float = 2.0
    least_kw: float = 0.0
    plant_id: str = "plant-1"
    halls: tuple[str, ...] = ("hall-1",)
    loops: tuple[str, ...] = ()
    asked: list[JointState] = field(default_factory=list, compare=False)

    def states(self) -> tuple[JointState, ...]:
        return tuple(
            JointState(mode, water, (20.0,), 0 if mode is Mode.FREE else 1)
            for mode in self.modes
            for water in self.water_degc
        )

    def evaluate(self, state: JointState, load: Load) -> PlantResponse:
        self.asked.append(state)
        heat = load.heat_kw
        free = state.mode is Mode.FREE
        warm = state.leaving_water_degc - 10.0
        fixed, slope = (4.0, 0.02) if free else (12.0, 0.2 - 0.01 * warm)
        power = fixed + slope * heat + 1e-4 * (1.0 + 0.2 * warm) * heat**2
        limit = np.where(heat > self.capacity_kw, "chiller capacity", "")
        limit = np.where(heat < self.least_kw, "chiller part load min", limit)
        limit = np.where(free & (load.wet_bulb_degc > state.leaving_water_degc - 3.0), "free cooling wet bulb", limit)
        limit = np.where(~np.isin(state.leaving_water_degc, self.water_degc), "leaving water range", limit)
        return _response(load, power, limit, self.half_width_kw)


def _response(load: Load, power: np.ndarray, limit: np.ndarray, half_width_kw: float) -> PlantResponse:
    rows, halls, loops = len(power), load.it_air_kw.shape[1], load.it_liquid_kw.shape[1]
    nothing, by_hall, by_loop = np.zeros(rows), np.zeros((rows, halls)), np.zeros((rows, loops))
    feasible = limit == ""
    return PlantResponse(
        feasible=feasible,
        limit=limit,
        binding=np.where(feasible, "rack inlet", ""),
        crah_fan_kw=by_hall,
        cdu_pump_kw=by_loop,
        chilled_pump_kw=nothing,
        condenser_pump_kw=nothing,
        chiller_kw=np.where(feasible, power, np.nan),
        tower_kw=nothing,
        server_fan_kw=by_hall,
        fan_speed_frac=by_hall + 0.5,
        airside_kw=by_hall,
        outdoor_air_frac=by_hall,
        dampers_open=np.zeros(by_hall.shape, dtype=bool),
        coil_kw=load.it_air_kw,
        dew_point_degc=by_hall + np.nan,
        condenser_water_degc=nothing + 18.0,
        inlet_mean_degc=by_hall + 22.0,
        inlet_max_degc=by_hall + 24.0,
        inlet_margin_k=by_hall + 1.0,
        secondary_supply_degc=by_loop + 20.0,
        secondary_flow_lps=by_loop + 5.0,
        makeup_water_lps=nothing,
        pads_wet=np.zeros(rows, dtype=bool),
        half_width_kw=nothing + half_width_kw,
        beyond=np.zeros(rows),
    )


def toy_site(hours: float, step_min: int = 60, **changes: Any) -> Site:
    """Return a site of one hall and one plant; `changes` replace parts by key."""
    parts: dict[str, Any] = {
        "schema": 1,
        "id": "toy",
        "name": "Toy",
        "time_zone": "UTC",
        "currency": "EUR",
        "halls": [{"id": "hall-1", "racks": [{"id": "r1", "rated_kw": 400.0}]}],
        "crahs": [CRAH],
        "plants": [toy_plant_part()],
        "electrical": {
            "transformer": {"id": "t-1", "rated_kw": 800.0, "no_load_kw": 2.0, "square_frac": 0.01},
            "ups": {"id": "ups-1", "rated_kw": 600.0, "no_load_kw": 5.0, "proportional_frac": 0.01, "square_frac": 0.02},
        },
        "tariff": {"energy_price_per_kwh": 0.2},
        "devices": [{"id": "d", "profile": "x", "modbus": {"host": "127.0.0.1"}, "equipment": "crah-1"}],
        "planning": {"horizon_h": hours, "step_min": step_min, "time_limit_s": 60.0},
    }  # fmt: skip
    return Site.model_validate(parts | changes)


def toy_plant_part(**changes: Any) -> dict[str, Any]:
    """Return the plant as a site file would write it."""
    part: dict[str, Any] = {
        "id": "plant-1",
        "chillers": [{"id": "c-1", "rated_cooling_kw": 400.0}],
        "towers": [{"id": "tw-1", "rated_rejection_kw": 500.0, "rated_fan_kw": 10.0, "rated_flow_lps": 20.0}],
        "pumps": [
            {"id": "p-1", "duty": "chilled_water", "rated_flow_lps": 20.0, "rated_kw": 5.0},
            {"id": "p-2", "duty": "condenser_water", "rated_flow_lps": 20.0, "rated_kw": 5.0},
        ],
        "economizer": {"id": "wse-1", "rated_kw": 400.0, "min_dwell_min": 120.0},
    }
    return part | changes


CRAH = {
    "id": "crah-1", "hall": "hall-1", "plant": "plant-1",
    "rated_airflow_m3ps": 20.0, "rated_fan_kw": 15.0, "rated_cooling_kw": 400.0,
}  # fmt: skip
BATTERY = {"id": "b-1", "energy_kwh": 200.0, "power_kw": 60.0, "dispatchable": True, "wear_cost_per_kwh": 0.01}
POOL = {
    "id": "pool-1", "hall": "hall-1", "servers": 400,
    "idle_w": 200.0, "peak_w": 500.0, "wake_min": 5.0, "min_awake_min": 60.0,
}  # fmt: skip
WORK = {"id": "batch", "pool": "pool-1", "energy_kwh_per_day": 240.0, "max_power_kw": 40.0, "due_within_h": 4.0}


def toy_inputs(site: Site, plant: ToyPlant | None = None, **changes: Any) -> PlanInputs:
    """Return inputs with a plain course of everything; `changes` replace fields. Numbers stand for constant series."""
    steps = round(site.planning.horizon_h * 60 / site.planning.step_min)
    hour = np.arange(steps) * site.planning.step_min / 60.0
    inputs = PlanInputs(
        site=site,
        site_revision="r1",
        model_version="toy",
        correlation_id="test",
        created=START,
        start=START,
        plants=[plant or ToyPlant()],
        plants_now={"plant-1": NOW},
        outdoor_degc=np.full(steps, 15.0),
        wet_bulb_degc=8.0 + 3.0 * np.sin(hour),
        it_power_kw={"hall-1": 200.0 + 30.0 * np.sin(hour / 3.0)},
        price_per_kwh=0.2 + 0.1 * np.cos(hour / 2.0),
        carbon_gco2_per_kwh=np.full(steps, 300.0),
        busy_servers={pool.id: np.full(steps, 150.0) for pool in site.server_pools},
        awake_servers={pool.id: 300.0 for pool in site.server_pools},
        state_of_charge_frac={battery.id: 0.5 for battery in site.batteries},
        backlog_kwh={work.id: 10.0 for work in site.deferrable_work},
    )
    return replace(inputs, **changes)


def series(inputs: PlanInputs, values: float | Sequence[float]) -> np.ndarray:
    """Return a series of the plan's length."""
    return np.broadcast_to(np.asarray(values, dtype=float), (inputs.steps,)).copy()
