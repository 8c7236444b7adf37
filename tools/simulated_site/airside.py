"""An airside economizer: dampers that mix outdoor air into what the CRAHs draw, under their own lock-outs.

What is commanded counts only while the outdoor air is inside its envelope and colder than the return. Smoke and frost close
the dampers at once, whatever the dwell time says.
"""

from __future__ import annotations

from dataclasses import dataclass

from facility.site import AirsideEconomizer
from tools.simulated_site.climate import Outdoors
from tools.simulated_site.control import ramped
from tools.simulated_site.noise import Hidden
from tools.simulated_site.physics.constants import AIR_DENSITY_KGPM3, AIR_HEAT_KJPKGK
from tools.simulated_site.physics.turbo import Curve
from tools.simulated_site.setpoints import Key, Setpoints

STROKE_S = 120.0  # of the dampers
DRY_BULB_BAND_K = 1.0  # once locked out, outdoor air must come so far inside again
DEW_POINT_BAND_K = 0.5
WORTH_K = 2.0  # outdoor air must be so much colder than the return
LEAST_SPREAD_K = 0.5


@dataclass(slots=True)
class AirsideState:
    """What an economizer remembers."""

    open: bool = False
    since_change_s: float = 1e9
    damper_frac: float = 0.0  # outdoor air over the rated airflow
    mixed_degc: float = 20.0
    relief_kw: float = 0.0


class SimulatedAirside:
    """The economizer of one hall."""

    def __init__(self, economizer: AirsideEconomizer, hidden: Hidden, setpoints: Setpoints) -> None:
        self.economizer, self._setpoints = economizer, setpoints
        self._relief = Curve(
            droop=0.6, static_frac=hidden.between(f"{economizer.id}.static", 0.05, 0.15), shared_frac=0.0
        )
        self._rated_relief_kw = hidden.around(f"{economizer.id}.relief", economizer.rated_relief_fan_kw, 0.06)
        self.rated_kwpk = economizer.rated_airflow_m3ps * AIR_DENSITY_KGPM3 * AIR_HEAT_KJPKGK
        self.state = AirsideState()

    def step(
        self, dt_s: float, outdoors: Outdoors, *, hot_degc: float, wanted_degc: float, moved_kwpk: float, shut: bool
    ) -> float:
        """Move the dampers and return which part of the CRAHs' air is outdoor air.

        Parameters
        ----------
        dt_s
            Step [s].
        outdoors
            Outdoor air.
        hot_degc, wanted_degc
            Return air, and the mixed air that would need no coil [degC].
        moved_kwpk
            What all CRAHs move [kW/K].
        shut
            Smoke or frost: close at once.
        """
        state = self.state
        self._open_or_close(dt_s, outdoors, hot_degc, shut)
        needed_frac = 0.0 if shut else self._needed_frac(outdoors, hot_degc, wanted_degc)
        target = min(needed_frac * moved_kwpk / self.rated_kwpk, 1.0)
        state.damper_frac = 0.0 if shut else ramped(state.damper_frac, target, 1.0 / STROKE_S, dt_s)
        outdoor_kwpk = min(state.damper_frac * self.rated_kwpk, moved_kwpk)
        outdoor_frac = outdoor_kwpk / moved_kwpk if moved_kwpk > 0.0 else 0.0
        state.mixed_degc = hot_degc + outdoor_frac * (outdoors.temperature_degc - hot_degc)
        state.relief_kw = self._rated_relief_kw * self._relief.power(outdoor_kwpk / self.rated_kwpk, 0.0)
        return outdoor_frac

    def _open_or_close(self, dt_s: float, outdoors: Outdoors, hot_degc: float, shut: bool) -> None:
        state = self.state
        state.since_change_s += dt_s
        commanded = self._setpoints[(self.economizer.id, "economizer_mode_command")] >= 0.5
        wanted = commanded and not shut and self._inside(outdoors, hot_degc)
        dwelt = state.since_change_s >= 60.0 * self.economizer.min_dwell_min
        if wanted != state.open and (dwelt or shut):
            state.open, state.since_change_s = wanted, 0.0

    def _inside(self, outdoors: Outdoors, hot_degc: float) -> bool:
        """Tell whether outdoor air may come in; who is locked out waits for a little more."""
        one, open_now = self.economizer, self.state.open
        dry_band_k = 0.0 if open_now else DRY_BULB_BAND_K
        dew_band_k = 0.0 if open_now else DEW_POINT_BAND_K
        low, high = one.outdoor_dew_point_min_degc + dew_band_k, one.outdoor_dew_point_max_degc - dew_band_k
        cold = outdoors.temperature_degc <= min(one.outdoor_max_degc, hot_degc - WORTH_K) - dry_band_k
        return cold and low <= outdoors.dew_point_degc <= high

    def _needed_frac(self, outdoors: Outdoors, hot_degc: float, wanted_degc: float) -> float:
        """Return the outdoor air that mixes to the wanted temperature, never under the low limit of the mixed air."""
        least = self.economizer.min_outdoor_frac
        spread_k = hot_degc - outdoors.temperature_degc
        if spread_k < LEAST_SPREAD_K:
            return 1.0 if self.state.open else least
        frost_frac = max((hot_degc - self.economizer.mixed_air_min_degc) / spread_k, 0.0)
        if not self.state.open:
            return min(least, frost_frac)
        return min(max((hot_degc - wanted_degc) / spread_k, least), frost_frac, 1.0)

    def values(self) -> dict[Key, float]:
        """Return the economizer's true values."""
        one, state = self.economizer.id, self.state
        return {
            (one, "economizer_mode"): float(state.open),
            (one, "outdoor_air_damper_frac"): state.damper_frac,
            (one, "mixed_air_temperature_degc"): state.mixed_degc,
        }
