"""Water, carbon and reused heat beside a site's energy: WUE, CUE and ERF, each with why it is not known where it is not.

Over the same twelve months as PUE, and as interim figures while they are not full. Each sum is over the steps in which both sides
of its ratio were measured.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from facility.errors import SignalError
from facility.learn.site_ratios import SiteRatios
from facility.ports import ForecastArchive, Telemetry
from facility.signals.past import known_carbon
from facility.site import Carbon, Plant
from facility.site_file import LoadedSite
from models.pue import EnergyRatio
from models.whole.periods import LEAST_MEASURED_FRAC, PeriodRatio
from models.whole.site_rows import FACILITY, IT

SECONDS_PER_H = 3600.0
Kind = tuple[str, str, str]  # name, standard, unit
WUE: Kind = ("WUE", "ISO/IEC 30134-9", "L/kWh")
CUE: Kind = ("CUE", "ISO/IEC 30134-8", "kgCO2/kWh")
ERF: Kind = ("ERF", "ISO/IEC 30134-6", "")


@dataclass(frozen=True, slots=True)
class UsageRatio:
    """One of the ratios; `value` is None where it is not known, and `note` says why, or what it holds."""

    name: str  # with "interim" before it unless it is of twelve measured months
    standard: str
    unit: str
    value: float | None
    measured_frac: float
    note: str


def usage_ratios(
    loaded: LoadedSite, telemetry: Telemetry, ratios: SiteRatios, archive: ForecastArchive | None = None
) -> list[UsageRatio]:
    """Return WUE, CUE and ERF over the twelve months of the ratios.

    `archive` keeps what was published of carbon, of sites that ask a provider for it.
    """
    powers = ratios.powers.loc[ratios.year.begin :]
    index = pd.DatetimeIndex(powers.index)
    water, water_note = _water_l_per_h(loaded, telemetry, index)
    carbon, carbon_note = _carbon_kg_per_h(loaded, telemetry, powers, archive)
    heat, heat_note = _reused_kw(loaded, telemetry, index)
    return [
        _ratio(WUE, water, water_note, powers[IT], ratios.year),
        _ratio(CUE, carbon, carbon_note, powers[IT], ratios.year),
        _ratio(ERF, heat, heat_note, powers[FACILITY], ratios.year),
    ]


def _ratio(kind: Kind, over: pd.Series | None, note: str, under: pd.Series, year: PeriodRatio) -> UsageRatio:
    if over is None:
        return UsageRatio(*kind, None, 0.0, note)
    both = pd.concat([over, under], axis=1, keys=["over", "under"]).dropna()
    if both["under"].sum() <= 0:
        return UsageRatio(*kind, None, 0.0, "never measured at the same time")
    value = float(both["over"].sum() / both["under"].sum())
    step = pd.DatetimeIndex(under.index)[1] - pd.DatetimeIndex(under.index)[0]
    measured = float(len(both) * step / (year.end - year.begin))
    hours = (year.end - year.begin) / pd.Timedelta(hours=1)
    whole = EnergyRatio(value, value, value, hours).is_pue and measured >= LEAST_MEASURED_FRAC
    name, standard, unit = kind
    return UsageRatio(name if whole else f"interim {name}", standard, unit, value, measured, note)


def _water_l_per_h(loaded: LoadedSite, telemetry: Telemetry, index: pd.DatetimeIndex) -> tuple[pd.Series | None, str]:
    """Return what towers and wetted coolers take; a humidifier's steam is no part of it."""
    thirsty = [plant for plant in loaded.site.plants if _takes_water(plant)]
    if not thirsty:
        return None, "no tower or wetted cooler takes water"
    meters = {plant.id: _water_points(loaded, plant) for plant in thirsty}
    unread = [plant for plant, ids in meters.items() if not ids]
    if unread:
        return None, f"make-up water of {', '.join(unread)} is not measured"
    read = _read(loaded, telemetry, [point for ids in meters.values() for point in ids], index)
    humid = any(hall.humidifier for hall in loaded.site.halls)
    return read.sum(axis=1, skipna=False) * SECONDS_PER_H, "make-up water" + ("; without humidifiers" if humid else "")


def _takes_water(plant: Plant) -> bool:
    return bool(plant.towers) or any(one.adiabatic_effectiveness_frac > 0 for one in plant.dry_coolers)


def _water_points(loaded: LoadedSite, plant: Plant) -> list[str]:
    """Return the plant's own meter, or those of its units where each has one."""
    own = [point.id for point in loaded.points.of(plant.id, "makeup_water_lps")]
    wet = [*plant.towers, *(one for one in plant.dry_coolers if one.adiabatic_effectiveness_frac > 0)]
    units = [loaded.points.of(unit.id, "makeup_water_lps") for unit in wet]
    return own or ([point.id for points in units for point in points] if all(units) else [])


def _carbon_kg_per_h(
    loaded: LoadedSite, telemetry: Telemetry, powers: pd.DataFrame, archive: ForecastArchive | None
) -> tuple[pd.Series | None, str]:
    """Return emissions of what the grid delivered: photovoltaics on the site give energy without any."""
    site, index = loaded.site, pd.DatetimeIndex(powers.index)
    try:
        intensity = known_carbon(loaded, archive, index)
    except SignalError as error:
        return None, str(error)
    arrays = [point.id for one in site.photovoltaics for point in loaded.points.of(one.id, "power_kw")]
    delivered = _read(loaded, telemetry, arrays, index).sum(axis=1, skipna=False) if arrays else 0.0
    return (powers[FACILITY] - delivered) * intensity / 1000.0, f"carbon intensity {_whose(site.carbon)}"


def _whose(carbon: Carbon) -> str:
    if carbon.intensity_source is not None:
        return f"as {carbon.intensity_source.label} told it"
    return f"of the site file: {carbon.intensity_file or f'{carbon.gco2_per_kwh:g} gCO2/kWh'}"


def _reused_kw(loaded: LoadedSite, telemetry: Telemetry, index: pd.DatetimeIndex) -> tuple[pd.Series | None, str]:
    """Return the heat that heat pumps deliver to contracts."""
    pumps = list(dict.fromkeys(pump for one in loaded.site.heat_contracts for pump in one.heat_pumps))
    if not pumps:
        return None, "no heat is delivered by contract"
    meters = {pump: [point.id for point in loaded.points.of(pump, "heat_output_kw")] for pump in pumps}
    unread = [pump for pump, ids in meters.items() if not ids]
    if unread:
        return None, f"heat output of {', '.join(unread)} is not measured"
    read = _read(loaded, telemetry, [point for ids in meters.values() for point in ids], index)
    return read.sum(axis=1, skipna=False), "heat at the heat pumps' outlet, over facility energy without theirs"


def _read(loaded: LoadedSite, telemetry: Telemetry, ids: Sequence[str], index: pd.DatetimeIndex) -> pd.DataFrame:
    step = loaded.site.step
    return telemetry.read(list(ids), index[0].to_pydatetime(), index[-1].to_pydatetime() + step, step).reindex(index)
