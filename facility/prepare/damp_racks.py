"""Between two plans: the coldest supply air under which a hall's racks, as damp as they are measured, are not too humid.

A plan knows the air to come by a forecast; where outdoor air comes in damper than foretold, or within a step, what is measured
counts.
"""

from __future__ import annotations

import math
from datetime import datetime, timedelta

import pandas as pd

from facility.learn.twin import driest_inlet_degc
from facility.ports import Telemetry
from facility.prepare.hall_history import STEP, by_step
from facility.prepare.situation import INLET_HUMIDITY, INLET_TEMPERATURE
from facility.site import Hall
from facility.site_file import LoadedSite
from models.airside import DEW_POINT_BAND_K
from models.psychrometrics import dew_point_degc

LATELY = timedelta(minutes=30)  # inlets follow their setpoint in less than half of it
RISES = timedelta(minutes=10)  # until what is written now has worked, and is looked at again


def hall_dew_points_degc(loaded: LoadedSite, telemetry: Telemetry, hall: Hall, at: datetime) -> pd.Series:
    """Return the mean dew point of a hall's racks by `STEP` in the last minutes; empty where none tells both its measures."""
    quantities = INLET_TEMPERATURE, INLET_HUMIDITY
    columns = [f"{rack.id}.{quantity}" for quantity in quantities for rack in hall.racks]
    frame = by_step(loaded, telemetry, columns, at - LATELY, at + STEP).reindex(columns=columns)
    racks = len(hall.racks)
    dew = dew_point_degc(frame.iloc[:, :racks].to_numpy(float), frame.iloc[:, racks:].to_numpy(float))
    return pd.DataFrame(dew, index=frame.index).mean(axis=1).dropna()


def driest_supply_degc(
    hall: Hall, setpoint_degc: pd.Series, inlets_degc: pd.DataFrame, hall_dew_degc: pd.Series
) -> float:
    """Return that setpoint [degC]; minus infinity where no dew point is known.

    Parameters
    ----------
    hall
        With the limits of its racks.
    setpoint_degc, inlets_degc, hall_dew_degc
        Supply air asked for, inlets by rack, and the hall's dew point, in its last steps of `STEP`.

    Raises
    ------
    ValueError
        If supply air and inlets were not known together lately, in words.
    """
    if hall_dew_degc.empty:
        return -math.inf
    now = float(hall_dew_degc.iloc[-1])
    rises_k = max(now - float(hall_dew_degc.iloc[-(RISES // STEP) - 1 :].iloc[0]), 0.0)
    above_k = float((inlets_degc.mean(axis=1) - setpoint_degc).iloc[-(LATELY // STEP) :].median())
    if math.isnan(above_k):
        raise ValueError(f"{hall.id}: how far inlets stand above the supply air asked for is not known")
    return driest_inlet_degc(hall.limits, now + rises_k + DEW_POINT_BAND_K) - above_k
