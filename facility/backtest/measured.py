"""What was really done, measured by step: setpoints, modes, work, charging, and the meter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
import numpy.typing as npt
import pandas as pd

from facility.errors import NotEnoughDataError
from facility.learn.metered import joined_feeds
from facility.points import Point
from facility.ports import Telemetry
from facility.records import FloatArray
from facility.site_file import LoadedSite

LEAST_KNOWN_FRAC = 0.75  # of the steps of a window, for each quantity
LEAST_WHOLE_FRAC = 0.5  # of the steps, with everything measured: what was beyond the models is seen in no others


@dataclass(slots=True)
class Measured:
    """Readings of the steps of a window.

    Gaps take the value before them, or after where there is none, so that a day can be modelled although a device was away for
    some hours; `known` marks the steps in which all that was asked for so far had been read.
    """

    loaded: LoadedSite
    telemetry: Telemetry
    start: datetime
    end: datetime
    known: npt.NDArray[np.bool_] = field(init=False)

    def __post_init__(self) -> None:
        self.known = np.ones(len(self.steps), dtype=bool)

    @property
    def steps(self) -> pd.DatetimeIndex:
        """Begins of the steps."""
        step = self.loaded.site.step
        return pd.date_range(self.start, self.end - step, freq=step)

    def mean(self, key: str) -> FloatArray:
        """Return means by step of an `equipment.quantity`, several feeds as one.

        Raises
        ------
        NotEnoughDataError
            If no device measures it, or in too few steps.
        """
        found = self.points(key)
        frame = self.telemetry.read([one.id for one in found], self.start, self.end, self.loaded.site.step)
        return self.course(key, joined_feeds(frame, found) if found else pd.Series(dtype=float))

    def state(self, key: str) -> FloatArray:
        """Return the last value of each step, for modes and counts, of which a mean says nothing; see `mean`."""
        found = self.points(key)
        raw = self.telemetry.read([one.id for one in found], self.start, self.end)
        last = raw[found[0].id].resample(self.loaded.site.step).last() if found else pd.Series(dtype=float)
        return self.course(key, last.round())

    def course(self, name: str, values: pd.Series) -> FloatArray:
        """Return values by step, gaps filled, and take note of them.

        Raises
        ------
        NotEnoughDataError
            If too few steps have a value.
        """
        found = values.reindex(self.steps)
        known = found.notna().to_numpy(bool)
        if known.mean() < LEAST_KNOWN_FRAC:
            raise NotEnoughDataError(
                [f"{name} in {LEAST_KNOWN_FRAC:.0%} of the steps; it was measured in {known.mean():.0%}"]
            )
        self.known &= known
        if self.known.mean() < LEAST_WHOLE_FRAC:
            raise NotEnoughDataError(
                [f"{LEAST_WHOLE_FRAC:.0%} of the steps measured in full; with {name} they are fewer"]
            )
        return found.ffill().bfill().to_numpy(float)

    def points(self, key: str) -> Sequence[Point]:
        """Return the points of an `equipment.quantity`."""
        return self.loaded.points.of(*key.split(".", maxsplit=1))
