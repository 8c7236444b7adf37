"""The readings that a check looks at: the good ones, and of points that are not believed also what was flagged for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from facility.ports import Telemetry
from facility.records import Finding, Quality
from facility.trust.verdict import STEP

GAPS_FRAC = 0.1  # of a window, beyond which a point is looked at for values out of range
SPOKEN = (Quality.GOOD, Quality.SUSPECT, Quality.OUT_OF_RANGE)  # with a value that the device gave


@dataclass(frozen=True, slots=True)
class Readings:
    """Reads means over `STEP` of some points, a column each.

    Points of `known` findings are read whatever their flag: only so can they be seen to be right again.
    `hear_impossible` also takes values out of range, of points that are often without a good one.
    """

    telemetry: Telemetry
    points: Sequence[str]
    known: Sequence[Finding]
    hear_impossible: bool = False

    def window(self, at: datetime, length: timedelta) -> pd.DataFrame:
        """Return what was read in a length of time up to `at`.

        With known findings, as long a time before the first of them stands ahead of it: what is usual is what was usual then.
        """
        start = _floor(at - length)
        frame = self.between(start, at)
        began = _floor(min((finding.since for finding in self.known if finding.point in frame), default=at))
        past = _floor(began - length)
        if began == _floor(at) or past >= start:
            return frame
        return pd.concat([self.between(past, min(began, start)), frame])

    def between(self, start: datetime, end: datetime) -> pd.DataFrame:
        """Return what was read from `start`, a multiple of `STEP`, to before `end`."""
        frame = self.telemetry.read(self.points, start, end, STEP)
        often = frame.isna().to_numpy(bool).mean(axis=0) > GAPS_FRAC if len(frame) else np.zeros(frame.shape[1], bool)
        mute = [str(point) for point in frame.columns[often] if self.hear_impossible]
        wanted = list(dict.fromkeys([*(finding.point for finding in self.known if finding.point in frame), *mute]))
        if wanted:
            frame[wanted] = self._spoken(wanted, start, end).reindex(index=frame.index, columns=wanted)
        return frame

    def _spoken(self, points: Sequence[str], start: datetime, end: datetime) -> pd.DataFrame:
        rows = self.telemetry.read_rows(points, start, end)
        rows = rows[rows["quality"].isin(SPOKEN) & np.isfinite(rows["value"])]
        rows = pd.DataFrame({"point": rows["point"], "step": rows["time"].dt.floor(STEP), "value": rows["value"]})
        return rows.pivot_table(index="step", columns="point", values="value", aggfunc="mean")


def _floor(time: datetime) -> datetime:
    floored: datetime = pd.Timestamp(time).floor(STEP).to_pydatetime()
    return floored
