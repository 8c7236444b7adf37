"""The whole against the meter: whether IT, cooling as modelled and losses add up to what the utility measured."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd

from facility.learn.metered import facility_kw
from facility.plan.electrical import electrical_chain
from facility.ports import Telemetry
from facility.records import FloatArray
from facility.site_file import LoadedSite
from models.accuracy import conformal_half_width, coverage_frac, time_split
from models.component_power import ComponentPower
from models.history_rows import component_rows, needed_columns
from models.plant_model import CoolingPlant
from models.prior_width import half_width_kw
from models.pue import EnergyRatio, PowerBalance, energy_ratio
from models.site_fit import PlantFit

LOSS_HALF_WIDTH_FRAC = 0.1  # nameplate loss curves against type tests
LEAST_ROWS = 48


@dataclass(frozen=True, slots=True)
class WholeCheck:
    """How well the modelled whole meets the meter on the newest fifth of the history, which took no part in fitting.

    Attributes
    ----------
    other_kw
        What older history left unexplained (median): lighting, offices, losses beyond the nameplates. Counted to the model.
    measured, modelled
        Facility over IT energy of those hours, measured and with the model's 90 % interval.
    power_ratio_mae
        Mean absolute error of the power ratio, step by step.
    coverage_frac
        Share of steps whose measured facility power lies inside the modelled interval.
    unexplained_kw
        Mean of metered less modelled facility power.
    """

    other_kw: float
    measured: EnergyRatio
    modelled: EnergyRatio
    power_ratio_mae: float
    coverage_frac: float
    unexplained_kw: float

    def as_dict(self) -> dict[str, Any]:
        """Return the check in plain types."""
        return dataclasses.asdict(self)


def check_whole(
    loaded: LoadedSite,
    telemetry: Telemetry,
    plants: Sequence[CoolingPlant],
    fits: Mapping[str, PlantFit],
    frame: pd.DataFrame,
) -> WholeCheck | None:
    """Return the check, or None where the meter, the racks or a component are not measured for long enough."""
    site = loaded.site
    meter_kw = _metered_kw(loaded, telemetry, frame)
    hall_it = {hall.id: _hall_it_kw(frame, [rack.id for rack in hall.racks]) for hall in site.halls}
    parts = [_component_kw(plant, fits[plant.plant_id], frame, site.weather.station) for plant in plants]
    if meter_kw is None or any(it is None for it in hall_it.values()) or any(part is None for part in parts):
        return None
    known = {hall: it for hall, it in hall_it.items() if it is not None}
    power, square = (sum(part[index] for part in parts if part is not None) for index in (0, 1))
    breathing = [column for plant in plants for column in breathing_columns(plant) if column in frame]
    power = power + frame[breathing].sum(axis=1, skipna=False).to_numpy(float)
    table = pd.DataFrame({"meter": meter_kw, "cooling": power, "square": square, **known}, index=frame.index).dropna()
    if len(table) < LEAST_ROWS:
        return None
    split, halls = time_split(len(table)), list(known)
    older, newest = table.iloc[: split.test.start], table.iloc[split.test]
    unexplained = _balance(loaded, older, halls, 0.0, 0.0).check_against(older["meter"].to_numpy(float))
    other_kw = max(float(np.median(unexplained)), 0.0)
    spread_kw = conformal_half_width(unexplained - other_kw)
    return _check(newest, _balance(loaded, newest, halls, other_kw, spread_kw), other_kw, site.step)


def breathing_columns(plant: CoolingPlant) -> list[str]:
    """Return the power of relief fans and humidifiers, which no component's rows hold: taken as metered."""
    airsides = [hall.airside for hall in plant.hall_parts if hall.airside is not None]
    units = [unit for one in airsides for unit in (one.economizer, one.humidifier) if unit is not None]
    return [f"{unit.id}.power_kw" for unit in units]


def _balance(
    loaded: LoadedSite, table: pd.DataFrame, halls: Sequence[str], other_kw: float, spread_kw: float
) -> PowerBalance:
    """Return the modelled balance; what older history left unexplained widens the interval of the losses."""
    hall_it = {hall: table[hall].to_numpy(float) for hall in halls}
    cooling = table["cooling"].to_numpy(float)
    losses = electrical_chain(loaded.site.electrical).power(hall_it, cooling + other_kw).loss_kw
    return PowerBalance(
        it_kw=table[list(halls)].sum(axis=1).to_numpy(float),
        cooling_kw=cooling,
        loss_kw=losses,
        other_kw=np.full(len(table), other_kw),
        cooling_half_width_kw=np.sqrt(table["square"].to_numpy(float)),
        loss_half_width_kw=np.hypot(LOSS_HALF_WIDTH_FRAC * losses, spread_kw),
    )


def _check(table: pd.DataFrame, balance: PowerBalance, other_kw: float, step: timedelta) -> WholeCheck:
    step_h, meter_kw = step / timedelta(hours=1), table["meter"].to_numpy(float)
    measured = float(meter_kw.sum() / balance.it_kw.sum())
    unexplained = balance.check_against(meter_kw)
    return WholeCheck(
        other_kw=other_kw,
        measured=EnergyRatio(measured, measured, measured, len(table) * step_h),
        modelled=energy_ratio(balance, step_h),
        power_ratio_mae=float(np.abs(unexplained / balance.it_kw).mean()),
        coverage_frac=coverage_frac(meter_kw, balance.facility_kw, balance.half_width_kw),
        unexplained_kw=float(unexplained.mean()),
    )


def _metered_kw(loaded: LoadedSite, telemetry: Telemetry, frame: pd.DataFrame) -> FloatArray | None:
    if frame.empty:
        return None
    end = frame.index[-1].to_pydatetime() + loaded.site.step
    meter = facility_kw(loaded, telemetry, frame.index[0].to_pydatetime(), end)
    return None if meter is None else np.asarray(meter.reindex(frame.index), dtype=float)


def _hall_it_kw(frame: pd.DataFrame, racks: Sequence[str]) -> FloatArray | None:
    columns = [f"{rack}.power_kw" for rack in racks]
    if not set(columns) <= set(frame.columns):
        return None
    return np.asarray(frame[columns].sum(axis=1, skipna=False), dtype=float)


def _component_kw(
    plant: CoolingPlant, fit: PlantFit, frame: pd.DataFrame, weather: str
) -> tuple[FloatArray, FloatArray] | None:
    """Return the modelled power of a plant's components at their measured inputs, and the square of its half-width."""
    rows = component_rows(plant, frame, weather)
    wanted = sorted(needed_columns(plant, weather))
    if not set(wanted) <= set(rows):
        return None
    power, square = np.zeros(len(frame)), np.zeros(len(frame))
    for name in wanted:
        one, width = _modelled_kw(name, fit.components.get(name), rows[name].rows)
        power, square = power + one, square + width**2
    return power, square


def _modelled_kw(name: str, model: ComponentPower | None, rows: pd.DataFrame) -> tuple[FloatArray, FloatArray]:
    """Return a component's power and half-width as the plan would take them; NaN where an input is missing."""
    power, width = np.full(len(rows), np.nan), np.full(len(rows), np.nan)
    whole = rows.notna().all(axis=1).to_numpy(bool)
    prior = rows["prior_kw"].to_numpy(float)[whole]
    if model is not None and model.qualified:
        drivers = {driver: rows[driver].to_numpy(float)[whole] for driver in model.drivers}
        power[whole], width[whole], _ = model.correct(prior, drivers)
    else:
        power[whole], width[whole] = prior, half_width_kw(name, prior, np.zeros(prior.size, bool))
    return power, width
