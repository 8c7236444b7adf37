"""What history shows of a setpoint: where it was, and whether the plant was there with it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import pandas as pd

from facility.points import Point
from facility.ports import Telemetry
from facility.prepare.commissioning_levers import CONDENSER_WATER
from facility.site_file import LoadedSite

_MEASURED_AS = {CONDENSER_WATER: "entering_condenser_water_temperature_degc"}


def reached(
    loaded: LoadedSite,
    telemetry: Telemetry,
    points: Sequence[Point],
    start: datetime,
    end: datetime,
    *,
    within: float,
) -> pd.Series[float]:
    """Return the mean of setpoints by step where every unit was within a tolerance of its own; NaN where one was not.

    A setpoint whose quantity nobody measures counts as followed: there is nothing to tell otherwise.
    """
    measured = {point.id: loaded.points.one(point.equipment, measured_quantity(point.quantity)) for point in points}
    ids = [*measured, *(found.id for found in measured.values() if found is not None)]
    frame = telemetry.read(ids, start, end, loaded.site.step)
    followed = [
        (frame[found.id] - frame[setpoint]).abs() <= within for setpoint, found in measured.items() if found is not None
    ]
    mean = frame[list(measured)].mean(axis=1, skipna=False)
    return mean.where(pd.concat(followed, axis=1).all(axis=1)) if followed else mean


def measured_quantity(setpoint: str) -> str:
    """Return the quantity that tells whether a setpoint is reached."""
    return _MEASURED_AS.get(setpoint, setpoint.replace("_setpoint", ""))
