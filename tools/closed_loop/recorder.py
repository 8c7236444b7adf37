"""A watcher that keeps a run's course for pictures: every five minutes, as a frame."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from tools.closed_loop.case import Case
from tools.closed_loop.plant import Key, Truth

RECORD_EVERY_S = 300.0
MODE, LEAVING, SETPOINT = (
    "mode:",
    "leaving_water_degc:",
    "setpoint:",
)  # beginnings of column names, before the equipment


class Recorder:
    """A `drive.Watcher` with a frame.

    Its columns:
    `power_kw`, `it_kw`, `cooling_kw`, `hottest_inlet_degc`, `price_per_kwh`, `energy_and_carbon_cost` (so far),
    `chillers_on`, `mode:<plant>`, `leaving_water_degc:<plant>` where the plant tells, `setpoint:<equipment>.<quantity>`.
    """

    def __init__(self, case: Case) -> None:
        self._case, self._plants = case, [plant.id for plant in case.loaded.site.plants]
        self._rows: list[dict[str, float]] = []
        self._times: list[datetime] = []
        self._setpoints: dict[str, float] = {}
        self._cost = 0.0

    def saw(self, truth: Truth, seconds: float) -> None:
        """Add up cost, and keep the moment if it is a whole five minutes."""
        market, site = self._case.market, self._case.loaded.site
        index = market.index(truth.time - timedelta(seconds=seconds))
        carbon_cost = market.gco2_per_kwh[index] * site.carbon.price_per_tonne * 1e-6
        kwh = truth.facility_kw * seconds / 3600.0
        sold_at = site.tariff.export_price_per_kwh or 0.0
        self._cost += float(kwh * (market.price_per_kwh[index] + carbon_cost if kwh > 0 else sold_at))
        if truth.time.timestamp() % RECORD_EVERY_S < seconds / 2:
            self._times.append(truth.time)
            self._rows.append(self._row(truth, float(market.price_per_kwh[index])))

    def wrote(self, time: datetime, key: Key, before: float | None, after: float) -> None:  # noqa: ARG002 (as the protocol has it)
        """Keep the setpoint in force."""
        self._setpoints[f"{SETPOINT}{key[0]}.{key[1]}"] = after

    def refused(self, time: datetime, key: Key, value: float, reason: str) -> None:
        """Nothing to draw: the setpoint stayed."""

    def frame(self) -> pd.DataFrame:
        """Return the course; index: UTC times (name `time`). A setpoint is NaN until it is first written."""
        index = pd.DatetimeIndex(pd.to_datetime(self._times, utc=True), name="time")
        return pd.DataFrame(self._rows, index=index, dtype=float)

    def _row(self, truth: Truth, price_per_kwh: float) -> dict[str, float]:
        row = {
            "power_kw": truth.facility_kw,
            "it_kw": truth.it_kw,
            "cooling_kw": truth.cooling_kw,
            "hottest_inlet_degc": float(np.max(truth.inlet_degc, initial=-np.inf)),
            "price_per_kwh": price_per_kwh,
            "energy_and_carbon_cost": self._cost,
            "chillers_on": float(np.sum(truth.chillers_on)),
        }
        row |= {f"{MODE}{plant}": float(mode) for plant, mode in zip(self._plants, truth.economizer_mode, strict=False)}
        row |= {f"{LEAVING}{plant}": float(t) for plant, t in zip(self._plants, truth.leaving_water_degc, strict=False)}
        return row | self._setpoints
