"""An hour in round numbers: 500 kW at the meter, a battery of 400 kWh, work that may wait, a hall whose inlets are known."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from facility.records import FloatArray
from facility.site import Battery
from facility.track.inputs import Air, Grid, Lever, Pool, Store, TrackInputs, Work

AT = datetime(2026, 7, 14, 12, 0, tzinfo=UTC)
STEP = timedelta(minutes=5)
STEPS = 12
BATTERY = Battery(id="battery-1", name="battery-1", energy_kwh=400.0, power_kw=200.0, dispatchable=True)


def course(value: float, steps: int = STEPS) -> FloatArray:
    return np.full(steps, value)


def lever(target: str, planned: float, low: float, high: float, **changes: Any) -> Lever:
    unit = (
        "degC" if "temperature" in target else "frac" if "fan" in target else "count" if "servers" in target else "kW"
    )
    base = Lever((target,), planned, course(planned), low, high, np.inf, unit, free=True)
    return replace(base, **changes)


def grid(import_kw: float | FloatArray = 500.0, **changes: Any) -> Grid:
    """Return the meter; windows of a quarter of an hour begin with the hour."""
    drawn = import_kw if isinstance(import_kw, np.ndarray) else course(import_kw)
    shares = np.kron(np.eye(5, 4), np.full((1, 3), 1.0 / 3.0))
    base = Grid(
        import_kw=drawn,
        cap_kw=course(np.inf),
        cap_names=("",) * STEPS,
        least_kw=0.0,
        window_share=shares,
        window_known_kw=np.array([0.0, 0.0, 0.0, 0.0, 520.0]),
        window_names=tuple(f"demand window 1{2 + n // 4}:{15 * (n % 4):02d}" for n in range(5)),
        demand_kw=520.0,
        demand_charge_per_kw=9.5,
        price_per_kwh=0.16,
    )
    return replace(base, **changes)


def store(planned_kw: float = 0.0, stored_kwh: float = 200.0, **changes: Any) -> Store:
    base = Store(
        battery=BATTERY,
        lever=lever("battery-1.charge_power_setpoint_kw", planned_kw, -200.0, 200.0),
        stored_kwh=stored_kwh,
        reserve_kwh=80.0,
        planned_end_kwh=0.0,
        meter_per_kw=1.0,
    )
    return replace(base, **({"planned_end_kwh": float(base.course_kwh(base.lever.planned, 1 / 12)[-1])} | changes))


def work(planned_kw: float = 20.0, **changes: Any) -> Work:
    base = Work("batch", lever("batch.deferrable_power_command_kw", planned_kw, 0.0, 36.0), course(0.0), 1.05)
    return replace(base, **changes)


def pool(planned: float, needed: float, **changes: Any) -> Pool:
    """Return a pool whose headroom is a fifth of the work."""
    awake = lever("pool-1.awake_servers_command", planned, 50.0, 200.0)
    return replace(Pool("pool-1", awake, needed / 1.2, needed, 0.2), **changes)


def air(over_k: float = -2.0, **changes: Any) -> Air:
    """Return a hall of two racks, the first of which is warmer; 1 K colder cools them by 1 K, a tenth faster by half."""
    supply = lever("crah-1.supply_air_temperature_setpoint_degc", 22.0, 17.0, 25.0, step=1.0)
    fans = lever("crah-1.fan_speed_setpoint_frac", 0.6, 0.4, 1.0, step=0.1)

    def warmth(colder_k: float, faster_frac: float) -> FloatArray:
        return np.outer(course(1.0), [over_k, over_k - 1.0]) - colder_k - 5.0 * faster_frac

    return replace(Air("hall-1", supply, fans, ("a01", "a02"), warmth, kw_per_k=0.4, kw_per_frac=12.0), **changes)


def hour(meter: Grid | None = None, **parts: Any) -> TrackInputs:
    return TrackInputs("plan-1", AT, STEP, grid() if meter is None else meter, **parts)
