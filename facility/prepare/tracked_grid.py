"""The meter in the next hour: the plan's course, what the last minutes were off it, and the limits that hold for it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from facility.ports import Telemetry
from facility.prepare.plan_course import PlanCourse
from facility.promises import CommitmentKind, CommitmentOutcome
from facility.records import FloatArray
from facility.site import Tariff
from facility.site_file import LoadedSite
from facility.track.inputs import Grid

SITE_POWER, IMPORT_LIMIT = "site.power_kw", "import limit"
_INSTANT = timedelta(microseconds=1)
_LEAST_PRICE = 1e-3
_NOISE_OF, _LEAST_CHANGES = timedelta(hours=3), 8
_NOW_AND_THEN = 4.5  # of the median change: three standard deviations
_MOST_MARGIN_FRAC = 0.01  # of the demand: a margin takes energy that the plan has not counted on


@dataclass(frozen=True, slots=True)
class MeterNow:
    """What the meter and those behind it that may be moved showed lately."""

    loaded: LoadedSite
    telemetry: Telemetry
    course: PlanCourse

    def mean_kw(self, equipment: str, quantity: str, start: datetime, end: datetime) -> float | None:
        """Return the mean of a power over the readings after `start`, until `end`; None without any."""
        points = [point.id for point in self.loaded.points.of(equipment, quantity)]
        if not points or end <= start:
            return None
        means = self.telemetry.read(points, start + _INSTANT, end + _INSTANT).mean()
        return None if means.isna().any() else float(means.sum())

    def off_plan_kw(self, moved: Mapping[str, tuple[str, float]]) -> float | None:
        """Return how much more was drawn in the last step than planned, by what nobody moves; None where the meter is silent.

        `moved` holds, by planned power (`equipment.quantity`), the quantity that measures it and what its kW takes at the meter.
        """
        course = self.course
        start, middle = course.at - course.step, course.at - 0.5 * course.step
        drawn_kw = self.mean_kw(self.loaded.site.electrical.main_meter, "power_kw", start, course.at)
        if drawn_kw is None:
            return None
        expected_kw = course.value(SITE_POWER, middle)
        for key, (quantity, per_kw) in moved.items():
            measured_kw = self.mean_kw(key.rpartition(".")[0], quantity, start, course.at)
            if measured_kw is not None:
                expected_kw += per_kw * (measured_kw - course.value(key, middle))
        return drawn_kw - expected_kw

    def step_noise_kw(self, moved: Mapping[str, tuple[str, float]]) -> float:
        """Return by how much the means of two steps differ now and then, without what is moved (as in `off_plan_kw`).

        Robust: a job that begins is no noise. Nothing where the last hours were hardly measured.
        """
        points, course = self.loaded.points, self.course
        parts = {self.loaded.site.electrical.main_meter: ("power_kw", -1.0)}
        parts |= {key.rpartition(".")[0]: what for key, what in moved.items()}
        per_kw = {point.id: -kw for one, (quantity, kw) in parts.items() for point in points.of(one, quantity)}
        frame = self.telemetry.read(list(per_kw), course.at - _NOISE_OF, course.at, course.step)
        changes_kw = (frame * pd.Series(per_kw)).sum(axis=1, skipna=False).diff().abs().dropna()
        if len(changes_kw) < _LEAST_CHANGES:
            return 0.0
        return _NOW_AND_THEN * float(changes_kw.median())

    def grid(self, off_plan_kw: float, paid_kw: float, noise_kw: float) -> Grid:
        """Return the meter of the next hour; `paid_kw` is the demand that is paid for anyway."""
        loaded, course = self.loaded, self.course
        tariff, plan = loaded.site.tariff, course.plan
        caps = [self._cap(course.at + (step + 0.5) * course.step) for step in range(course.steps)]
        demand_kw = max(paid_kw, plan.cost.peak_kw)
        margin_kw = min(noise_kw * (course.step / _window(tariff)), _MOST_MARGIN_FRAC * demand_kw)
        shares, known, names = self._windows(demand_kw - margin_kw)
        charged = tariff.demand_charge_per_kw_month > 0.0
        prices = np.abs(course.plan.schedule["site.price_per_kwh"])
        return Grid(
            import_kw=course.values(SITE_POWER) + off_plan_kw,
            cap_kw=np.array([cap for cap, _ in caps]),
            cap_names=tuple(name for _, name in caps),
            least_kw=self._least_kw(),
            window_share=shares,
            window_known_kw=known,
            window_names=names,
            demand_kw=demand_kw if charged else math.inf,
            demand_charge_per_kw=tariff.demand_charge_per_kw_month,
            price_per_kwh=max(float(prices.mean()), _LEAST_PRICE),
            margin_kw=margin_kw,
        )

    def _cap(self, time: datetime) -> tuple[float, str]:
        """Return the lowest cap that holds at a time, and its name."""
        limit_kw = self.loaded.site.electrical.import_limit_kw
        caps = [] if limit_kw is None else [(limit_kw, IMPORT_LIMIT)]
        caps += [
            (self._promised_kw(one, time), f"{one.id} commitment")
            for one in self.course.plan.commitments
            if one.start <= time < one.end
        ]
        return min(caps, default=(math.inf, ""))

    def _promised_kw(self, one: CommitmentOutcome, time: datetime) -> float:
        """Return the target at a time: the cap, or the frozen baseline less the reduction; the plan's draw where it falls short.

        What a plan has weighed and given up is not forced by its fast layer: it does not know what that would cost later.
        """
        return max(self._target_kw(one, time), self.course.value(SITE_POWER, time))

    def _target_kw(self, one: CommitmentOutcome, time: datetime) -> float:
        if one.kind is CommitmentKind.IMPORT_CAP:
            return one.committed_kw
        if not one.baseline_kw:
            return -math.inf  # a plan from before its baselines were kept with it
        plan = self.course.plan
        step = (time - plan.start) // plan.step - max((one.start - plan.start) // plan.step, 0)
        return one.baseline_kw[min(max(step, 0), len(one.baseline_kw) - 1)] - one.committed_kw

    def _least_kw(self) -> float:
        if self.loaded.site.tariff.export_price_per_kwh is None:
            return 0.0
        limit_kw = self.loaded.site.electrical.export_limit_kw
        return -math.inf if limit_kw is None else -limit_kw

    def _windows(self, demand_kw: float) -> tuple[FloatArray, FloatArray, tuple[str, ...]]:
        """Return the demand windows of the hour: the share of each step, what is known of the mean, names.

        One more than can be whole, always as many. What lies beyond the hour counts as held.
        """
        course, loaded = self.course, self.loaded
        length = _window(loaded.site.tariff)
        first, count = window_start(loaded.site.tariff, course.at), math.ceil(course.steps * course.step / length) + 1
        starts = [first + number * length for number in range(count)]
        ends = [course.at + (number + 1) * course.step for number in range(course.steps)]
        shares = np.array(
            [[_overlap(start, start + length, end - course.step, end) / length for end in ends] for start in starts]
        )
        drawn_kw = self.mean_kw(loaded.site.electrical.main_meter, "power_kw", first, course.at)
        so_far_kw = course.value(SITE_POWER, first) if drawn_kw is None else drawn_kw
        known = (1.0 - shares.sum(axis=1)) * demand_kw
        known[0] = (course.at - first) / length * so_far_kw
        zone = loaded.site.zone
        names = tuple(f"demand window {start.astimezone(zone):%H:%M}" for start in starts)
        return shares, known, names


def window_start(tariff: Tariff, at: datetime) -> datetime:
    """Return when the demand window of a time began."""
    return at - timedelta(seconds=at.timestamp() % (60.0 * tariff.demand_window_min))


def _window(tariff: Tariff) -> timedelta:
    return timedelta(minutes=tariff.demand_window_min)


def _overlap(start: datetime, end: datetime, from_: datetime, until: datetime) -> timedelta:
    return max(min(end, until) - max(start, from_), timedelta(0))
