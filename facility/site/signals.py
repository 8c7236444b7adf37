"""What the site does not decide: prices, carbon, water, weather."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, model_validator

from facility.site.signal_sources import CarbonSource, PriceSource, WeatherSource
from facility.site.tariff_calendar import Holidays, Hours
from facility.site.values import ClockTime, Fraction, Id, NonNegative, Number, Part, Positive

Month = Annotated[str, Field(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$")]


class PriceWindow(Hours):
    """An energy price for some hours, in site time. Later windows win over earlier ones."""

    start: ClockTime
    end: ClockTime  # 00:00 means midnight at the end of the day
    price_per_kwh: Number


class EnergyTier(Part):
    """What a kWh costs more (or less) once a month's energy is above some amount; higher tiers replace lower ones."""

    above_kwh: Positive
    adder_per_kwh: Number


class DemandCharge(Hours):
    """A charge on the highest demand in some hours of a month, or on the demand at the grid's own peaks."""

    id: Id
    price_per_kw: NonNegative
    at: Literal["own_peak", "coincident_peaks"] = "own_peak"


class Tariff(Part):
    """What energy costs: a flat price, windows above it, a file of hourly prices (`time`, `price_per_kwh`), or a provider.

    Where the provider fails for too long, the flat price and its windows stand in. A bill is made of all its parts; a plan goes by
    the energy prices and the charges on demand, but for those at the grid's own peaks (docs/tariffs.md).
    """

    energy_price_per_kwh: Number
    windows: tuple[PriceWindow, ...] = ()
    price_file: Path | None = None
    price_source: PriceSource | None = None
    export_price_per_kwh: Number | None = None  # None: no export allowed
    demand_charge_per_kw_month: NonNegative = 0.0
    demand_window_min: Literal[15, 30, 60] = 15
    demand_ratchet_frac: Fraction = 0.0  # of the highest demand of the months before, charged at least
    demand_ratchet_months: Annotated[int, Field(strict=True, ge=1, le=24)] = 11
    earlier_peaks_kw: dict[Month, NonNegative] = Field(default_factory=dict)  # of old bills, such as '2026-03': 812.0
    demand_charges: tuple[DemandCharge, ...] = ()  # beside that on the month's peak
    coincident_peaks: tuple[AwareDatetime, ...] = ()  # when the grid's peaks were, told afterwards
    tiers: tuple[EnergyTier, ...] = ()
    fixed_charge_per_month: NonNegative = 0.0
    minimum_bill_per_month: NonNegative = 0.0
    holidays: Holidays = Holidays()

    @model_validator(mode="after")
    def _tiers_rise(self) -> Tariff:
        amounts = [tier.above_kwh for tier in self.tiers]
        if amounts != sorted(set(amounts)):
            raise ValueError("tiers: above_kwh has to rise from tier to tier")
        names = [charge.id for charge in self.demand_charges]
        if len(set(names)) < len(names):
            raise ValueError("demand_charges: an id stands here twice")
        return self

    @model_validator(mode="after")
    def _one_source(self) -> Tariff:
        if self.price_file is not None and self.price_source is not None:
            raise ValueError("price_file or price_source, not both")
        return self


class Water(Part):
    """What make-up water costs; `cycles_of_concentration` decides how much of it is blown down."""

    price_per_m3: NonNegative = 0.0
    cycles_of_concentration: Annotated[float, Field(strict=True, gt=1)] = 3.0


class Carbon(Part):
    """Grid carbon intensity: a constant, a file (`time`, `gco2_per_kwh`) or a provider; the price and the limit put on it.

    `signal` and `accounting` say what is meant by it: emissions of the mean or of the next kWh; of the grid where the site is, or
    of what it has contracted. Where a provider fails for too long, the constant stands in.
    """

    gco2_per_kwh: NonNegative = 400.0
    intensity_file: Path | None = None
    intensity_source: CarbonSource | None = None
    signal: Literal["average", "marginal"] = "average"
    accounting: Literal["location_based", "market_based"] = "location_based"
    price_per_tonne: NonNegative = 0.0
    budget_kg_per_day: NonNegative | None = None  # the most that a plan may emit, on the mean of its days

    @model_validator(mode="after")
    def _fits_the_source(self) -> Carbon:
        source = self.intensity_source
        if source is None:
            return self
        if self.intensity_file is not None:
            raise ValueError("intensity_file or intensity_source, not both")
        gives = "marginal" if source.provider == "watttime" and source.signal_type == "co2_moer" else "average"
        if self.signal != gives:
            raise ValueError(
                f"{source.provider} gives {gives} intensity here; write signal: {gives}, or take another source"
            )
        if self.accounting == "market_based":
            raise ValueError(
                f"{source.provider} knows the grid, not the site's contracts; market_based needs a file or a constant"
            )
        return self


class Weather(Part):
    """Where outdoor conditions are measured (equipment id) and forecast.

    `persistence`: the last days' hour-of-day course, shifted to the present reading. `file`: columns `issued`, `time`,
    `outdoor_temperature_degc`, `outdoor_relative_humidity_frac`. `provider`: fetched from `source`; where that fails for too long,
    persistence stands in.
    """

    station: Id = "weather"
    forecast: Literal["persistence", "file", "provider"] = "persistence"
    forecast_file: Path | None = None
    source: WeatherSource | None = None

    @model_validator(mode="after")
    def _file(self) -> Weather:
        if (self.forecast == "file") != (self.forecast_file is not None):
            raise ValueError("forecast: file needs forecast_file, and only then")
        if (self.forecast == "provider") != (self.source is not None):
            raise ValueError("forecast: provider needs source, and only then")
        return self
