"""Search by simulation: one run tries a change in every window at once, and each window keeps what made it cheaper."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from facility.records import FloatArray
from tools.closed_loop.appraisal import WINDOW, Appraisal, Stage
from tools.closed_loop.drive import CONTROL_EVERY
from tools.closed_loop.levers import Lever

INTERVALS = round(WINDOW / CONTROL_EVERY)  # control intervals a window
CHECK_EVERY = 4  # tries between runs of what was kept
LEAST_GAIN = 0.002  # of a window's score, in the site's currency: less is noise
GROW, SHRINK, SHORTEST, LONGEST = 1.4, 0.5, 0.12, 3.0
CURIOSITY = 0.1  # a move that waits for a turn gains so much of the mean worth each turn


@dataclass(slots=True)
class Move:
    """Levers that are tried together, each by its step times its weight; every window has its own stride."""

    parts: Sequence[tuple[Lever, float]]
    strides: FloatArray
    worth: float = np.inf  # what the last try gained, and more for waiting; untried ones go first

    def applied(self, keys: Sequence[tuple[str, str]], values: FloatArray) -> FloatArray:
        """Return values with the levers moved in every window, within their limits."""
        moved, strides = values.copy(), np.repeat(self.strides, INTERVALS)[: values.shape[1]]
        for lever, weight in self.parts:
            rows = [index for index, key in enumerate(keys) if key in lever.keys]
            stride = np.sign(strides) if lever.whole else strides
            now = moved[rows]
            wanted = np.clip(now + weight * lever.step * stride, lever.low, lever.high)
            outside = ((now < lever.low) & (wanted <= lever.low)) | ((now > lever.high) & (wanted >= lever.high))
            moved[rows] = np.where(outside, now, wanted)
        return moved

    def learn(self, kept: npt.NDArray[np.bool_]) -> None:
        """Go further where it helped; turn round, and go less far, where it did not."""
        strides = self.strides * np.where(kept, GROW, -SHRINK)
        self.strides = np.where(strides < 0, -1.0, 1.0) * np.clip(np.abs(strides), SHORTEST, LONGEST)


class Search:
    """The best run so far, and what windows have kept since."""

    def __init__(self, stage: Stage, best: Appraisal, moves: Sequence[Move]) -> None:
        self._stage, self.best, self._moves = stage, best, moves
        self._values, self._scores = best.schedule.values, best.window_scores
        self._tries = 0

    def try_next(self) -> None:
        """Try the move that promises most; now and then run what was kept instead."""
        if self._tries >= CHECK_EVERY:
            self._check()
            return
        move = max(self._moves, key=lambda one: one.worth)
        gain, kept = self.try_values(move.applied(self.best.schedule.keys, self._values))
        move.learn(kept)
        known = [one.worth for one in self._moves if np.isfinite(one.worth)]
        for other in self._moves:
            other.worth += CURIOSITY * float(np.mean(known)) if known else 0.0
        move.worth = gain

    def try_values(self, values: FloatArray) -> tuple[float, npt.NDArray[np.bool_]]:
        """Run some values; keep the windows that got cheaper. Return the sum of their gains, and which they are."""
        self._tries += 1
        found = self._stage.appraise(self.best.schedule.with_values(values))
        gains = self._scores - found.window_scores
        kept = gains > LEAST_GAIN
        self._values = _mixed(kept, values, self._values)
        self._scores = np.where(kept, found.window_scores, self._scores)
        self._note(found)
        return float(gains[kept].sum()), kept

    def consider(self, found: Appraisal) -> None:
        """Go on from a run that somebody else thought up, if it is better."""
        if found.score < self.best.score:
            self._start_from(found)

    def _check(self) -> None:
        """Run what was kept. Where that is no better than the best run, keep only the windows in which it is."""
        self._tries = 0
        if np.array_equal(self._values, self.best.schedule.values, equal_nan=True):
            self._start_from(self.best)
            return
        found = self._stage.appraise(self.best.schedule.with_values(self._values))
        before = self.best
        self._note(found)
        if found is self.best:
            self._start_from(found)
            return
        better = found.window_scores < before.window_scores - LEAST_GAIN
        self._values = _mixed(better, self._values, self.best.schedule.values)
        self._scores = np.where(better, found.window_scores, self.best.window_scores)

    def _note(self, found: Appraisal) -> None:
        if found.score < self.best.score:
            self.best = found

    def _start_from(self, found: Appraisal) -> None:
        self.best, self._values, self._scores, self._tries = found, found.schedule.values, found.window_scores, 0


def _mixed(windows: npt.NDArray[np.bool_], chosen: FloatArray, otherwise: FloatArray) -> FloatArray:
    """Return the chosen values in some windows, the others elsewhere."""
    columns = np.repeat(windows, INTERVALS)[: chosen.shape[1]]
    return np.where(columns, chosen, otherwise)
