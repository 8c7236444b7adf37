"""What the table holds after polling: whether it is what the devices said, and how many readings came later than their interval.

Late is what is missing: where two good readings of a point lie more than one and a half intervals apart, each whole interval
(rounded) beyond the first counts as one late reading. The window's ends count as readings, so that a silence at its end is seen; a
point without any reading is late in all intervals.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from deltalake import DeltaTable

from facility.records import FloatArray, Quality
from facility.state import StateFolder
from tools.bench.poll_fleet import SCALE, WOBBLES, Fleet, is_faulty, least_raw
from tools.bench.poll_site import point_ids

Int64Array = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Window:
    """Whole intervals between two times."""

    begun_us: int
    ended_us: int
    interval_us: int

    @property
    def intervals(self) -> int:
        """How many readings a point should have in it."""
        return round((self.ended_us - self.begun_us) / self.interval_us)


@dataclass(frozen=True, slots=True)
class Stored:
    """The readings of a run, of the devices that are meant to be well."""

    good: int  # of good quality, in the whole run
    others: int  # stale, bad or out of range, in the whole run
    wrong: int  # good, but with a value that the device never had
    late_share: float  # of the readings expected in the window


def stored(fleet: Fleet, state: StateFolder, window: Window, *, faulty: bool) -> Stored:
    """Read the whole table; with `faulty`, the devices that misbehave are left out."""
    code, time_us, value, quality = _rows(fleet, state, faulty=faulty)
    good = quality == Quality.GOOD
    devices = [device for device in range(fleet.devices) if not (faulty and is_faulty(device))]
    least = np.concatenate(
        [[least_raw(device, point) for point in range(fleet.points_of(device))] for device in devices]
    )
    beyond = value[good] / SCALE - least[code[good]]
    wrong = (beyond < -0.5) | (beyond > WOBBLES - 0.5)
    late = late_readings(code[good], time_us[good], len(least), window)
    return Stored(int(good.sum()), int((~good).sum()), int(wrong.sum()), late / (len(least) * window.intervals))


def _rows(
    fleet: Fleet, state: StateFolder, *, faulty: bool
) -> tuple[Int64Array, Int64Array, FloatArray, npt.NDArray[np.int8]]:
    """Return the rows of the devices that are meant to be well; a code is a point's place among theirs, in order."""
    table = DeltaTable(state.table).to_pyarrow_table(columns=["point", "time", "value", "quality"])
    devices = [device for device in range(fleet.devices) if not (faulty and is_faulty(device))]
    places = {
        name: place
        for place, name in enumerate(name for device in devices for name in point_ids(device, fleet.points_of(device)))
    }
    encoded = table["point"].combine_chunks().dictionary_encode()
    code = np.array([places.get(name, -1) for name in encoded.dictionary.to_pylist()], np.int64)
    code = code[encoded.indices.to_numpy()]
    time_us, value, quality = (
        table["time"].cast("int64").to_numpy(),
        table["value"].to_numpy(),
        table["quality"].to_numpy(),
    )
    meant = code >= 0
    return code[meant], time_us[meant], value[meant], quality[meant]


def late_readings(code: Int64Array, time_us: Int64Array, points: int, window: Window) -> int:
    """Return how many readings are late; `code` numbers the points from 0."""
    inside = (time_us >= window.begun_us) & (time_us < window.ended_us)
    code, time_us = code[inside], time_us[inside]
    everyone, seen = np.arange(points), np.unique(code)
    ends = np.full(points, window.begun_us), np.full(points, window.ended_us)
    code, time_us = np.concatenate([code, everyone, everyone]), np.concatenate([time_us, *ends])
    order = np.lexsort((time_us, code))
    gaps = np.diff(time_us[order])[np.diff(code[order]) == 0]
    late = np.maximum(0, np.floor(gaps / window.interval_us + 0.5).astype(np.int64) - 1)
    return int(late.sum()) + points - len(seen)
