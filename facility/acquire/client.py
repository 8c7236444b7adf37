"""What a coordinator and a writer need of a device, whatever it speaks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from facility.acquire.columns import Value
from facility.acquire.reader import Reader
from facility.profile import Place


class DeviceClient(Protocol):
    """One device. Reading belongs to one task at a time; writing may cut in between two requests."""

    def reader(self, keys: Sequence[str]) -> Reader:
        """Prepare to read some points together, by their keys in the profile."""
        ...

    async def read_one(self, key: str) -> Value:
        """Read a point now.

        Raises
        ------
        facility.errors.DeviceError
            If the device does not answer.
        """
        ...

    async def read_text(self, place: Place) -> str:
        """Read a text, such as a serial number; empty where the device has none."""
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

    def describe_write(self, key: str, value: float) -> str:
        """Return the exact request that `write` would send, without secrets.

        Raises
        ------
        facility.errors.WriteRefusedError
            If the value cannot be encoded.
        """
        ...

    async def close(self) -> None:
        """Close its socket; a later read opens it again."""
        ...
