"""A two-day instance of the demo site for benchmarks: its real plant model, a spring course of weather, load and prices."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from facility.learn.twin import Learned, plant_models
from facility.plan.inputs import PlanInputs, PlantNow
from facility.records import FloatArray
from facility.site_file import LoadedSite, load_site
from models.cooling import Mode

DEMO = Path(__file__).parents[2] / "site_configs" / "demo.yaml"
START = datetime(2026, 4, 14, 6, 0, tzinfo=UTC)


def demo_inputs(hours: float = 48.0, wet_bulb_degc: float = 8.0, start: datetime = START) -> PlanInputs:
    """Return inputs for the demo site, as a cycle would collect them."""
    loaded = load_site(DEMO)
    planning = loaded.site.planning.model_copy(update={"horizon_h": hours})
    site = loaded.site.model_copy(update={"planning": planning})
    hour = np.arange(round(hours * 60 / planning.step_min)) * planning.step_min / 60.0 + start.hour
    plants = plant_models(loaded, Learned(), start, {})
    return PlanInputs(
        site=site,
        site_revision=loaded.revision,
        model_version="nameplate",
        correlation_id="bench",
        created=start,
        start=start,
        plants=plants,
        plants_now={"plant-1": PlantNow(Mode.MECHANICAL, 8.0, (20.0, 20.0, 20.0), 1)},
        outdoor_degc=wave(hour, wet_bulb_degc + 4.0, 5.0),
        wet_bulb_degc=wave(hour, wet_bulb_degc, 3.0),
        it_power_kw={
            "hall-1": wave(hour, 80.0, 10.0),
            "hall-2": wave(hour, 54.0, 7.0),
            "hall-3": wave(hour, 186.0, 8.0),
        },
        price_per_kwh=_prices(loaded, hour),
        carbon_gco2_per_kwh=wave(hour + 12.0, 340.0, 60.0),
        busy_servers={
            "pool-air": wave(hour, 114.0, 36.0),
            "pool-air-2": wave(hour, 76.0, 24.0),
            "pool-liquid": wave(hour, 38.0, 4.0),
        },
        awake_servers={"pool-air": 264.0, "pool-air-2": 176.0, "pool-liquid": 64.0},
        state_of_charge_frac={"battery-1": 0.6},
        backlog_kwh={"batch": 0.0},
        month_peak_kw=430.0,
        expected_peak_kw=430.0,
    )


def wave(hour: FloatArray, mean: float, swing: float) -> FloatArray:
    """A day's course with its highest value at 15:00."""
    return np.asarray(mean + swing * np.cos((hour - 15.0) / 24.0 * 2.0 * np.pi))


def _prices(loaded: LoadedSite, hour: FloatArray) -> FloatArray:
    price = np.full(len(hour), loaded.site.tariff.energy_price_per_kwh)
    of_day = hour % 24.0
    price[(of_day >= 20.0) | (of_day < 4.0)] = 0.11
    price[(of_day >= 15.0) & (of_day < 18.0)] = 0.24
    return price
