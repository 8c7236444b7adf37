"""Any situation of any site: weather from frost to heat, load, prices below nothing, measured states outside their limits."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import numpy as np
from hypothesis import strategies as st

from facility.learn.twin import Learned, plant_models
from facility.plan.inputs import HeatPumpNow, PlanInputs, PlantNow, TankNow
from facility.plan.peak_charges import PeakCharge
from facility.plan.scenarios import load_scenarios
from facility.promises import Commitment, CommitmentKind
from facility.records import FloatArray
from facility.site import Plant, ServerPool, Site
from facility.site_file import LoadedSite, load_site
from facility.workload import Job, JobKind
from models.cooling import Mode
from models.plant_model import CoolingPlant
from models.psychrometrics import wet_bulb_degc
from tests.plan.any_site import chance, number, site_parts

START = datetime(2026, 4, 14, 10, 0, tzinfo=UTC)


@cache
def _folder() -> Path:
    return Path(mkdtemp())


def loaded(parts: dict[str, Any]) -> LoadedSite:
    """Return a site as its file would be read; YAML takes JSON."""
    path = _folder() / "any.yaml"
    path.write_text(json.dumps(parts), encoding="utf-8")
    return load_site(path)


@st.composite
def any_inputs(draw: st.DrawFn) -> PlanInputs:
    """Draw a site and what a plan of it is made from."""
    read = loaded(draw(site_parts()))
    site, dew_points = read.site, {hall.id: number(draw, 2.0, 16.0) for hall in read.site.halls if chance(draw)}
    plants = plant_models(read, Learned(), START, dew_points)
    steps = round(site.planning.horizon_h * 60 / site.planning.step_min)
    outdoor_degc = _course(draw, number(draw, -15.0, 38.0), 3.0, steps)
    humid = np.full(steps, number(draw, 0.15, 1.0))
    it_kw = {hall.id: _it_kw(draw, sum(rack.rated_kw for rack in hall.racks), steps) for hall in site.halls}
    return PlanInputs(
        site=site, site_revision=read.revision, model_version="nameplate", correlation_id="any", created=START,
        start=START, plants=plants,
        plants_now={plant.plant_id: _plant_now(draw, site, plant) for plant in plants},
        outdoor_degc=outdoor_degc, wet_bulb_degc=wet_bulb_degc(outdoor_degc, humid),
        it_power_kw=it_kw,
        price_per_kwh=np.array([number(draw, -0.2, 0.6) for _ in range(steps)]),
        carbon_gco2_per_kwh=_course(draw, number(draw, 50.0, 600.0), 30.0, steps),
        dampers_open={
            hall.economizer.id: chance(draw) for hall in site.halls if hall.economizer and _alone(site, hall.id)
        },
        dew_point_degc=dew_points,
        state_of_charge_frac={name: number(draw, 0.0, 1.02) for name in _stores(site) if chance(draw, 90)},
        month_peak_kw=number(draw, 0.0, 800.0),
        **_ready(draw, site, steps),
        load_scenarios=load_scenarios({hall: {0.1: 0.9 * kw, 0.9: 1.1 * kw} for hall, kw in it_kw.items()}),
        commitments=_commitments(draw, sum(kw.mean() for kw in it_kw.values())) if chance(draw, 25) else [],
        time_limit_s=site.planning.time_limit_s,
        **_servers(draw, site, steps), **_jobs(draw, site), **_sun(draw, site, steps), **_heat_and_cold(draw, site, steps),
        **_peak_charges(draw, steps),
    )  # fmt: skip


def _ready(draw: st.DrawFn, site: Site, steps: int) -> dict[str, Any]:
    """Draw what batteries should hold for a peak: mostly nothing."""
    if not site.batteries or chance(draw, 60):
        return {}
    most_kwh = sum(battery.energy_kwh for battery in site.batteries)
    ready_kwh = np.maximum(_course(draw, most_kwh * number(draw, 0.0, 1.0), 0.3 * most_kwh, steps), 0.0)
    return {"ready_kwh": ready_kwh, "ready_price_per_kwh_h": number(draw, 0.0, 0.1)}


def _peak_charges(draw: st.DrawFn, steps: int) -> dict[str, Any]:
    """Draw a charge on the highest demand in some hours: mostly none."""
    if chance(draw, 70):
        return {}
    begin, length = draw(st.integers(0, steps - 1)), draw(st.integers(1, steps))
    holds = (np.arange(steps) >= begin) & (np.arange(steps) < begin + length)
    return {"peak_charges": {"on_peak": PeakCharge(number(draw, 0.1, 20.0), holds, number(draw, 0.0, 800.0))}}


def _course(draw: st.DrawFn, level: float, swing: float, steps: int) -> FloatArray:
    return np.round(level + swing * np.sin(np.arange(steps) / 5.0 + number(draw, 0.0, 6.0)), 3)


def _it_kw(draw: st.DrawFn, rated_kw: float, steps: int) -> FloatArray:
    mean_kw = rated_kw * number(draw, 0.35, 0.9)
    return _course(draw, mean_kw, 0.08 * rated_kw, steps)


def _alone(site: Site, hall: str) -> bool:
    return len({crah.plant for crah in site.crahs if crah.hall == hall}) == 1


def _stores(site: Site) -> list[str]:
    buffers = [contract.buffer.id for contract in site.heat_contracts if contract.buffer]
    return [*(battery.id for battery in site.batteries), *buffers]


def _plant_now(draw: st.DrawFn, site: Site, model: CoolingPlant) -> PlantNow:
    """Draw setpoints in force: mostly those of a state, now and then outside the limits."""
    state = draw(st.sampled_from(model.states()))
    off_k = draw(st.sampled_from([0.0, 0.0, 0.0, 0.4, -3.0, 3.0]))
    return PlantNow(
        mode=state.mode,
        leaving_water_degc=state.leaving_water_degc + off_k,
        supply_air_degc=tuple(air + draw(st.sampled_from([0.0, 0.0, -2.5, 4.0])) for air in state.supply_air_degc),
        chillers_on=state.chillers_on if state.mode is Mode.FREE else max(state.chillers_on, 1),
        mode_held_min=draw(st.sampled_from([0.0, 10.0, 45.0, math.inf])),
        dampers_open=False,
        mode_changed_h=draw(st.sampled_from([(), (2.0, 5.0), (1.0, 2.0, 3.0, 4.0)])),
    )


def _servers(draw: st.DrawFn, site: Site, steps: int) -> dict[str, Any]:
    pools = [pool for pool in site.server_pools if chance(draw, 90)]
    awake = {pool.id: float(draw(st.integers(pool.servers // 2, pool.servers))) for pool in pools}
    busy = {pool.id: awake[pool.id] * number(draw, 0.1, 0.8) * np.ones(steps) for pool in pools}
    slowed = [pool for pool in pools if pool.slower_levels and chance(draw)]
    parts = 0.5, 0.9, 0.95, 0.99
    return {
        "awake_servers": awake,
        "busy_servers": busy,
        "busy_quantiles": {pool: {part: kw * (0.6 + 0.4 * part) for part in parts} for pool, kw in busy.items()},
        "slowed_servers": {pool.id: np.array([float(draw(st.integers(0, 4)))]) for pool in slowed},
        "backlog_kwh": {work.id: number(draw, 0.0, work.max_power_kw) for work in site.deferrable_work},
    }


def _jobs(draw: st.DrawFn, site: Site) -> dict[str, Any]:
    pools = [pool for pool in site.server_pools for _ in range(draw(st.integers(0, 2)))]
    return {"jobs": [_job(draw, pool, f"job-{index}") for index, pool in enumerate(pools)]}


def _job(draw: st.DrawFn, pool: ServerPool, name: str) -> Job:
    power_kw = round(pool.servers * (pool.peak_w - pool.idle_w) / 1000.0 * number(draw, 0.05, 0.4), 2)
    hours, arrives = draw(st.sampled_from([0.25, 0.5, 1.0, 3.0])), START + timedelta(hours=number(draw, -1.0, 2.0))
    kind = draw(st.sampled_from(list(JobKind)))
    return Job(
        id=name, pool=pool.id, power_kw=power_kw, energy_kwh=power_kw * hours, arrives=arrives,
        due=max(arrives, START) + timedelta(hours=hours * number(draw, 0.8, 4.0)), kind=kind,
        running=kind is JobKind.WHOLE and arrives <= START and chance(draw),
    )  # fmt: skip


def _sun(draw: st.DrawFn, site: Site, steps: int) -> dict[str, Any]:
    kw = {
        array.id: array.rated_kw * np.clip(_course(draw, number(draw, 0.0, 1.0), 0.3, steps), 0.0, 1.0)
        for array in site.photovoltaics
    }
    held = [array.id for array in site.photovoltaics if array.curtailable]
    return {
        "available_kw": {name: kw[name] for name in held},
        "produced_kw": sum((kw[name] for name in kw if name not in held), np.zeros(steps)),
    }


def _heat_and_cold(draw: st.DrawFn, site: Site, steps: int) -> dict[str, Any]:
    tanks = [plant for plant in site.plants if plant.tank is not None]
    return {
        "tanks_now": {plant.tank.id: _tank_now(draw, plant) for plant in tanks if plant.tank and chance(draw, 90)},
        "heat_pumps_now": {
            pump.id: HeatPumpNow(chance(draw), draw(st.sampled_from([0.0, 20.0, math.inf]))) for pump in site.heat_pumps
        },
        "heat_demand_kw": {
            one.id: np.maximum(_course(draw, one.demand_kw * number(draw, 0.2, 1.0), 0.3 * one.demand_kw, steps), 0.0)
            for one in site.heat_contracts
        },
    }


def _tank_now(draw: st.DrawFn, plant: Plant) -> TankNow:
    return TankNow(number(draw, 0.0, 1.0), number(draw, plant.leaving_water_min_degc, plant.leaving_water_max_degc))


def _commitments(draw: st.DrawFn, it_kw: float) -> list[Commitment]:
    begin = START + timedelta(minutes=draw(st.integers(0, 100)))
    end, amount_kw = begin + timedelta(minutes=draw(st.integers(10, 90))), round(it_kw * number(draw, 0.9, 1.5), 1)
    penalty = draw(st.sampled_from([None, 0.5, 2.0]))
    return [Commitment("dr-1", CommitmentKind.IMPORT_CAP, begin, end, amount_kw, penalty_per_kwh=penalty)]
