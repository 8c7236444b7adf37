"""Reads some points of a device together: asks for their raw numbers, and scales what came."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from facility.acquire.columns import Columns
from facility.acquire.decode import Scaling, Told
from facility.profile import Place, ProfilePoint
from facility.records import FloatArray

_ASK_AGAIN_S = 3600.0  # a device told its scale; a new firmware, or another unit at its address, may tell another
_MOST_DIGITS = 12
_NONE = 1 << 31  # stands for what is no whole number


class Fetch(Protocol):
    """A protocol's prepared requests for some places."""

    async def __call__(self, raw: FloatArray, answered: npt.NDArray[np.bool_]) -> None:
        """Ask, and fill in by position what the device says; what came before a failure is kept."""
        ...


class Prepare(Protocol):
    """Prepares requests for places, in their order."""

    def __call__(self, places: Sequence[Place]) -> Fetch:
        """Return what asks for them."""
        ...


class Reader:
    """Points that are read together; a call belongs to one task at a time."""

    def __init__(self, points: Sequence[ProfilePoint], scaling: Scaling, fetch: Fetch, prepare: Prepare) -> None:
        self._points = points
        self._scaling = scaling
        self._fetch = fetch
        told = [place for point in points for place in (point.scale_from, point.unit_from) if place is not None]
        self._told = prepare(told) if told else None
        self._told_places = told
        self._told_at = -_ASK_AGAIN_S

    async def read(self, into: Columns) -> None:
        """Read the points; what came before a failure is kept.

        Raises
        ------
        facility.errors.FacilityError
            If the device does not answer, answers nonsense, or its secret cannot be resolved; the message says which.
        """
        try:
            if self._told is not None and time.monotonic() - self._told_at >= _ASK_AGAIN_S:
                await self._learn(self._told)
            await self._fetch(into.raw, into.answered)
        except BaseException:
            self._told_at = -_ASK_AGAIN_S  # another device may answer next
            raise
        finally:
            self._scaling.judge(into)

    async def _learn(self, ask: Fetch) -> None:
        """Ask for the scales that the device itself tells; a point whose scale it does not tell stays bad."""
        raw, answered = np.full(len(self._told_places), np.nan), np.zeros(len(self._told_places), np.bool_)
        await ask(raw, answered)
        heard = iter(raw.tolist())
        told: dict[int, Told] = {}
        for at, point in enumerate(self._points):
            factor, unit = 1.0, None
            if point.scale_from is not None:
                factor = _factor(next(heard), point.scale_from.means == "decimal_digits")
            if point.unit_from is not None:
                unit = point.unit_from.units.get(_whole(next(heard)))
                factor = factor if unit is not None else np.nan
            told[at] = Told(factor, unit)
        self._scaling = Scaling(self._points, told)
        self._told_at = time.monotonic()


def _factor(raw: float, digits: bool) -> float:
    power = _whole(raw)
    return 10.0 ** (-power if digits else power) if abs(power) <= _MOST_DIGITS else np.nan


def _whole(raw: float) -> int:
    return int(raw) if math.isfinite(raw) and raw == int(raw) and abs(raw) < _NONE else _NONE
