"""Pumps in parallel on one system: how many run, at which speed, and how much they can move when some are broken."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from tools.simulated_site.physics.constants import WATER_HEAT_KJPKGK
from tools.simulated_site.physics.turbo import Curve

DROOP = 0.25  # shut-off head over rated head, less one
STAGE_UP_FRAC, STAGE_DOWN_FRAC = 0.92, 0.75  # of what the running pumps could move
DRIVE_FRAC = 0.03  # of rated power, burnt by drive and motor at any speed


@dataclass(slots=True)
class PumpState:
    """What a group of pumps remembers."""

    running: int = 1
    broken: list[str] = field(default_factory=list)
    power_kw: list[float] = field(default_factory=list)  # of each pump

    @property
    def total_kw(self) -> float:
        """Power of all of them."""
        return sum(self.power_kw)


class Pumps:
    """All pumps of a duty. The system's head has a static part: lift, and the least differential pressure at the coils."""

    def __init__(self, rated_lps: Mapping[str, float], rated_kw: Mapping[str, float], static_frac: float) -> None:
        self.ids, self._lps, self._kw = list(rated_lps), list(rated_lps.values()), list(rated_kw.values())
        self.rated_kwpk = sum(self._lps) * WATER_HEAT_KJPKGK
        self._static_frac = static_frac
        self._curve = Curve(droop=DROOP, static_frac=static_frac, shared_frac=1.0 - static_frac)
        self.state = PumpState(power_kw=[0.0] * len(self.ids))

    def able_kwpk(self) -> list[float]:
        """Return the rated flow of each pump in order."""
        return [self._lps[index] * WATER_HEAT_KJPKGK for index in self._working()]

    def move(self, wanted_kwpk: float) -> float:
        """Run for a step: as few pumps as bear the flow, at the speed that moves it; return the flow."""
        working, state = self._working(), self.state
        flow_frac = min(wanted_kwpk / self.rated_kwpk, self._most_frac(working))
        state.running = self._staged(working, flow_frac)
        on = working[: state.running] if flow_frac > 0.0 else []
        share = sum([self._lps[index] for index in on]) / sum(self._lps)
        power_frac = self._power_frac(flow_frac / share, flow_frac) if on else 0.0
        state.power_kw = [kw * power_frac if index in on else 0.0 for index, kw in enumerate(self._kw)]
        return flow_frac * self.rated_kwpk

    def power_kw(self, flow_kwpk: float) -> float:
        """Return what all pumps together draw when they move a flow; none of them broken."""
        flow_frac = flow_kwpk / self.rated_kwpk
        return self._power_frac(flow_frac, flow_frac) * sum(self._kw) if flow_frac > 0.0 else 0.0

    def _power_frac(self, own: float, system: float) -> float:
        """Return power over rated of a pump at its own flow while the system carries another share of its rated flow."""
        return DRIVE_FRAC + (1.0 - DRIVE_FRAC) * self._curve.power(own, system * system)

    def _working(self) -> list[int]:
        return [index for index, name in enumerate(self.ids) if name not in self.state.broken]

    def _staged(self, working: list[int], flow_frac: float) -> int:
        """Return how many pumps to run: one more where those that run are near their end, one less where they idle."""
        running = min(max(self.state.running, 1), len(working))
        while running < len(working) and flow_frac > STAGE_UP_FRAC * self._most_frac(working[:running]):
            running += 1
        while running > 1 and flow_frac < STAGE_DOWN_FRAC * self._most_frac(working[: running - 1]):
            running -= 1
        return running

    def _most_frac(self, on: list[int]) -> float:
        """Solve (1 + droop) - droop (x/share)^2 = static + (1 - static) x^2 for the flow x, over the rated flow of all."""
        share = sum([self._lps[index] for index in on]) / sum(self._lps)
        if share <= 0.0:
            return 0.0
        return math.sqrt((1.0 + DROOP - self._static_frac) / (1.0 - self._static_frac + DROOP / share**2))
