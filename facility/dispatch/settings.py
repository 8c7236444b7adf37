"""The file beside a site file that says how its plant notices that we are gone: `demo.dispatch.yaml` beside `demo.yaml`.

Without it nothing has a heartbeat, so that no point can pass a test of reversion and Auto writes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Annotated

from pydantic import Field

from facility.faults import read_settings
from facility.site import Device
from facility.site.values import Id, Part, Positive
from facility.site_file import LoadedSite
from facility.yaml_file import KeyPath

WORST_FOLD = 2.0  # a beat may be lost: what watches must bear at least two


class HeartbeatRegister(Part):
    """A holding register that we write anew, again and again; when we stop, or write 0, its points go back by themselves."""

    name: Id
    device: Id
    address: Annotated[int, Field(strict=True, ge=0, le=65535)]  # as on the wire, from 0
    every_s: Positive = 5.0
    within_s: Positive  # after the last beat, until the points are under local control
    points: Annotated[tuple[str, ...], Field(min_length=1)]


class DispatchSettings(Part):
    """How dispatch works at a site."""

    heartbeats: tuple[HeartbeatRegister, ...] = ()
    settle_min: Positive = 20.0  # what the plant is given to answer a write

    @property
    def settle(self) -> timedelta:
        """How long the plant is given to answer a write."""
        return timedelta(minutes=self.settle_min)

    def heartbeat_of(self, point: str) -> HeartbeatRegister | None:
        """Return the heartbeat that a point's reversion hangs on, if there is one."""
        return next((one for one in self.heartbeats if point in one.points), None)


def settings_path(loaded: LoadedSite) -> Path:
    """Return where the settings of a site are."""
    return loaded.path.with_suffix(".dispatch.yaml")


def load_settings(loaded: LoadedSite) -> DispatchSettings:
    """Return the settings of a site; the defaults where it has no file.

    Raises
    ------
    ConfigurationError
        If the file is wrong: `file:line: key: what and how to mend it`.
    """
    return read_settings(settings_path(loaded), DispatchSettings, lambda found: _wrong(loaded, found))


def device_of(loaded: LoadedSite, name: str) -> Device | None:
    """Return a device of a site."""
    return next((device for device in loaded.site.devices if device.id == name), None)


def _wrong(loaded: LoadedSite, settings: DispatchSettings) -> Iterator[tuple[KeyPath, str]]:
    for number, heartbeat in enumerate(settings.heartbeats):
        for key, message in _wrong_beat(loaded, heartbeat):
            yield ("heartbeats", number, key), message
    points = [point for one in settings.heartbeats for point in one.points]
    for twice in sorted({point for point in points if points.count(point) > 1}):
        yield ("heartbeats",), f"{twice} hangs on two heartbeats; give it one"


def _wrong_beat(loaded: LoadedSite, heartbeat: HeartbeatRegister) -> Iterator[tuple[str, str]]:
    device = device_of(loaded, heartbeat.device)
    if device is None or device.modbus is None:
        yield "device", f"{heartbeat.device!r} is no Modbus device of the site"
    if heartbeat.within_s < WORST_FOLD * heartbeat.every_s:
        yield "within_s", f"expected at least {WORST_FOLD:g} times every_s: a beat may be lost"
    for name in heartbeat.points:
        writable = loaded.points[name].writable if name in loaded.points else None
        if writable is None or writable.reversion == "none":
            yield "points", f"{name} is no writable point with a reversion in {loaded.path.name}"
