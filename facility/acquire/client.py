"""What a coordinator and a writer need of a device, whatever it speaks."""

from __future__ import annotations

from typing import Protocol

from facility.acquire.decode import Value


class DeviceClient(Protocol):
    """One device. A call belongs to one task at a time for reading; writing may cut in between two requests."""

    async def read(self, into: dict[str, Value]) -> None:
        """Read every point into `into`, by profile key, as the answers come: what came before a failure is kept.

        Raises
        ------
        facility.errors.FacilityError
            If the device does not answer, answers nonsense, or its secret cannot be resolved; the message says which.
        """
        ...

    async def write(self, key: str, value: float) -> Value:
        """Write a point in its canonical unit, and return what the device then reports.

        Raises
        ------
        facility.errors.WriteRefusedError
            If the value cannot be encoded, or the device refuses it.
        facility.errors.DeviceError
            If the device does not answer.
        """
        ...

    async def close(self) -> None:
        """Close its socket; a later read opens it again."""
        ...
