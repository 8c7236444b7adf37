"""Convex pieces below a sampled curve, a chord above it; vectorised over leading axes, samples along the last."""

from __future__ import annotations

import itertools

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

_DECIDING = 32  # of the first axis: steps of a plan
_NEVER = 1e15  # stands for "infeasible" where infinity times zero would give NaN


def feasible_run(feasible: BoolArray) -> BoolArray:
    """Return the longest run of feasible samples (the lowest one among equals)."""
    length: npt.NDArray[np.int_] = np.zeros(feasible.shape[:-1], int)
    best_length, best_end = np.zeros_like(length), np.full_like(length, -1)
    for last in range(feasible.shape[-1]):
        length = np.asarray(np.where(feasible[..., last], length + 1, 0))
        longer = length > best_length
        best_length, best_end = np.where(longer, length, best_length), np.where(longer, last, best_end)
    k = np.arange(feasible.shape[-1])
    inside: BoolArray = (k <= best_end[..., None]) & (k > (best_end - best_length)[..., None])
    return inside


def lower_envelope(part: FloatArray, value: FloatArray) -> FloatArray:
    """Return the lower convex envelope at the samples.

    Parameters
    ----------
    part
        Sample positions (N,), increasing; the same for all curves.
    value
        Values (..., N); infinite where there is none (the envelope is then infinite outside the finite run).

    Returns
    -------
    FloatArray
        Envelope (..., N).
    """
    by_sample = np.moveaxis(np.where(np.isfinite(value), value, _NEVER), -1, 0)
    finite, envelope = np.ascontiguousarray(by_sample), np.array(by_sample, order="C")
    for i, k in itertools.combinations(range(part.size), 2):
        for j in range(i + 1, k):
            weight = (part[k] - part[j]) / (part[k] - part[i])
            envelope[j] = np.minimum(envelope[j], weight * finite[i] + (1 - weight) * finite[k])
    return np.where(np.isfinite(value), np.moveaxis(envelope, 0, -1), np.inf)


def fewest_pieces(
    heat: FloatArray, envelope: FloatArray, power: FloatArray, feasible: BoolArray, tolerance: float
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return slopes, intercepts (..., K) and the largest distance to the curve (...), with the fewest pieces K.

    K is the same for all curves. A curve uses K of the segments of its envelope, evenly spread; K grows until 99 % of the
    curves keep the tolerance beyond what all segments would leave. Where there are many, some of them decide.
    """
    slope, intercept = _segments(heat, envelope, feasible)
    some = slice(None, None, max(1, len(heat) // _DECIDING))
    chosen = _fewest((heat[some], power[some], feasible[some]), slope[some], intercept[some], tolerance)
    a, b = slope[..., chosen], intercept[..., chosen]
    return a, b, _distance(heat, power, feasible, a, b)


def _fewest(
    curve: tuple[FloatArray, FloatArray, BoolArray], slope: FloatArray, intercept: FloatArray, tolerance: float
) -> npt.NDArray[np.intp]:
    """Return the fewest segments that keep the tolerance, of curves in heat, power and where they are feasible."""
    heat, power, feasible = curve
    count, least = slope.shape[-1], _distance(heat, power, feasible, slope, intercept)
    for pieces in range(1, count):
        chosen = np.unique(np.round(np.linspace(0, count - 1, pieces)).astype(int)) if pieces > 1 else [count // 2]
        error = _distance(heat, power, feasible, slope[..., chosen], intercept[..., chosen])
        known = (error - least)[feasible.any(axis=-1)]
        if known.size == 0 or np.quantile(known, 0.99) <= tolerance:
            return np.asarray(chosen)
    return np.arange(count)


def upper_chord(heat: FloatArray, power: FloatArray, feasible: BoolArray) -> tuple[FloatArray, FloatArray]:
    """Return slope and intercept of the line through the ends of the feasible run, lifted to lie above every sample."""
    last = heat.shape[-1] - 1
    first_at = np.argmax(feasible, axis=-1)[..., None]
    last_at = last - np.argmax(feasible[..., ::-1], axis=-1)[..., None]
    known = np.where(feasible, power, 0.0)
    rise = np.take_along_axis(known, last_at, -1) - np.take_along_axis(known, first_at, -1)
    run = np.take_along_axis(heat, last_at, -1) - np.take_along_axis(heat, first_at, -1)
    slope = np.where(run > 0, rise / np.where(run > 0, run, 1.0), 0.0)
    lift = np.where(feasible, power - slope * heat, -np.inf).max(axis=-1)
    return slope[..., 0], np.where(feasible.any(axis=-1), lift, 0.0)


def fitted_line(heat: FloatArray, values: FloatArray, feasible: BoolArray) -> tuple[FloatArray, FloatArray]:
    """Return slope and intercept of the least-squares line through the feasible samples; 0 where there is none."""
    count = np.maximum(feasible.sum(axis=-1, keepdims=True), 1)
    known = np.where(feasible, values, 0.0)
    middle, level = (np.where(feasible, one, 0.0).sum(axis=-1, keepdims=True) / count for one in (heat, known))
    apart = np.where(feasible, heat - middle, 0.0)
    spread = (apart**2).sum(axis=-1)
    slope = np.where(spread > 0, (apart * known).sum(axis=-1) / np.where(spread > 0, spread, 1.0), 0.0)
    return slope, level[..., 0] - slope * middle[..., 0]


def _segments(heat: FloatArray, envelope: FloatArray, feasible: BoolArray) -> tuple[FloatArray, FloatArray]:
    """Return the lines of the envelope's segments (..., N-1); outside the run, the nearest segment's line again."""
    known = np.where(feasible, envelope, 0.0)
    width = np.diff(heat, axis=-1)
    inside = feasible[..., :-1] & feasible[..., 1:] & (width > 0)
    slope = np.where(inside, np.diff(known, axis=-1) / np.where(inside, width, 1.0), 0.0)
    intercept = known[..., :-1] - slope * heat[..., :-1]
    nearest = _nearest(inside)
    slope = np.take_along_axis(slope, nearest, -1)
    intercept = np.take_along_axis(intercept, nearest, -1)
    alone = np.where(feasible, envelope, -np.inf).max(axis=-1)  # a run of one sample: a level line through it
    single = ~inside.any(axis=-1, keepdims=True) & feasible.any(axis=-1, keepdims=True)
    return np.where(single, 0.0, slope), np.where(single, alone[..., None], intercept)


def _nearest(inside: BoolArray) -> npt.NDArray[np.intp]:
    """Return for each segment the index of the nearest one inside the run (itself where inside)."""
    count = inside.shape[-1]
    first = np.argmax(inside, axis=-1)[..., None]
    last = count - 1 - np.argmax(inside[..., ::-1], axis=-1)[..., None]
    return np.clip(np.arange(count), first, np.maximum(first, last))


def _distance(
    heat: FloatArray, power: FloatArray, feasible: BoolArray, slope: FloatArray, intercept: FloatArray
) -> FloatArray:
    """Return the largest distance between samples and pieces along the run, 0 where there is none."""
    slopes, intercepts = (np.ascontiguousarray(np.moveaxis(one, -1, 0)) for one in (slope, intercept))
    worst = np.zeros(power.shape[:-1])
    for n in range(power.shape[-1]):  # numpy is slow at few, side by side
        pieces = np.full(worst.shape, -np.inf)
        for a, b in zip(slopes, intercepts, strict=True):
            np.maximum(pieces, a * heat[..., n] + b, out=pieces)
        np.maximum(worst, np.where(feasible[..., n], np.abs(power[..., n] - pieces), 0.0), out=worst)
    return worst
