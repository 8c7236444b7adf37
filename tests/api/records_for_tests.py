"""A plan, its recommendations and readings, as the rest of the service would have stored them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np

from facility.records import (
    CostBreakdown,
    Interval,
    LimitShortfall,
    Plan,
    Quality,
    ReadingBatch,
    Recommendation,
)
from facility.site_file import LoadedSite

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
STEPS = 192


class FixedClock:
    """Stands still until told."""

    def __init__(self, at: datetime = NOW) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at


def batch(loaded: LoadedSite, rows: Sequence[tuple[str, datetime, float, Quality]]) -> ReadingBatch:
    points, times, values, qualities = zip(*rows, strict=True)
    return ReadingBatch(
        points=points,
        time_us=np.array([round(time.timestamp() * 1e6) for time in times], dtype=np.int64),
        values=np.array(values, dtype=np.float64),
        quality=np.array(qualities, dtype=np.uint8),
        site_revision=loaded.revision,
    )


def plan(loaded: LoadedSite, created: datetime = NOW) -> Plan:
    hours = [index / 4 for index in range(STEPS)]
    day = [math.cos(2 * math.pi * (hour - 3) / 24) for hour in hours]
    water = "plant-1.leaving_chilled_water_temperature_setpoint_degc"
    cost = CostBreakdown(19000.0, 4100.0, 210.0, 5200.0, 150.0, 4.0, -12.5)
    return Plan(
        id="plan-1",
        site_id=loaded.site.id,
        site_revision=loaded.revision,
        model_version="nameplate",
        created=created,
        start=created,
        step=timedelta(minutes=15),
        schedule={
            "site.power_kw": tuple(396 + 22 * each for each in day),
            "site.price_per_kwh": tuple(0.31 if 17 <= hour % 24 < 20 else 0.18 for hour in hours),
            water: tuple(14.0 if each < 0 else 16.0 for each in day),
        },
        baseline={"site.power_kw": tuple(421 + 24 * each for each in day), water: (10.0,) * STEPS},
        modes={"plant-1": tuple("FREE" if each > 0.5 else "PARTIAL" if each > -0.3 else "MECHANICAL" for each in day)},
        cost=cost,
        baseline_cost=CostBreakdown(20200.0, 4420.0, 230.0, 5500.0, 160.0, 4.0, -12.5),
        bound=4440.0,
        binding_limits={"inlet temperature": ("rack-05",)},
        shortfalls=(LimitShortfall("inlet temperature", 0.4, "K", created),),
    )


def recommendation(loaded: LoadedSite, number: int, expires: datetime) -> Recommendation:
    return Recommendation(
        id=f"rec-{number}",
        plan_id="plan-1",
        site_revision=loaded.revision,
        created=NOW,
        expires=expires,
        equipment="hall-1",
        quantity="supply_air_temperature_setpoint_degc",
        points=("crah-1.supply_air_temperature_setpoint_degc",),
        current=18.0,
        recommended=21.5,
        unit="degC",
        saving_kw=Interval(11.2, 7.9, 14.1),
        saving_cost_per_day=Interval(48.4, 34.0, 61.0),
        saving_kgco2_per_day=Interval(107.5, 76.0, 135.0),
        binding_limit="inlet temperature <rack-05>",
        reason="warmer supply air lets the economizer run longer",
    )
