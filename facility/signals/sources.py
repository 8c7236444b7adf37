"""The providers that a site names, made ready."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from facility.signals.provider import Provider
from facility.signals.providers.caiso import Caiso
from facility.signals.providers.electricity_maps import ElectricityMaps
from facility.signals.providers.entsoe import Entsoe
from facility.signals.providers.epw import Epw
from facility.signals.providers.open_meteo import OpenMeteo
from facility.signals.providers.watttime import WattTime
from facility.site import (
    AnySource,
    CaisoPrices,
    ElectricityMapsCarbon,
    EntsoePrices,
    EpwWeather,
    OpenMeteoWeather,
    Site,
)


@dataclass(frozen=True, slots=True)
class Configured:
    """A provider, what the site file says of it, and what stands in for it."""

    source: AnySource
    provider: Provider
    fallback: str


def sources_of(site: Site, folder: Path) -> list[Configured]:
    """Return the providers of a site; `folder` is where its file lies."""
    named = (
        (site.tariff.price_source, "the tariff's flat price and windows"),
        (site.carbon.intensity_source, f"{site.carbon.gco2_per_kwh:g} gCO2/kWh of the site file"),
        (site.weather.source, "the course of the last days"),
    )
    return [Configured(one, provider_of(one, folder), fallback) for one, fallback in named if one is not None]


def provider_of(source: AnySource, folder: Path) -> Provider:
    """Return the provider that a source of the site file means."""
    match source:
        case EntsoePrices():
            return Entsoe(source)
        case CaisoPrices():
            return Caiso(source)
        case ElectricityMapsCarbon():
            return ElectricityMaps(source)
        case OpenMeteoWeather():
            return OpenMeteo(source)
        case EpwWeather():
            return Epw(source, folder)
        case _:
            return WattTime(source)
