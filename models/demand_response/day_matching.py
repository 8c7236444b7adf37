"""Baselines from days like that of the event: the mean of all of them, or of the highest, adjusted to the day itself.

The adjustment is the ratio of what was drawn to what the same days drew, over some hours that end before the site knew of the
event: what is drawn afterwards may have been changed for it. It is capped.

Sources
-------
California ISO, "Business Practice Manual for Demand Response": ten of ten, ratio over three hours, within 0.8 and 1.2.
NYISO, "Emergency Demand Response Program Manual": the highest five of ten by the mean over the event.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.demand_response.like_days import FloatArray, LikeDays

LEAST_DAYS = 3  # of fewer a baseline tells more of these days than of the site


class TooFewDaysError(ValueError):
    """There are not enough days to compare with; the message says how many, and why others were left out."""


def mean_of_days(days: LikeDays) -> FloatArray:
    """Return the mean of all days, one value a slot; raise `TooFewDaysError` where there are too few."""
    _refuse_few(days)
    return np.asarray(days.power_kw.mean(axis=0))


def highest_of_days(days: LikeDays, chosen: int) -> npt.NDArray[np.int64]:
    """Return the rows of the days with the highest means, newest first among equals, as indices of `days`."""
    _refuse_few(days)
    return np.argsort(-days.power_kw.mean(axis=1), kind="stable")[:chosen]


def _refuse_few(days: LikeDays) -> None:
    if len(days.days) < min(LEAST_DAYS, days.wanted):
        why = (
            ", ".join(f"{day}: {reason}" for day, reason in list(days.left_out.items())[:10]) or "there are none before"
        )
        raise TooFewDaysError(f"{len(days.days)} like days of {days.wanted} ({why})")


@dataclass(frozen=True, slots=True)
class Ratio:
    """What a baseline is multiplied by, and what it would have been without its cap; `why` where there is none."""

    factor: float
    uncapped: float
    why: str = ""


def day_ratio(measured_kw: FloatArray, usual_kw: FloatArray, most_frac: float) -> Ratio:
    """Return the adjustment from a window before the notice: measured over usual power, within 1 less and more `most_frac`."""
    if measured_kw.size == 0 or np.isnan(measured_kw).any() or not usual_kw.mean() > 0.0:
        return Ratio(1.0, 1.0, "readings before the notice are missing")
    uncapped = float(measured_kw.mean() / usual_kw.mean())
    return Ratio(float(np.clip(uncapped, 1.0 - most_frac, 1.0 + most_frac)), uncapped)


def window(ends: pd.Timestamp, hours: float, step: pd.Timedelta) -> pd.DatetimeIndex:
    """Return the beginnings of the whole steps within some hours before a time."""
    last = ends.floor(step)
    return pd.date_range(last - pd.Timedelta(hours=hours), last, freq=step, inclusive="left")
