"""Toy plants that cannot go back, that break, or that do not do their work; their module has no weather of its own."""

from __future__ import annotations

from datetime import datetime

from facility.errors import ConfigurationError
from facility.site_file import LoadedSite
from tests.closed_loop.toy_plant import RewindableToyPlant, ToyPlant
from tools.closed_loop.conditions import Conditions


class _BreaksAtColdWater(RewindableToyPlant):
    def step(self, seconds: float) -> None:
        if self.state.setpoints["crah-1", "fan_speed_setpoint_frac"] == 0.85 and self.state.counters["asked"] > 1000.0:
            raise RuntimeError("the toy is broken")
        super().step(seconds)


def rewindable(loaded: LoadedSite, conditions: Conditions, seed: int, start: datetime) -> RewindableToyPlant:
    return RewindableToyPlant(loaded, conditions, seed, start)


def forgetful(loaded: LoadedSite, conditions: Conditions, seed: int, start: datetime) -> ToyPlant:
    return ToyPlant(loaded, conditions, seed, start)


def breaks_as_commissioned(
    loaded: LoadedSite, conditions: Conditions, seed: int, start: datetime
) -> RewindableToyPlant:
    """Breaks after a day under the fan speed that only the plant as commissioned keeps for so long."""
    return _BreaksAtColdWater(loaded, conditions, seed, start)


def lazy_as_commissioned(loaded: LoadedSite, conditions: Conditions, seed: int, start: datetime) -> RewindableToyPlant:
    return RewindableToyPlant(loaded, conditions, seed, start, lazy=True)


def refuses(loaded: LoadedSite, conditions: Conditions, seed: int, start: datetime) -> ToyPlant:
    raise ConfigurationError("the toy has no mapping file")
