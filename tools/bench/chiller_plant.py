"""Measurements of a real chiller plant as the product takes them: rows for a component, by a law from an engineer's plate."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from models import chiller
from models.accuracy import errors
from models.chiller_curves import WATER_COOLED, ChillerCurves

FloatArray = npt.NDArray[np.float64]

DRIVERS = ("part_load_frac", "leaving_water_degc", "entering_condenser_degc")
_KW_PER_TON = 3.517
_UNITS = ["CH1", "CH2", "CH3", "CH4"]  # one runs nearly always, and they are taken to be alike
_TONS_STEP = 50.0  # that plates come in
_NEAR_FULL_FRAC = 0.8


@dataclass(frozen=True, slots=True, eq=False)
class Month:
    """Rows in which a chiller runs and cools, and others with no power asked: index local times, taken as UTC.

    `inputs` are cooling [kW], leaving chilled and entering condenser water [degC], and chillers on; the cooling is derived from a
    flow and a small difference of temperatures, and therefore noisy.
    """

    inputs: pd.DataFrame
    chiller_kw: pd.Series[float]
    plant_kw: pd.Series[float]

    def only(self, wanted: pd.Series[bool]) -> Month:
        """Return some of the rows."""
        return Month(self.inputs[wanted], self.chiller_kw[wanted], self.plant_kw[wanted])

    @property
    def running(self) -> Month:
        """The rows in which a chiller runs."""
        return self.only((self.inputs["on"] > 0) & (self.inputs["cooling_kw"] > 0))


@dataclass(frozen=True, slots=True)
class Plate:
    """What would stand on the plate of one chiller, and what else the plant takes while it runs."""

    curves: ChillerCurves
    rated_cooling_kw: float
    rated_cop: float
    auxiliaries_kw: float

    def rows(self, month: Month, *, plant: bool = False) -> pd.DataFrame:
        """Return rows as `ComponentPower` takes them, of the chillers or of the plant: the law's power and its drivers."""
        cooling, leaving, entering, on = month.inputs.to_numpy(float).T
        rated = self.rated_cooling_kw * np.maximum(on, 1)
        law = chiller.power_kw(
            cooling, leaving, entering, rated_cooling_kw=rated, rated_cop=self.rated_cop, curves=self.curves
        )
        part_load = cooling / chiller.available_capacity_kw(rated, leaving, entering, self.curves)
        power = np.where(on > 0, law + (self.auxiliaries_kw if plant else 0.0), 0.0)
        columns = dict(zip(DRIVERS, (part_load, leaving, entering), strict=True))
        return pd.DataFrame({"prior_kw": power, **columns}, index=month.inputs.index)


def read_month(path: Path) -> Month:
    """Return the rows of a file."""
    table = _timed(path, "Time")
    inputs = pd.DataFrame(
        {
            "cooling_kw": _KW_PER_TON * table["RT"],
            "leaving_water_degc": (table["CHWS"] - 32.0) / 1.8,
            "entering_condenser_degc": (table["CDLO"] - 32.0) / 1.8,  # the colder of the two: it leaves the tower
            "on": table[_UNITS].sum(axis=1),
        }
    )
    running = inputs["on"] > 0
    return Month(inputs, table["kW_CHH"].where(running, 0.0), table["kW_Tot"].where(running, 0.0))


def read_weather(plant: Path, station: Path) -> pd.DataFrame:
    """Return the plant's wet bulb and the station's dry bulb [degC], every ten minutes, as of one weather station."""
    wet_bulb = (_timed(plant, "Time")["WBT"] - 32.0) / 1.8
    dry_bulb = _timed(station, "DateTime")["Temperature [°C]"].resample("10min").mean().reindex(wet_bulb.index)
    return pd.DataFrame(
        {"weather.outdoor_wet_bulb_degc": wet_bulb, "weather.outdoor_temperature_degc": dry_bulb}
    ).asfreq("5min")


def engineers_plate(month: Month) -> Plate:
    """Return a plate that a month of running suggests: there is none with the data.

    Capacity: the highest load that is held for half a per cent of the time, in steps of 50 tons. COP: what makes the law right, in
    the median, above 80 % of that. Kind: of the published ones the nearest to the month. Auxiliaries: their median.
    """
    rows = month.running
    cooling, leaving, entering, _ = rows.inputs.to_numpy(float).T
    tons = float(np.quantile(cooling, 0.995)) / _KW_PER_TON
    rated = float(np.ceil(tons / _TONS_STEP)) * _TONS_STEP * _KW_PER_TON
    near_full = cooling > _NEAR_FULL_FRAC * rated
    measured = rows.chiller_kw.to_numpy(float)
    plates = []
    for curves in WATER_COOLED.values():
        at_cop_one = chiller.power_kw(cooling, leaving, entering, rated_cooling_kw=rated, rated_cop=1.0, curves=curves)
        cop = float(np.median(at_cop_one[near_full] / measured[near_full]))
        auxiliaries = float(np.median(rows.plant_kw - rows.chiller_kw))
        plates.append((errors(measured, at_cop_one / cop).rmse, Plate(curves, rated, cop, auxiliaries)))
    return min(plates, key=lambda one: one[0])[1]


def _timed(path: Path, column: str) -> pd.DataFrame:
    table = pd.read_csv(path, encoding="utf-8-sig", parse_dates=[column]).set_index(column)
    return table.tz_localize("UTC")
