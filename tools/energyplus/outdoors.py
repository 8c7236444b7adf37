"""Outdoor air for the model's weather actuators, so that it has the weather of the loop and not that of its own file."""

from __future__ import annotations

import math

from tools.closed_loop.conditions import Air


def outdoor_values(air: Air) -> list[float | None]:
    """Return dry bulb [degC], dew point [degC] and relative humidity [%], in the order of `model.OUTDOOR_ACTUATORS`.

    All three are set: the engine takes the moisture of the air from one or the other, depending on what asks.
    """
    saturated = _vapour_pressure_kpa(air.dry_bulb_degc)
    humidity = 100.0 * _vapour_pressure_kpa(air.dew_point_degc) / saturated
    return [air.dry_bulb_degc, air.dew_point_degc, min(max(humidity, 1.0), 100.0)]


def _vapour_pressure_kpa(degc: float) -> float:
    """Over water: Alduchov and Eskridge, Improved Magnus form approximation, J. Appl. Meteor. 35 (1996), eq. 21."""
    return 0.61094 * math.exp(17.625 * degc / (243.04 + degc))
