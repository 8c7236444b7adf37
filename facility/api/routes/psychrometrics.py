"""/halls/{id}/psychrometrics: envelopes, states of the air now, and the saturation line, as points of a chart.

The equations of moist air are those of `models.psychrometrics`, which plans use too: the page draws and computes no humidity.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from http import HTTPStatus
from typing import Literal

import numpy as np
import numpy.typing as npt
from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel

from facility.access import Permission
from facility.api.entry import needs
from facility.api.problem import ProblemError
from facility.api.routes.view import View
from facility.prepare.situation import fresh_values
from facility.site import Hall
from facility.site_file import LoadedSite
from models.psychrometrics import (
    dew_point_of_ratio_degc,
    humidity_ratio,
    relative_humidity_of_ratio_frac,
    saturated_humidity_ratio,
)

router = APIRouter(tags=["halls"])
DRY_BULB_DEGC = (-15.0, 50.0)
LINES_FRAC = (0.2, 0.4, 0.6, 0.8)
G_PER_KG = 1000.0
_AT = 66  # a point each kelvin
Kind = Literal["rack", "supply", "return", "outdoor"]


class Course(BaseModel):
    """A line, or the edge of a region where its last point is its first."""

    name: str
    dry_bulb_degc: list[float]
    humidity_g_per_kg: list[float]


class State(BaseModel):
    """Air as it is measured now."""

    name: str
    kind: Kind
    dry_bulb_degc: float
    relative_humidity_frac: float
    dew_point_degc: float
    humidity_g_per_kg: float


class PsychrometricsAnswer(BaseModel):
    """The chart of a hall; states that are not measured now are left out, and counted in `unread`."""

    hall: str
    at: AwareDatetime
    altitude_m: float
    saturation: Course
    humidity_lines: list[Course]
    recommended: Course
    allowable: Course
    economizer: Course | None
    states: list[State]
    unread: int


@router.get("/halls/{hall_id}/psychrometrics", dependencies=[needs(Permission.READ)], responses={404: {}})
def read_psychrometrics(view: View, hall_id: str) -> PsychrometricsAnswer:
    """Return the psychrometric chart of a hall."""
    loaded, now = view.loaded, view.clock.now()
    hall = next((one for one in loaded.site.halls if one.id == hall_id), None)
    if hall is None:
        raise ProblemError(HTTPStatus.NOT_FOUND, f"no hall {hall_id!r}; /api/v1/topology lists them")
    values, _ = fresh_values(loaded.points, view.latest(), now)
    altitude, states = loaded.site.altitude_m, _states(loaded, hall, values)
    limits, dry = hall.limits, np.linspace(*DRY_BULB_DEGC, _AT)
    bearable = limits.allowable
    return PsychrometricsAnswer(
        hall=hall.id,
        at=now,
        altitude_m=altitude,
        saturation=_course("saturation", dry, saturated_humidity_ratio(dry, altitude)),
        humidity_lines=[_course(f"{frac:.0%}", dry, humidity_ratio(dry, frac, altitude)) for frac in LINES_FRAC],
        recommended=_envelope(
            "recommended",
            (limits.inlet_min_degc, limits.inlet_max_degc),
            (limits.dew_point_min_degc, limits.dew_point_max_degc),
            limits.relative_humidity_max_frac,
            altitude,
        ),
        allowable=_envelope(
            f"allowable, class {limits.allowable_class}",
            (bearable.inlet_min_degc, bearable.inlet_max_degc),
            (bearable.dew_point_min_degc, bearable.dew_point_max_degc),
            bearable.relative_humidity_max_frac,
            altitude,
        ),
        economizer=_economizer(hall, altitude),
        states=[one for one in states if one is not None],
        unread=sum(one is None for one in states),
    )


def _envelope(
    name: str, inlet: tuple[float, float], dew_point: tuple[float, float], humidity_frac: float, altitude_m: float
) -> Course:
    """Return the edge of all air between two temperatures, two dew points and below a relative humidity."""
    dry = np.linspace(*inlet, _AT)
    low, high = (float(saturated_humidity_ratio(dew, altitude_m)) for dew in dew_point)
    saturated = saturated_humidity_ratio(dry, altitude_m)
    bottom = np.minimum(low, saturated)
    top = np.maximum(np.minimum(high, humidity_ratio(dry, humidity_frac, altitude_m)), bottom)
    around = (np.concatenate([dry, dry[::-1], dry[:1]]), np.concatenate([bottom, top[::-1], bottom[:1]]))
    return _course(name, *around)


def _economizer(hall: Hall, altitude_m: float) -> Course | None:
    """Return the outdoor air with which the dampers may open."""
    rules = hall.economizer
    if rules is None:
        return None
    return _envelope(
        "economizer may open",
        (DRY_BULB_DEGC[0], rules.outdoor_max_degc),
        (rules.outdoor_dew_point_min_degc, rules.outdoor_dew_point_max_degc),
        1.0,
        altitude_m,
    )


class _Air:
    """Makes states of the values that are fresh."""

    def __init__(self, values: Mapping[str, float], altitude_m: float) -> None:
        self.values = values
        self.altitude_m = altitude_m

    def measured(self, name: str, kind: Kind, dry: str, humidity: str) -> State | None:
        """Return a state of a temperature and a relative humidity; None where one is not fresh."""
        dry_degc, frac = self.values.get(f"{name}.{dry}"), self.values.get(f"{name}.{humidity}")
        if dry_degc is None or frac is None:
            return None
        return self._state(name, kind, dry_degc, float(humidity_ratio(dry_degc, frac, self.altitude_m)))

    def returned(self, crah: str) -> State | None:
        """Return the air that comes back to an air handler."""
        return self.measured(crah, "return", "return_air_temperature_degc", "return_air_relative_humidity_frac")

    def supplied(self, crah: str) -> State | None:
        """Return the air that a handler blows: with the water of its return air, or as much as so cold air holds."""
        dry_degc, back = self.values.get(f"{crah}.supply_air_temperature_degc"), self.returned(crah)
        if dry_degc is None or back is None:
            return None
        most = float(saturated_humidity_ratio(dry_degc, self.altitude_m))
        return self._state(crah, "supply", dry_degc, min(back.humidity_g_per_kg / G_PER_KG, most))

    def _state(self, name: str, kind: Kind, dry_degc: float, ratio: float) -> State | None:
        if not math.isfinite(ratio):
            return None
        return State(
            name=name,
            kind=kind,
            dry_bulb_degc=dry_degc,
            relative_humidity_frac=float(relative_humidity_of_ratio_frac(dry_degc, ratio, self.altitude_m)),
            dew_point_degc=float(dew_point_of_ratio_degc(ratio, self.altitude_m)),
            humidity_g_per_kg=G_PER_KG * ratio,
        )


def _states(loaded: LoadedSite, hall: Hall, values: Mapping[str, float]) -> list[State | None]:
    """Return the air at the racks, at the hall's handlers, and outdoors; None for what is not fresh."""
    air = _Air(values, loaded.site.altitude_m)
    crahs = [crah.id for crah in loaded.site.crahs if crah.hall == hall.id]
    racks = [rack.id for rack in hall.racks]
    station = loaded.site.weather.station
    return [
        *(air.measured(rack, "rack", "inlet_temperature_degc", "inlet_relative_humidity_frac") for rack in racks),
        *(air.returned(crah) for crah in crahs),
        *(air.supplied(crah) for crah in crahs),
        air.measured(station, "outdoor", "outdoor_temperature_degc", "outdoor_relative_humidity_frac"),
    ]


def _course(name: str, dry: npt.NDArray[np.float64], ratio: npt.NDArray[np.float64]) -> Course:
    return Course(name=name, dry_bulb_degc=dry.tolist(), humidity_g_per_kg=(G_PER_KG * ratio).tolist())
