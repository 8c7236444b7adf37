"""The conditions of a comparison as surroundings of the simulated site, and the synthetic ones of a seed as conditions."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np

from facility.records import FloatArray
from facility.site import Site
from facility.site_file import LoadedSite
from tools.closed_loop.conditions import Conditions
from tools.simulated_site.climate import Outdoors
from tools.simulated_site.noise import Hidden
from tools.simulated_site.physics.air import atmospheric_pressure_kpa, relative_humidity_frac, wet_bulb_degc
from tools.simulated_site.surroundings import Synthetic


class GivenSurroundings:
    """Weather, work and heat demand as conditions say; they are read several times a step, so their courses are plain lists."""

    def __init__(self, conditions: Conditions, site: Site) -> None:
        self._start_s, self._step_s = conditions.start.timestamp(), conditions.step.total_seconds()
        self._last = len(conditions.dry_bulb_degc) - 1
        self._pressure_kpa = atmospheric_pressure_kpa(site.altitude_m)
        self._dry_degc = _list(conditions.dry_bulb_degc)
        self._dew_degc = _list(np.minimum(conditions.dew_point_degc, conditions.dry_bulb_degc))
        self._demand = {pool: _list(course) for pool, course in conditions.demand_frac.items()}
        self._heat = {contract: _list(course) for contract, course in conditions.heat_demand_kw.items()}

    def outdoors(self, time: datetime) -> Outdoors:
        """Return the outdoor air at a time."""
        dry_degc = self._at(self._dry_degc, time)
        dew_degc = min(self._at(self._dew_degc, time), dry_degc)
        humidity_frac = relative_humidity_frac(dry_degc, dew_degc)
        wet_degc = wet_bulb_degc(dry_degc, dew_degc, self._pressure_kpa)
        return Outdoors(dry_degc, dew_degc, humidity_frac, wet_degc, self._pressure_kpa)

    def demand(self, pool: str, time: datetime) -> float | None:
        """Return a pool's demand at a time; None where there is no course for it."""
        course = self._demand.get(pool)
        return None if course is None else self._at(course, time)

    def heat(self, contract: str, time: datetime) -> float | None:
        """Return the heat that a contract asks for; None where there is no course for it."""
        course = self._heat.get(contract)
        return None if course is None else self._at(course, time)

    def _at(self, course: list[float], time: datetime) -> float:
        position = (time.timestamp() - self._start_s) / self._step_s
        if position <= 0.0:
            return course[0]
        index = int(position)
        if index >= self._last:
            return course[-1]
        return course[index] + (position - index) * (course[index + 1] - course[index])


def own_conditions(loaded: LoadedSite, seed: int, start: datetime, end: datetime, step: timedelta) -> Conditions:
    """Return the synthetic weather and work of a seed from `start` to `end` (both aware), for a user who gives no files.

    Heat contracts are left to the site file.
    """
    own = Synthetic(loaded.site, Hidden(seed))
    times = [start + index * step for index in range(int((end - start) / step) + 1)]
    air = [own.outdoors(time) for time in times]
    return Conditions(
        start=start,
        step=step,
        dry_bulb_degc=np.array([one.temperature_degc for one in air]),
        dew_point_degc=np.array([one.dew_point_degc for one in air]),
        demand_frac={
            pool.id: np.array([own.demand(pool.id, time) for time in times]) for pool in loaded.site.server_pools
        },
    )


def _list(course: FloatArray) -> list[float]:
    return [float(value) for value in course]
