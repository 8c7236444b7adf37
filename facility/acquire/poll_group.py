"""Points of a device that are polled at the same interval: read together, judged together, delivered as one batch."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

import numpy as np

from facility.acquire.client import DeviceClient
from facility.acquire.columns import BAD_CODE, OUT_OF_RANGE_CODE, SUSPECT_CODE, Columns
from facility.acquire.plausible import Plausibility
from facility.points import Point
from facility.profile import ProfilePoint
from facility.records import ReadingBatch


class PollGroup:
    """One interval of a device, and when it is due."""

    def __init__(self, points: Sequence[Point], specs: Sequence[ProfilePoint], client: DeviceClient) -> None:
        self.interval_s = points[0].interval_s
        self.slot = 0.0  # loop time at which it is due next
        self.ids = tuple(point.id for point in points)
        self._reader = client.reader([point.key for point in points])
        self._plausibility = Plausibility(specs)
        self._distrusted = np.empty(0, np.intp)  # positions
        self.columns = Columns.stale(len(points))

    async def read(self) -> None:
        """Read the points into `columns`, which begin as stale; what came before a failure is kept.

        Raises
        ------
        facility.errors.FacilityError
            As `Reader.read` does.
        """
        self.columns = Columns.stale(len(self.ids))
        await self._reader.read(self.columns)

    def forget(self) -> None:
        """Make all points stale."""
        self.columns = Columns.stale(len(self.ids))

    def distrust(self, points: Collection[str]) -> None:
        """From now on, flag the readings of these points as suspect, and no others."""
        self._distrusted = np.array([at for at, point in enumerate(self.ids) if point in points], np.intp)

    def judge(self, now_s: float) -> None:
        """Flag what is possible but not to be believed."""
        self._plausibility.judge(self.columns, now_s)
        if len(self._distrusted):
            quality = self.columns.quality
            quality[self._distrusted[quality[self._distrusted] == 0]] = SUSPECT_CODE

    @property
    def invalid(self) -> Sequence[str]:
        """The points whose device said something that is no valid value."""
        quality = self.columns.quality
        if not quality.any():
            return ()
        return [self.ids[at] for at in np.flatnonzero((quality == BAD_CODE) | (quality == OUT_OF_RANGE_CODE))]

    def batch(self, stamp_us: int, revision: str) -> ReadingBatch:
        """Return the readings under one time stamp."""
        return ReadingBatch(
            points=self.ids,
            time_us=np.full(len(self.ids), stamp_us, np.int64),
            values=self.columns.values,
            quality=self.columns.quality,
            site_revision=revision,
        )


def poll_groups(points: Iterable[Point], specs: Iterable[ProfilePoint], client: DeviceClient) -> tuple[PollGroup, ...]:
    """Return the groups of a device's points, the most frequent first."""
    groups: dict[float, tuple[list[Point], list[ProfilePoint]]] = {}
    for point, spec in zip(points, specs, strict=True):
        group_points, group_specs = groups.setdefault(point.interval_s, ([], []))
        group_points.append(point)
        group_specs.append(spec)
    return tuple(PollGroup(*members, client) for _, members in sorted(groups.items()))
