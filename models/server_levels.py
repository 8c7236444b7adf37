"""Power of alike servers that share work, at one clock frequency or several.

Work is counted in servers of full speed, fully used. It is steered to where the next of it takes the fewest watts, so that power
is convex in awake servers and work together, and what a mixture of levels or loads could reach is reached.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.convex_pieces import lower_envelope

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class ServerLevel:
    """A clock frequency.

    Attributes
    ----------
    throughput_frac
        Work of a fully used server over that at full speed [-].
    utilisation_frac, power_w
        Points of power [W] against utilisation [-], (K,), rising, from 0 to 1.
    """

    throughput_frac: float
    utilisation_frac: FloatArray
    power_w: FloatArray

    @property
    def idle_w(self) -> float:
        """Power without work."""
        return float(self.power_w[0])

    def segments(self) -> tuple[FloatArray, FloatArray]:
        """Return slopes [W per server of work] and widths [servers of work] of the convex hull of one server's power."""
        hull = lower_envelope(self.utilisation_frac, self.power_w)
        width = np.diff(self.utilisation_frac) * self.throughput_frac
        return np.diff(hull) / width, width


@dataclass(frozen=True, slots=True, eq=False)
class Segments:
    """Segments of all levels in the order in which work fills them: level, slope [W] and width [servers of work], (K,)."""

    level: npt.NDArray[np.int64]
    slope_w: FloatArray
    width: FloatArray

    @classmethod
    def of(cls, levels: Sequence[ServerLevel]) -> Segments:
        """Put the segments of some levels in order."""
        slopes, widths = zip(*(level.segments() for level in levels), strict=True)
        owner = np.repeat(np.arange(len(levels)), [len(slope) for slope in slopes])
        slope, width = np.concatenate(slopes), np.concatenate(widths)
        order = np.argsort(slope, kind="stable")
        return cls(owner[order], slope[order], width[order])


def pool_power_w(levels: Sequence[ServerLevel], awake: FloatArray, busy: FloatArray) -> FloatArray:
    """Return the power of awake servers [W].

    Parameters
    ----------
    levels
        The frequencies.
    awake
        Servers awake at each level (L, ...).
    busy
        Work [servers of full speed], (...). What exceeds the servers' capacity counts at the dearest slope.
    """
    segments = Segments.of(levels)
    idle_w = np.array([level.idle_w for level in levels])
    room = awake[segments.level] * segments.width.reshape(-1, *[1] * busy.ndim)
    room[-1] = np.inf
    before = np.concatenate([np.zeros((1, *busy.shape)), np.cumsum(room[:-1], axis=0)])
    served = np.clip(busy - before, 0.0, room)
    return np.asarray(np.tensordot(idle_w, awake, axes=1) + np.tensordot(segments.slope_w, served, axes=1))
