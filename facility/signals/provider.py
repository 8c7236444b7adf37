"""What a provider of signals is: it is asked for some hours, and answers with series that have a time of issue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

import numpy as np
import pandas as pd

from facility.errors import SignalError

PAST = timedelta(days=1)  # asked for too: what lies beyond the end of an issue takes the value of a day before
_FINEST, _LONGEST = pd.Timedelta(minutes=5), 10_000


@dataclass(frozen=True, slots=True)
class Window:
    """Hours that are wanted, UTC; whole days, so that the same question is asked all day and may be answered by `unchanged`."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Issue:
    """A series as published: index UTC, regular, NaN for gaps; `issued` when the provider says so itself."""

    quantity: str
    series: pd.Series
    issued: datetime | None = None


class Provider(Protocol):
    """A source of one or more quantities."""

    @property
    def name(self) -> str:
        """Which provider, and what of it: two with the same name give the same."""
        ...

    @property
    def quantities(self) -> Sequence[str]:
        """What it gives."""
        ...

    def fetch(self, window: Window) -> Sequence[Issue]:
        """Return what is published now for a window, as much of it as there is.

        Raises
        ------
        facility.errors.SignalError
            If it does not answer, refuses, or answers what its format does not allow.
        facility.errors.SecretError
            If its key cannot be read.
        """
        ...


def window_at(now: datetime, ahead: timedelta) -> Window:
    """Return the whole UTC days around a time that reach `PAST` back and `ahead` forward."""
    day = timedelta(days=1)
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return Window(midnight - PAST, midnight + day * (1 + -(-ahead // day)))


def regular(values: pd.Series, step: pd.Timedelta, source: str) -> pd.Series:
    """Return a series at every step from its first to its last time, NaN where it has none.

    Raises
    ------
    SignalError
        If it is empty, has a time twice with different values, or times off the step.
    """
    values = values[~(values.index.duplicated() & values.duplicated().to_numpy())].sort_index()
    if values.empty:
        raise SignalError(f"{source}: answered with no values")
    if values.index.has_duplicates:
        raise SignalError(f"{source}: two values for {values.index[values.index.duplicated()][0]:%Y-%m-%d %H:%M} UTC")
    if step < _FINEST or (values.index[-1] - values.index[0]) / step > _LONGEST:
        raise SignalError(f"{source}: too many steps of {step}")
    whole = pd.date_range(values.index[0], values.index[-1], freq=step)
    if not values.index.isin(whole).all():
        raise SignalError(f"{source}: its times are not {step / pd.Timedelta(minutes=1):g} min apart")
    return values.reindex(whole)


def usual_step(times: pd.DatetimeIndex) -> pd.Timedelta:
    """Return the shortest distance between times; an hour where there is only one."""
    apart = np.diff(np.unique(times.as_unit("ns").asi8))
    return pd.Timedelta(int(apart.min()), unit="ns") if apart.size else pd.Timedelta(hours=1)
