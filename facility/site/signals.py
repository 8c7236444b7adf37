"""What the site does not decide: prices, carbon, water, weather."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from facility.site.values import ClockTime, Id, NonNegative, Number, Part


class PriceWindow(Part):
    """An energy price for some hours, in site time. Later windows win over earlier ones."""

    days: Literal["all", "weekdays", "weekend"] = "all"
    start: ClockTime
    end: ClockTime  # 00:00 means midnight at the end of the day
    price_per_kwh: Number


class Tariff(Part):
    """What energy costs: a flat price, windows above it, or a file of hourly prices (`time`, `price_per_kwh`)."""

    energy_price_per_kwh: Number
    windows: tuple[PriceWindow, ...] = ()
    price_file: Path | None = None
    export_price_per_kwh: Number | None = None  # None: no export allowed
    demand_charge_per_kw_month: NonNegative = 0.0
    demand_window_min: Literal[15, 30, 60] = 15


class Water(Part):
    """What make-up water costs; `cycles_of_concentration` decides how much of it is blown down."""

    price_per_m3: NonNegative = 0.0
    cycles_of_concentration: Annotated[float, Field(strict=True, gt=1)] = 3.0


class Carbon(Part):
    """Grid carbon intensity: a constant, or a file (`time`, `gco2_per_kwh`); the price and the limit the site puts on it."""

    gco2_per_kwh: NonNegative = 400.0
    intensity_file: Path | None = None
    signal: Literal["average", "marginal"] = "average"
    price_per_tonne: NonNegative = 0.0
    budget_kg_per_day: NonNegative | None = None  # the most that a plan may emit, on the mean of its days


class Weather(Part):
    """Where outdoor conditions are measured (equipment id) and forecast.

    `persistence`: the last days' hour-of-day course, shifted to the present reading. `file`: columns `issued`, `time`,
    `outdoor_temperature_degc`, `outdoor_relative_humidity_frac`.
    """

    station: Id = "weather"
    forecast: Literal["persistence", "file"] = "persistence"
    forecast_file: Path | None = None

    @model_validator(mode="after")
    def _file(self) -> Weather:
        if (self.forecast == "file") != (self.forecast_file is not None):
            raise ValueError("forecast: file needs forecast_file, and only then")
        return self
