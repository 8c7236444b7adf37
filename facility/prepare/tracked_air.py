"""The air of the halls as the fast layer takes it: how far setpoints get in the hour, and what the dynamic model says of that."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache

import numpy as np

from facility.plan.decisions import AWAKE, FAN_SPEED, SUPPLY_AIR, WORK
from facility.ports import Telemetry
from facility.prepare import hall_ahead
from facility.prepare.damp_racks import driest_supply_degc, hall_dew_points_degc
from facility.prepare.hall_ahead import STEPS, HallAhead, HallOutlook, written
from facility.prepare.hall_history import STEP
from facility.prepare.levers import Levers
from facility.records import FloatArray
from facility.site import Crah, Hall
from facility.track.inputs import Air, AirMove, Lever

# 1 K colder air, per kW of rated cooling: about 2 % of what chills it, at half load. Power of a fan grows thrice as fast as speed.
_COLDER_KW_PER_RATED_KW, _FAN_POWER = 0.002, 3.0


@dataclass(frozen=True, slots=True, eq=False)
class TrackedAir:
    """Makes them; `halls` holds the dynamic models, or in words why there is none."""

    levers: Levers
    telemetry: Telemetry
    halls: Mapping[str, HallAhead | str]
    kept: Mapping[str, AirMove]  # by hall: how it was corrected under this plan
    notes: list[str] = field(default_factory=list)

    def air(self) -> Iterator[Air]:
        """Yield the halls whose air the plan leads and whose inlets can be foretold."""
        loaded, at = self.levers.loaded, self.levers.course.at
        for hall in loaded.site.halls:
            installed = [crah for crah in loaded.site.crahs if crah.hall == hall.id]
            crahs = [crah for crah in installed if loaded.site.in_service(crah.id, at)]
            supply, fans = (self.levers.lever([crah.id for crah in crahs], one) for one in (SUPPLY_AIR, FAN_SPEED))
            if supply is None or fans is None:
                continue
            try:
                standing = [crah for crah in installed if crah not in crahs]
                yield self._air(hall, crahs, standing, supply, fans)
            except ValueError as error:  # the models say what is missing
                self.notes.append(f"the air of {hall.id} is left as planned: {error}")

    def _air(self, hall: Hall, crahs: list[Crah], standing: list[Crah], supply: Lever, fans: Lever) -> Air:
        ahead = self.halls[hall.id]
        if isinstance(ahead, str):
            raise ValueError(ahead)  # noqa: TRY004 (words, not a wrong type)
        outlook = ahead.outlook(self.levers.loaded, self.telemetry, self.levers.course.at)
        # No colder than racks may stand, but where the plan is: it knows which racks the air warms on its way.
        coldest_degc = min(hall.limits.inlet_min_degc, float(supply.planned.min()))
        driest_degc = min(self._driest_degc(hall, crahs, outlook), supply.high)
        supply = replace(supply, low=max(supply.low, coldest_degc, driest_degc))
        paths = _Paths(self.levers, outlook, crahs, standing, supply, fans, self._heat_frac(hall))
        speed = float(np.clip(fans.planned[0], fans.low, fans.high))
        return Air(
            hall=hall.id,
            supply=supply,
            fans=fans,
            racks=outlook.racks,
            over_k=cache(paths.over_k),
            kw_per_k=_COLDER_KW_PER_RATED_KW * sum(crah.rated_cooling_kw for crah in crahs),
            kw_per_frac=_FAN_POWER * sum(crah.rated_fan_kw for crah in crahs) * speed**2,
            kept=self.kept.get(hall.id, (0.0, 0.0)),
            driven=outlook.driven,
        )

    def _heat_frac(self, hall: Hall) -> FloatArray:
        """Return a hall's heat in the next hour over that of now, by what the plan has its servers and work do."""
        site, values, course = self.levers.loaded.site, self.levers.values, self.levers.course
        idle_kw = {pool.id: (pool.idle_w - pool.sleep_w) / 1000.0 for pool in site.server_pools if pool.hall == hall.id}
        kw_each = {f"{pool}.{AWAKE}": kw for pool, kw in idle_kw.items()}
        kw_each |= {f"{work.id}.{WORK}": 1.0 for work in site.deferrable_work if work.pool in idle_kw}
        now_kw, more_kw = sum(values.get(f"{rack.id}.power_kw", 0.0) for rack in hall.racks), np.zeros(STEPS)
        for target, kw in kw_each.items():
            if target in values and course.has(target):
                planned = [course.value(target, course.at + number * STEP) for number in range(STEPS)]
                more_kw += kw * (np.array(planned) - values[target])
        return np.asarray(1.0 + np.maximum(more_kw / now_kw, -1.0)) if now_kw > 0.0 else np.ones(STEPS)

    def _driest_degc(self, hall: Hall, crahs: list[Crah], outlook: HallOutlook) -> float:
        measured = outlook.rows.iloc[: len(outlook.measured)]
        setpoints = measured[[f"{crah.id}.{SUPPLY_AIR}" for crah in crahs]]
        dew_points = hall_dew_points_degc(self.levers.loaded, self.telemetry, hall, self.levers.course.at)
        return driest_supply_degc(hall, setpoints.mean(axis=1), outlook.measured, dew_points)


@dataclass(frozen=True, slots=True, eq=False)
class _Paths:
    """The way of a hall's setpoints from what is in force to what is wanted."""

    levers: Levers
    outlook: HallOutlook
    crahs: list[Crah]
    standing: list[Crah]  # out of service: they move no air
    supply: Lever
    fans: Lever
    heat_frac: FloatArray

    def over_k(self, colder_k: float, faster_frac: float) -> FloatArray:
        """Return how far above its limit each rack comes, by step of the call."""
        setpoints = {}
        for crah in self.crahs:
            air = self._path(f"{crah.id}.{SUPPLY_AIR}", self.supply, -colder_k)
            speed = self._path(f"{crah.id}.{FAN_SPEED}", self.fans, faster_frac)
            setpoints[f"{crah.id}.{hall_ahead.SUPPLY}"] = air
            setpoints[f"{crah.id}.{hall_ahead.AIRFLOW}"] = speed * crah.rated_airflow_m3ps
        for crah in self.standing:
            setpoints[f"{crah.id}.{hall_ahead.SUPPLY}"] = self.supply.planned[0] + np.zeros(STEPS)
            setpoints[f"{crah.id}.{hall_ahead.AIRFLOW}"] = np.zeros(STEPS)
        over = self.outlook.over_limit_k(setpoints, self.heat_frac)
        course = self.levers.course
        rows = [math.ceil((number + 1) * course.step / STEP) - 1 for number in range(course.steps)]
        return over[rows]

    def _path(self, target: str, lever: Lever, move: float) -> FloatArray:
        course, waits_s = self.levers.course, (self.levers.wait_s([target]), self.levers.rest_s([target]))
        wait, rest = (STEPS if math.isinf(one) else math.ceil(one / STEP.total_seconds()) for one in waits_s)
        planned = np.array([course.value(target, course.at + number * STEP) for number in range(STEPS)])
        wanted = np.clip(planned + move, lever.low, lever.high)
        return written(self.levers.values.get(target, float(wanted[0])), wanted, step=lever.step, rest=rest, wait=wait)
