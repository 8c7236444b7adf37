"""Machines that no plan moves, as they are expected to go on: heat pumps and photovoltaics, each hour as a day before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from facility.ports import Telemetry
from facility.records import FloatArray
from facility.site import HeatPump, Named
from facility.site_file import LoadedSite

DAY = timedelta(days=1)
RECENT = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class HeldMachines:
    """What they will do in the steps of a plan."""

    loaded: LoadedSite
    telemetry: Telemetry
    at: datetime
    start: datetime
    steps: int
    moved: frozenset[str] = frozenset()  # heat pumps that a plan moves

    def taken_heat_kw(self) -> dict[str, FloatArray]:
        """Return the heat that heat pumps take out of each liquid loop's return."""
        site = self.loaded.site
        sources = {loop.id: [pump for pump in self._pumps() if pump.source == loop.id] for loop in site.liquid_loops}
        return {loop: self._sum_kw(pumps, "source_heat_kw") for loop, pumps in sources.items() if pumps}

    def drawn_kw(self) -> FloatArray:
        """Return what heat pumps draw."""
        return self._sum_kw(self._pumps(), "power_kw")

    def delivered_kw(self, arrays: Sequence[Named]) -> FloatArray:
        """Return what photovoltaics deliver."""
        return self._sum_kw(arrays, "power_kw")

    def _pumps(self) -> list[HeatPump]:
        return [pump for pump in self.loaded.site.heat_pumps if pump.id not in self.moved]

    def _sum_kw(self, parts: Sequence[Named], quantity: str) -> FloatArray:
        points = [point.id for part in parts for point in self.loaded.points.of(part.id, quantity)]
        return np.maximum(self.as_yesterday(points), 0.0) if points else np.zeros(self.steps)

    def as_yesterday(self, points: Sequence[str], otherwise: float = 0.0) -> FloatArray:
        """Return the course of the last day, repeated; hours that it lacks take the mean of the last hour, or `otherwise`."""
        step = self.loaded.site.step
        frame = self.telemetry.read(points, self.start - DAY, self.at, step)
        known = frame.sum(axis=1, skipna=False).dropna()
        recent = known[known.index >= pd.Timestamp(self.at - RECENT)]
        rest = float(recent.mean()) if len(recent) else otherwise
        day = pd.date_range(self.start - DAY, periods=round(DAY / step), freq=step)
        return np.resize(known.reindex(day).fillna(rest).to_numpy(float), self.steps)
