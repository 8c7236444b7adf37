"""A hall's inlets in the next hour under setpoints yet to be chosen: the dynamic model, fitted once and asked many times."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from facility.ports import Telemetry
from facility.prepare.hall_history import LATEST, STEP, crahs_of, hall_history
from facility.records import FloatArray
from facility.site import Hall
from facility.site_file import LoadedSite
from models.ahead.hot_spots import alarm_margin_k
from models.ahead.inlets import InletsAhead, fit_inlets_ahead
from models.ahead.protection import protected
from models.rack_inlet import PROBE_ACCURACY_K

LEARNED = timedelta(days=14)
_NOISE_K = 0.3  # of a probe, and what five minutes may change; a rack that is hotter than foretold by more stays so
LATELY = timedelta(hours=3)  # beyond the memory of the model's filters
STEPS = 12
_TURN = timedelta(minutes=15)  # protection comes and goes within minutes: what is seen of it in so many counts

SUPPLY, AIRFLOW = "supply_air_temperature_setpoint_degc", "airflow_setpoint_m3ps"


@dataclass(frozen=True, slots=True, eq=False)
class HallAhead:
    """The dynamic model of a hall."""

    hall: Hall
    model: InletsAhead

    @classmethod
    def fit(cls, loaded: LoadedSite, telemetry: Telemetry, hall: Hall, at: datetime) -> HallAhead:
        """Learn it from the last days.

        Raises
        ------
        ValueError
            If history does not allow it, in words.
        """
        rows, measured = hall_history(loaded, telemetry, hall, at - LEARNED, at)
        return cls(hall, fit_inlets_ahead(hall.id, rows, measured, crahs_of(loaded, hall)))

    def outlook(self, loaded: LoadedSite, telemetry: Telemetry, at: datetime) -> HallOutlook:
        """Return where the hall stands now.

        Raises
        ------
        ValueError
            If it has not been measured whole lately, in words.
        """
        rows, measured = hall_history(loaded, telemetry, self.hall, at - LATELY, at + STEP)
        needed = ["air_rise_k", *(f"{crah}.{name}" for crah in self.model.habits.crahs for name in (SUPPLY, AIRFLOW))]
        place = {str(column): number for number, column in enumerate(rows.columns)}
        gaps = np.isnan(rows.to_numpy(float)[:, [place[column] for column in needed]])
        known = np.flatnonzero(~gaps.any(axis=1) & ~np.isnan(measured.to_numpy(float)).all(axis=1))
        if not known.size or rows.index[known[-1]] < pd.Timestamp(at - LATEST):
            raise ValueError(
                f"{self.hall.id}: not measured whole in the last {LATEST / timedelta(minutes=1):g} minutes"
            )
        count = int(known[-1]) + 1
        times = pd.date_range(rows.index[0], periods=count + STEPS, freq=STEP)
        return HallOutlook(self, rows.iloc[:count].reindex(times), measured.iloc[:count])


@dataclass(frozen=True, slots=True, eq=False)
class HallOutlook:
    """A hall as it stands: what its inlets will be under given setpoints.

    `rows` go on beyond `measured`, empty, for the hour to come.
    """

    ahead: HallAhead
    rows: pd.DataFrame
    measured: pd.DataFrame

    @property
    def racks(self) -> tuple[str, ...]:
        """Ids of the racks."""
        return tuple(str(rack) for rack in self.measured.columns)

    def over_limit_k(self, setpoints: Mapping[str, FloatArray], heat_frac: FloatArray) -> FloatArray:
        """Return how far each inlet is to be expected above its limit, the margin of an alarm included, (STEPS, racks).

        What the site's own protection would make of it is left out: setpoints have to do without.

        Parameters
        ----------
        setpoints
            By column of the rows (`<crah>.supply_air_temperature_setpoint_degc`, `<crah>.airflow_setpoint_m3ps`), (STEPS,).
        heat_frac
            The hall's heat over that of now, (STEPS,).
        """
        count, rows = len(self.measured), self.rows.copy()
        columns = [rows.columns.get_loc(column) for column in setpoints]
        rows.iloc[count:, columns] = np.column_stack(list(setpoints.values()))  # type: ignore[index]
        forecast, seen = self.ahead.model.unprotected(rows, self.measured, heat_frac=heat_frac)
        margin = np.maximum(alarm_margin_k(forecast), PROBE_ACCURACY_K)  # as a plan keeps it
        expected = (forecast.mean + margin)[count - 1]
        told = seen.apart_from(self.measured.reindex(rows.index).to_numpy(float))[count - 1]
        surprise = np.fmax(told - expected[0] - _NOISE_K, 0.0)
        return np.asarray(expected + surprise - self.ahead.hall.limits.inlet_max_degc)

    @property
    def driven(self) -> bool:
        """Whether the site's own protection has lately driven CRAHs beyond their setpoints: then these do not do."""
        now = self.rows.iloc[: len(self.measured)].tail(_TURN // STEP)
        return bool(protected(now, self.ahead.model.habits.crahs).any())


def written(current: float, targets: FloatArray, *, step: float, rest: int, wait: int) -> FloatArray:
    """Return the course of a setpoint that is written towards targets: at most `step` a write, `rest` steps apart, after `wait`."""
    course, value, next_write = np.empty(len(targets)), current, wait
    for at, target in enumerate(targets):
        if at >= next_write and target != value:
            value += float(np.clip(target - value, -step, step))
            next_write = at + max(rest, 1)
        course[at] = value
    return course
