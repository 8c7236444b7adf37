"""What an arm delivered of what the grid asked: the true meter against a baseline frozen at notice, by means of five minutes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from facility.respond.frozen_baseline import FrozenBaseline
from tools.closed_loop.grid_calls import GridCall
from tools.closed_loop.plant import Key, Truth

STEP = timedelta(minutes=5)
AFTER = timedelta(hours=4)
NEAR = 0.02  # of the baseline: above the target by no more counts as kept to it


@dataclass(frozen=True, slots=True)
class Delivered:
    """One event by one baseline. Shares are of the mean baseline; what is above the target counts, what is below is over-delivery.

    Attributes
    ----------
    baseline
        The method.
    excess_p95_share, excess_most_share
        Of the five-minute means: how far above the target 95 % of them stay, and the worst of them.
    near_share
        How many of them are no more than `NEAR` above the target.
    mean_less_kw
        How much less than the baseline is drawn, in the mean.
    delivered_share
        Energy delivered, in each step at most what was promised, over what was promised.
    over_kwh
        Delivered beyond the promise.
    peak_kw, peak_after_kw
        The highest five minutes of the event and of the hours after it.
    """

    start: str
    baseline: str
    hours: float
    asked_kw: float
    baseline_kw: float
    excess_p95_share: float
    excess_most_share: float
    near_share: float
    mean_less_kw: float
    delivered_share: float
    over_kwh: float
    peak_kw: float
    peak_after_kw: float


@dataclass(slots=True)
class MeterWatch:
    """A `drive.Watcher` that keeps the true power at the meter, minute by minute."""

    _times: list[datetime] = field(default_factory=list, init=False)
    _kw: list[float] = field(default_factory=list, init=False)

    def saw(self, truth: Truth, seconds: float) -> None:
        """Keep what was drawn in the seconds that end now."""
        self._times.append(truth.time - timedelta(seconds=seconds))
        self._kw.append(truth.facility_kw)

    def wrote(self, time: datetime, key: Key, before: float | None, after: float) -> None:
        """Take no notice."""

    def refused(self, time: datetime, key: Key, value: float, reason: str) -> None:
        """Take no notice."""

    def means(self) -> pd.Series:
        """Return the means of five minutes by their beginnings, UTC."""
        index = pd.DatetimeIndex(pd.to_datetime(self._times, utc=True))
        return pd.Series(self._kw, index=index).resample(STEP).mean()


def delivered(
    meter_kw: pd.Series, calls: Sequence[GridCall], baselines: Sequence[Sequence[FrozenBaseline]], ramp: timedelta
) -> list[Delivered]:
    """Return what was delivered of each call by each of its baselines, after its ramp."""
    return [_delivered(meter_kw, call, one, ramp) for call, each in zip(calls, baselines, strict=True) for one in each]


def _delivered(meter_kw: pd.Series, call: GridCall, baseline: FrozenBaseline, ramp: timedelta) -> Delivered:
    slots = pd.date_range(pd.Timestamp(call.start + ramp), pd.Timestamp(call.end), freq=STEP, inclusive="left")
    base, drawn = (
        series.reindex(slots.tz_convert("UTC")).to_numpy(dtype=float) for series in (baseline.course, meter_kw)
    )
    excess_share = np.maximum(drawn - (base - call.kw), 0.0) / base.mean()
    less_kw = base - drawn
    after = meter_kw[(meter_kw.index >= call.end) & (meter_kw.index < call.end + AFTER)]
    return Delivered(
        start=call.start.isoformat(),
        baseline=baseline.method,
        hours=(call.end - call.start) / timedelta(hours=1),
        asked_kw=call.kw,
        baseline_kw=float(base.mean()),
        excess_p95_share=float(np.quantile(excess_share, 0.95)),
        excess_most_share=float(excess_share.max()),
        near_share=float((excess_share <= NEAR).mean()),
        mean_less_kw=float(less_kw.mean()),
        delivered_share=float(np.clip(less_kw, 0.0, call.kw).mean() / call.kw),
        over_kwh=float(np.maximum(less_kw - call.kw, 0.0).sum() * (STEP / timedelta(hours=1))),
        peak_kw=float(drawn.max()),
        peak_after_kw=float(after.max()) if len(after) else float("nan"),
    )
