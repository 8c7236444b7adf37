"""The water in a hall's air: what comes with outdoor air and from the humidifier, and what the coils take.

Balance, exact at every step: outdoor air in - hall air out + steam - condensate = change of the water in the air.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from facility.site import Humidifier
from tools.simulated_site.coils import Contact
from tools.simulated_site.control import ramped
from tools.simulated_site.physics.air import humidity_kgpkg
from tools.simulated_site.physics.constants import AIR_HEAT_KJPKGK, SECONDS_PER_HOUR, VAPORISATION_0C_KJPKG
from tools.simulated_site.setpoints import Key

BAND_K = 1.0  # over which a humidifier goes from nothing to full
STROKE_S = 180.0
# Dew points between which a make-up unit, on the house's power, keeps the air that holds the hall's pressure.
MAKE_UP_LEAST_DEGC, MAKE_UP_MOST_DEGC = -5.0, 11.0
LEAKED_SHARE = 0.15  # of the air that comes in by itself: through doors, as it is outdoors
NEWTON_STEPS = 12  # the balance is piecewise linear in humidity and convex: each step settles at least one coil


@dataclass(frozen=True, slots=True)
class Moisture:
    """What a step did to the water in the air."""

    humidity_kgpkg: float
    outdoor_kgps: float  # water brought by outdoor air, less what leaves with hall air
    condensate_kgps: list[float]  # per coil


def settle(
    dt_s: float,
    humidity_kgpkg: float,
    *,
    air_kg: float,
    outdoor_kgpkg: float,
    infiltration_kgps: float,
    infiltration_kgpkg: float,
    mixed_kgps: float,
    mixed_frac: Sequence[float],
    steam_kgps: float,
    coils: Sequence[Contact],
) -> Moisture:
    """Return the hall's humidity after a step, implicit in it, so that a hall of little air and much airflow is stable.

    Parameters
    ----------
    dt_s
        Step [s].
    humidity_kgpkg, outdoor_kgpkg
        Humidity ratios of the hall at the beginning and outdoors.
    air_kg
        Dry air in the hall.
    infiltration_kgps, infiltration_kgpkg
        Air that leaks in or comes from the make-up unit, and its humidity ratio.
    mixed_kgps, mixed_frac
        Outdoor air that comes in through all CRAHs, and its share of what each CRAH moves.
    steam_kgps
        What the humidifier adds.
    coils
        Their surfaces.
    """
    outdoor_kgps = infiltration_kgps + mixed_kgps
    entering_kgps = infiltration_kgps * infiltration_kgpkg + mixed_kgps * outdoor_kgpkg  # of water
    # Air over a coil is more humid than its surface by `own x hall + given`, and wets it where that is positive.
    touching_kgps = [coil.touching_kwpk / AIR_HEAT_KJPKGK for coil in coils]
    own = [1.0 - frac for frac in mixed_frac]
    given_kgpkg = [frac * outdoor_kgpkg - coil.surface_kgpkg for frac, coil in zip(mixed_frac, coils, strict=True)]
    terms = list(zip(touching_kgps, own, given_kgpkg, strict=True))
    ratio = humidity_kgpkg
    for _ in range(NEWTON_STEPS):
        lost_kgps = lost_slope = 0.0
        for kgps, share, given in terms:
            over = share * ratio + given
            if over > 0.0:
                lost_kgps += kgps * over
                lost_slope += kgps * share
        gained_kgps = entering_kgps - outdoor_kgps * ratio + steam_kgps
        residual = air_kg * (ratio - humidity_kgpkg) - dt_s * (gained_kgps - lost_kgps)
        change = residual / (air_kg + dt_s * (outdoor_kgps + lost_slope))
        ratio -= change
        if abs(change) < 1e-13:
            break
    condensate_kgps = [kgps * max(share * ratio + given, 0.0) for kgps, share, given in terms]
    brought_kgps = entering_kgps - outdoor_kgps * ratio
    after = humidity_kgpkg + dt_s * (brought_kgps + steam_kgps - sum(condensate_kgps)) / air_kg
    return Moisture(after, brought_kgps, condensate_kgps)


def made_up_kgpkg(outdoor_kgpkg: float, pressure_kpa: float) -> float:
    """Return the humidity ratio of the air that comes in by itself: most of it through a unit that dries or wets it."""
    least, most = (humidity_kgpkg(degc, pressure_kpa) for degc in (MAKE_UP_LEAST_DEGC, MAKE_UP_MOST_DEGC))
    treated_kgpkg = min(max(outdoor_kgpkg, least), most)
    return LEAKED_SHARE * outdoor_kgpkg + (1.0 - LEAKED_SHARE) * treated_kgpkg


@dataclass(slots=True)
class HumidifierState:
    """What a humidifier remembers."""

    output_frac: float = 0.0


class SimulatedHumidifier:
    """A humidifier under its own dew-point control."""

    def __init__(self, humidifier: Humidifier) -> None:
        self.humidifier = humidifier
        self.state = HumidifierState()

    def step(self, dt_s: float, dew_point_degc: float) -> None:
        """Move the output towards what the dew point asks for; nothing at its setpoint, full a band below."""
        wanted = min(max((self.humidifier.dew_point_min_degc - dew_point_degc) / BAND_K + 0.5, 0.0), 1.0)
        self.state.output_frac = ramped(self.state.output_frac, wanted, 1.0 / STROKE_S, dt_s)

    @property
    def steam_kgps(self) -> float:
        """Water that goes into the air."""
        return self.state.output_frac * self.humidifier.rated_kg_per_h / SECONDS_PER_HOUR

    @property
    def power_kw(self) -> float:
        """Electric power."""
        return self.steam_kgps * self.humidifier.kwh_per_kg * SECONDS_PER_HOUR

    @property
    def sensible_kw(self) -> float:
        """Heat to the air beyond that in the vapour; negative where the air itself must evaporate the water."""
        return self.power_kw - VAPORISATION_0C_KJPKG * self.steam_kgps

    def values(self) -> dict[Key, float]:
        """Return the humidifier's true values."""
        return {(self.humidifier.id, "on_status"): float(self.state.output_frac > 0.0)}
