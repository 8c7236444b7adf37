"""Sites under weather and work that do not change, and machines that are exactly what their nameplates say."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from facility.site import Site
from facility.site_file import load_site
from tools.simulated_site import SimulatedSite
from tools.simulated_site.climate import Outdoors
from tools.simulated_site.faults import Fault
from tools.simulated_site.noise import Hidden
from tools.simulated_site.physics.air import atmospheric_pressure_kpa, relative_humidity_frac, wet_bulb_degc
from tools.simulated_site.setpoints import Key

CONFIGS = Path(__file__).parents[2] / "site_configs"
SITES = ("demo", "air_economizer", "liquid_ai")
START = datetime(2026, 7, 14, 6, tzinfo=UTC)
STEP_S = 30.0


@cache
def site_of(name: str) -> Site:
    """Return one of the example sites."""
    return load_site(CONFIGS / f"{name}.yaml").site


class Steady:
    """Surroundings that stay as they are until somebody puts others in their place."""

    def __init__(self, site: Site, dry_bulb_degc: float, dew_point_degc: float, demand_frac: float) -> None:
        self._pressure_kpa = atmospheric_pressure_kpa(site.altitude_m)
        self.demand_frac = demand_frac
        self.weather(dry_bulb_degc, dew_point_degc)

    def weather(self, dry_bulb_degc: float, dew_point_degc: float) -> None:
        """Change the weather."""
        humidity_frac = relative_humidity_frac(dry_bulb_degc, dew_point_degc)
        wet_degc = wet_bulb_degc(dry_bulb_degc, dew_point_degc, self._pressure_kpa)
        self._air = Outdoors(dry_bulb_degc, dew_point_degc, humidity_frac, wet_degc, self._pressure_kpa)

    def outdoors(self, _time: datetime) -> Outdoors:
        return self._air

    def demand(self, _pool: str, _time: datetime) -> float | None:
        return self.demand_frac

    def heat(self, _contract: str, _time: datetime) -> float | None:
        return None


class SteadySite(SimulatedSite):
    """A simulated site that nobody operates, under steady surroundings."""

    steady: Steady

    def run(self, minutes: float) -> None:
        """Let time pass, in steps of 30 s at most."""
        for _ in range(round(minutes * 60.0 / STEP_S)):
            self.step(STEP_S)

    def break_(self, target: str, fault: Fault = Fault.TRIP, amount: float | None = None) -> None:
        """Let a fault begin now."""
        self.faults.call(target, fault, amount, now_s=self.time.timestamp())

    def mend(self, target: str) -> None:
        """Let it end."""
        self.faults.call(target, Fault.NONE, now_s=self.time.timestamp())


def steady_site(
    name: str,
    dry_bulb_degc: float,
    dew_point_degc: float,
    demand_frac: float = 0.5,
    *,
    hours: float = 2.0,
    settings: Mapping[Key, float] | None = None,
    seed: int = 5,
) -> SteadySite:
    """Return an example site after some hours of steady weather and work."""
    site = site_of(name)
    steady = Steady(site, dry_bulb_degc, dew_point_degc, demand_frac)
    found = SteadySite(site, seed, START, surroundings=steady, operators=False)
    found.steady = steady
    for key, value in (settings or {}).items():
        found.set(*key, value)
    found.run(60.0 * hours)
    return found


class Nameplate(Hidden):
    """No surprises: every hidden parameter is in the middle of its range."""

    def __init__(self) -> None:
        super().__init__(0)

    def between(self, name: str, low: float, high: float) -> float:
        """Return the middle."""
        return 0.5 * (low + high)
