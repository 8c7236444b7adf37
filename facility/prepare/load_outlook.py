"""What the computing will ask for: IT power by hall, busy servers by pool, from their own histories, as forecasts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from facility.errors import NotEnoughDataError
from facility.ports import Telemetry
from facility.prepare.load_history import busy_servers_history, it_power_history
from facility.prepare.situation import Situation
from facility.records import FloatArray, Forecast
from facility.site_file import LoadedSite
from models.load_forecast import LoadForecaster
from models.plant_model import CoolingPlant

RECENT = timedelta(hours=2)
BUSY_QUANTILE = 0.95  # awake servers must carry what comes with this probability, before the headroom
IT_POWER, BUSY = "it_power_kw", "busy_servers"


@dataclass(frozen=True, slots=True)
class LoadOutlook:
    """Load forecasts for the steps of a plan."""

    loaded: LoadedSite
    telemetry: Telemetry
    situation: Situation
    start: datetime
    steps: int

    def of_halls_and_pools(self, plants: Sequence[CoolingPlant]) -> tuple[dict[str, Forecast], dict[str, Forecast]]:
        """Return the IT power of each hall (`it_power`) and the work of each pool (`busy_servers`)."""
        return self.it_power(plants), self.busy_servers()

    def it_power(self, plants: Sequence[CoolingPlant]) -> dict[str, Forecast]:
        """Return the IT power of each hall [kW] at the reference inlet, without deferrable work.

        Raises
        ------
        NotEnoughDataError
            If a hall's racks are not measured, or for less than an hour.
        """
        halls = {hall.id: hall for hall in self.loaded.site.halls}
        fans = {hall.id: hall.server_fans for plant in plants for hall in plant.hall_parts}
        at = self.situation.at
        histories = {
            name: it_power_history(self.loaded, self.telemetry, halls[name], fans[name], at) for name in sorted(fans)
        }
        return {name: self._forecast(name, IT_POWER, history) for name, history in histories.items()}

    def busy_servers(self) -> dict[str, Forecast]:
        """Return the work of each pool in fully used servers; pools whose awake servers are not known now are left out."""
        busy: dict[str, Forecast] = {}
        for pool in self.loaded.site.server_pools:
            history = busy_servers_history(self.loaded, self.telemetry, pool.id, self.situation.at)
            if history is None or history.empty or self.situation.value(pool.id, "awake_servers") is None:
                continue
            busy[pool.id] = self._forecast(pool.id, BUSY, history)
        return busy

    def _forecast(self, name: str, quantity: str, history: pd.Series) -> Forecast:
        step = self.loaded.site.step
        before = history[history.index < pd.Timestamp(self.start)]
        forecaster = LoadForecaster(round(step / timedelta(minutes=1)), self.steps)
        try:
            forecaster.fit(before)
        except ValueError as error:
            raise NotEnoughDataError([f"load history of {name}: {error}"]) from error
        found = forecaster.predict(pd.Timestamp(self.start), before.iloc[-round(RECENT / step) :], self.steps)
        times = [self.start + number * step for number in range(self.steps)]
        return Forecast(f"{name}.{quantity}", self.situation.at, times, found.values, found.basis, found.quantiles)


def most_busy(busy: Forecast, servers: int) -> FloatArray:
    """Return the upper quantile of a pool's work, which awake servers must carry."""
    return np.clip(busy.quantiles[BUSY_QUANTILE], 0.0, servers)
