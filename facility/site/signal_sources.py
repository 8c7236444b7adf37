"""Where prices, carbon intensity and weather are fetched from: one part a provider, with its own names for places."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from facility.site.values import Number, Part, Positive, SecretRef, Uri

Latitude = Annotated[float, Field(strict=True, ge=-90, le=90)]
Longitude = Annotated[float, Field(strict=True, ge=-180, le=180)]
Word = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]+$", max_length=60)]


class Source(Part):
    """How often a provider is asked, and how old its last issue may be before the fallback stands in."""

    refresh_min: Annotated[float, Field(strict=True, ge=1, le=1440)] = 60.0
    oldest_h: Annotated[float, Field(strict=True, ge=2, le=168)] = 24.0


class HttpSource(Source):
    """A provider in the network; secrets travel over https only, or within this machine."""

    base_url: Uri

    @field_validator("base_url")
    @classmethod
    def _safe(cls, url: str) -> str:
        target = urlsplit(url)
        if target.scheme not in ("http", "https") or not target.hostname or target.query or target.fragment:
            raise ValueError("expected an address such as https://host/path, without ? and #")
        if target.scheme == "http" and not _is_here(target.hostname):
            raise ValueError("expected https: over http anybody on the way reads the key and writes the answer")
        return url.rstrip("/")


class EntsoePrices(HttpSource):
    """Day-ahead prices of a bidding zone (document A44); what the site pays is `factor` times them plus `adder_per_kwh`."""

    provider: Literal["entsoe"]
    base_url: Uri = "https://web-api.tp.entsoe.eu"
    area: Annotated[str, Field(pattern=r"^[0-9]{2}Y[A-Z0-9-]{13}$", description="EIC, such as 10Y1001A1001A82H")]
    key: SecretRef
    price_currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] = "EUR"
    factor: Positive = 1.0
    adder_per_kwh: Number = 0.0

    @property
    def label(self) -> str:
        """Which provider, and what of it: two of the same name give the same."""
        return f"entsoe {self.area}"


class CaisoPrices(HttpSource):
    """Day-ahead locational prices of a node (OASIS, PRC_LMP); what the site pays is made of them as for ENTSO-E."""

    provider: Literal["caiso"]
    base_url: Uri = "https://oasis.caiso.com"
    node: Word
    price_currency: Literal["USD"] = "USD"
    factor: Positive = 1.0
    adder_per_kwh: Number = 0.0

    @property
    def label(self) -> str:
        """Which provider, and what of it: two of the same name give the same."""
        return f"caiso {self.node}"


class ElectricityMapsCarbon(HttpSource):
    """Average carbon intensity of a zone, with what flows in and out of it: location-based."""

    provider: Literal["electricity_maps"]
    base_url: Uri = "https://api.electricitymaps.com"
    zone: Word
    key: SecretRef
    emission_factors: Literal["lifecycle", "direct"] = "lifecycle"

    @property
    def label(self) -> str:
        """Which provider, and what of it: two of the same name give the same."""
        return f"electricity_maps {self.zone} {self.emission_factors}"


class WattTimeCarbon(HttpSource):
    """Marginal (`co2_moer`) or average (`co2_aoer`) emissions of a region: location-based."""

    provider: Literal["watttime"]
    base_url: Uri = "https://api.watttime.org"
    region: Word
    username: SecretRef
    password: SecretRef
    signal_type: Literal["co2_moer", "co2_aoer"] = "co2_moer"

    @property
    def label(self) -> str:
        """Which provider, and what of it: two of the same name give the same."""
        return f"watttime {self.region} {self.signal_type}"


class OpenMeteoWeather(HttpSource):
    """Hourly weather forecast of a place; a key is needed for commercial use (base_url https://customer-api.open-meteo.com)."""

    provider: Literal["open_meteo"]
    base_url: Uri = "https://api.open-meteo.com"
    latitude_deg: Latitude
    longitude_deg: Longitude
    key: SecretRef | None = None

    @property
    def label(self) -> str:
        """Which provider, and what of it: two of the same name give the same."""
        return f"open_meteo {self.latitude_deg:g} {self.longitude_deg:g}"


class EpwWeather(Source):
    """A typical year (EnergyPlus weather file): the same hour of its year, whatever the weather is."""

    provider: Literal["epw"]
    file: Path

    @property
    def label(self) -> str:
        """Which provider, and what of it: two of the same name give the same."""
        return f"epw {self.file}"


PriceSource = Annotated[EntsoePrices | CaisoPrices, Field(discriminator="provider")]
CarbonSource = Annotated[ElectricityMapsCarbon | WattTimeCarbon, Field(discriminator="provider")]
WeatherSource = Annotated[OpenMeteoWeather | EpwWeather, Field(discriminator="provider")]
AnySource = EntsoePrices | CaisoPrices | ElectricityMapsCarbon | WattTimeCarbon | OpenMeteoWeather | EpwWeather


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:  # a name
        return False
