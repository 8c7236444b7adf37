"""Writes one setpoint that an engineer allowed, and reads it back."""

from __future__ import annotations

from collections.abc import Callable

from facility.acquire.client import DeviceClient
from facility.errors import WriteRefusedError
from facility.ports import Clock
from facility.records import Reading, Write
from facility.site_file import LoadedSite


class PointWriter:
    """Implements `facility.ports.Writer`: refuses what the site file does not allow, before anything is sent."""

    def __init__(self, loaded: LoadedSite, client_of: Callable[[str], DeviceClient], clock: Clock) -> None:
        self._loaded = loaded
        self._client_of = client_of
        self._clock = clock

    async def write(self, point: str, value: float) -> Write:
        """Write a value in canonical units and return what the device then reports.

        Raises
        ------
        WriteRefusedError
            If the point is not writable here, the value lies outside its range, or the device refuses it.
        DeviceError
            If the device does not answer.
        UnknownPointError
            If the site has no such point.
        """
        target = self._loaded.points[point]
        allowed = target.writable
        if allowed is None:
            raise WriteRefusedError(f"{point} is not writable; list it under `writable` in {self._loaded.path.name}")
        if not allowed.low <= value <= allowed.high:  # NaN is refused here too
            raise WriteRefusedError(
                f"{point}: {value:g} {target.unit} lies outside the allowed {allowed.low:g} to {allowed.high:g}"
            )
        read_back = await self._client_of(target.device).write(target.key, value)
        reported = Reading(point, self._clock.now(), read_back.value, read_back.quality)
        return Write(value, reported, self._loaded.revision)
