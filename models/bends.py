"""Where courses bend: between such steps they are straight, but for a tolerance."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int_]


def bends(courses: FloatArray, tolerance: FloatArray, reach: FloatArray) -> IntArray:
    """Return steps, first and last among them, between which straight lines keep within a tolerance of courses.

    Parameters
    ----------
    courses
        Several, side by side, (T, courses), T >= 1.
    tolerance
        Of each course, (courses,), > 0.
    reach
        How far each may go between two of those steps, (courses,), where there are steps between.

    References
    ----------
    Ramer, An iterative procedure for the polygonal approximation of plane curves, 1972; Douglas and Peucker, 1973.
    """
    last = len(courses) - 1
    scaled, kept, spans = courses / tolerance, {0, last}, [(0, last)]
    while spans:
        begin, end = spans.pop()
        if end - begin < 2:
            continue
        part = (np.arange(begin + 1, end) - begin)[:, None] / (end - begin)
        line = scaled[begin] + part * (scaled[end] - scaled[begin])
        off = np.abs(scaled[begin + 1 : end] - line).max(axis=1)
        bent, far = off.max() > 1.0, (np.abs(courses[end] - courses[begin]) > reach).any()
        if bent or far:
            middle = begin + 1 + int(off.argmax()) if bent else (begin + end) // 2
            kept.add(middle)
            spans += [(begin, middle), (middle, end)]
    return np.array(sorted(kept))


def neighbours(kept: IntArray) -> tuple[IntArray, IntArray, FloatArray]:
    """Return for each step the places of those kept before and after it, and its part of the way between; (T,) each.

    `kept` rises, and holds the first step and the last. A step that is kept is its own neighbour.
    """
    steps = np.arange(kept[-1] + 1)
    right = np.searchsorted(kept, steps)
    left = np.maximum(right - (kept[right] > steps), 0)
    return left, right, (steps - kept[left]) / np.maximum(kept[right] - kept[left], 1)
