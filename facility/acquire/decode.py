"""Raw numbers to canonical values with a quality, for all points of a device at once. Pure.

A value that the device says it does not have (a sentinel, NaN, an SNMP exception) or that cannot be decoded is BAD and NaN;
one that is decoded but impossible keeps its value and is OUT_OF_RANGE.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from facility.acquire.columns import BAD_CODE, OUT_OF_RANGE_CODE, STALE_CODE, Columns
from facility.profile import ProfilePoint
from facility.records import FloatArray
from facility.units import canonical

_OUT_OF_RANGE = np.uint8(OUT_OF_RANGE_CODE)


class Told(NamedTuple):
    """What a device says of a point's numbers, beyond its profile: a factor on them, and their unit."""

    factor: float = 1.0
    unit: str | None = None  # None: as the profile says


class Scaling:
    """The way of a device's points from raw to canonical, worked out once: polling takes it every few seconds for years."""

    __slots__ = ("_high", "_intercept", "_invalid", "_low", "_slope")

    def __init__(self, points: Sequence[ProfilePoint], told: Mapping[int, Told] | None = None) -> None:
        lines = [_line(point, (told or {}).get(at, Told())) for at, point in enumerate(points)]
        self._slope = np.array([slope for slope, _ in lines])
        self._intercept = np.array([intercept for _, intercept in lines])
        low, high = np.array([point.range for point in points], dtype=np.float64).reshape(-1, 2).T
        slack = 1e-9 * (high - low)  # 1100 x 0.1 % is not more than 1.1
        self._low, self._high = low - slack, high + slack
        self._invalid = _sentinel_rows([sentinels(point) for point in points])

    def judge(self, columns: Columns) -> None:
        """Fill in the values and quality of columns from what is raw and answered."""
        raw = columns.raw
        values = raw * self._slope + self._intercept
        quality = ((values < self._low) | (values > self._high)).view(np.uint8) * _OUT_OF_RANGE
        missing = ~np.isfinite(values)
        for row in self._invalid:
            missing |= raw == row
        if missing.any():
            quality[missing] = BAD_CODE
            values[missing] = np.nan
        if not columns.answered.all():
            quality[~columns.answered] = STALE_CODE
        columns.values, columns.quality = values, quality


def _line(point: ProfilePoint, told: Told) -> tuple[float, float]:
    _, factor, shift = canonical(told.unit or point.unit)
    return point.scale * told.factor * factor, point.offset * factor + shift


def _sentinel_rows(invalid: Sequence[frozenset[float]]) -> tuple[FloatArray, ...]:
    """Return the sentinels as rows with one entry a point, NaN where a point has no more of them."""
    longest = max(map(len, invalid), default=0)
    table = np.full((longest, len(invalid)), np.nan)
    for at, values in enumerate(invalid):
        table[: len(values), at] = sorted(values)
    return tuple(table)


def sentinels(point: ProfilePoint) -> frozenset[float]:
    """Return the raw values that mean "no value", as the point's type holds them."""
    return frozenset(_float32(value) if point.type == "float32" else float(value) for value in point.invalid)


def _float32(value: float) -> float:
    try:
        return float(struct.unpack(">f", struct.pack(">f", value))[0])
    except OverflowError:
        return math.inf


def number_in(text: bytes) -> float:
    """Return the number that a short text holds, such as `b" 21.5"`; NaN if it holds anything else."""
    if len(text) > 40:
        return math.nan
    try:
        return float(text.strip(b"\0 \t\r\n").decode("ascii"))
    except ValueError:
        return math.nan
