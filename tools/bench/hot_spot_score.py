"""How well hot spots are foreseen: recall of limits that racks come to pass, and alarms that nothing followed."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

PROBE_K = 0.3  # accuracy of a rack's inlet probe

FORESEEN_STEPS = (12, 9)  # an alarm counts that stood between an hour and three quarters before
_AFTER_STEPS = 15  # an alarm is false when no limit is passed within so many steps of its end


@dataclass(frozen=True, slots=True)
class HotSpots:
    """Counts over racks: how often a limit came to be passed, how often that was foreseen, and alarms that nothing followed.

    Of the latter, `prevented` are those that the site's own protection met before a limit was passed.
    """

    passed: int
    foreseen: int
    false_alarms: int
    prevented: int

    @property
    def recall(self) -> float:
        """Share of the limits passed that was foreseen; NaN where none was passed."""
        return self.foreseen / self.passed if self.passed else math.nan

    def __add__(self, other: HotSpots) -> HotSpots:
        return HotSpots(
            self.passed + other.passed,
            self.foreseen + other.foreseen,
            self.false_alarms + other.false_alarms,
            self.prevented + other.prevented,
        )


NONE = HotSpots(0, 0, 0, 0)


def score_hot_spots(room_k: FloatArray, alarm: BoolArray, counted: BoolArray, protected: BoolArray) -> HotSpots:
    """Return the counts of some racks. What lies nearer to the limit than a probe can tell is neither passed nor false.

    Parameters
    ----------
    room_k
        Limit minus measured inlet [K], (n, racks).
    alarm
        Where a forecast issued then says that it will be, within the hour, (n, racks).
    counted
        Rows in which a limit that comes to be passed counts, (n,).
    protected
        Rows in which the site's own protection drives the CRAHs, (n,).
    """
    total = NONE
    for rack in range(room_k.shape[1]):
        onsets = [row for row in _onsets(room_k[:, rack] < -PROBE_K) if counted[row]]
        far, near = FORESEEN_STEPS
        foreseen = sum(bool(alarm[row - far : row - near + 1, rack].any()) for row in onsets)
        false = [
            bool(protected[begins:ends].any())
            for begins, ends in _unanswered(room_k[:, rack] < PROBE_K, alarm[:, rack])
        ]
        total += HotSpots(len(onsets), foreseen, len(false) - sum(false), sum(false))
    return total


def _onsets(over: BoolArray) -> Sequence[int]:
    """Return rows where a limit comes to be passed after an hour below it."""
    quiet = FORESEEN_STEPS[0]
    return [row for row in range(quiet, len(over)) if over[row] and not over[row - quiet : row].any()]


def _unanswered(near: BoolArray, alarm: BoolArray) -> Iterator[tuple[int, int]]:
    """Yield the rows of alarms, those within an hour of each other being one, that nothing near the limit followed or went with."""
    row = 0
    while row < len(alarm):
        if not alarm[row]:
            row += 1
            continue
        end = row
        while (later := np.flatnonzero(alarm[end + 1 : end + 1 + FORESEEN_STEPS[0]])).size:
            end += 1 + int(later[-1])
        if not near[max(row - 1, 0) : end + 1 + _AFTER_STEPS].any():
            yield row, end + 1 + _AFTER_STEPS
        row = end + 1
