"""The heartbeat that watchdogs in the plant look at: a register written anew every few seconds while dispatch is well.

It runs in a thread of its own, so that a slow device does not stop it, and only under a lease that every whole pass of dispatch
renews, so that a dispatch that hangs does stop it.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Sequence

from facility.acquire.client import DeviceClient
from facility.acquire.factory import ClientFactory
from facility.dispatch.settings import HeartbeatRegister, device_of
from facility.errors import ConfigurationError, FacilityError
from facility.log import get_logger
from facility.profile import Profile, ProfilePoint
from facility.site_file import LoadedSite

RELEASED = 0  # local control at once
KEY = "heartbeat"
_MOST = 65_535
_LOOK_S = 0.1
_log = get_logger(__name__)


class Pulse:
    """One heartbeat register, over a connection of its own."""

    def __init__(self, loaded: LoadedSite, register: HeartbeatRegister) -> None:
        self.register = register
        self._client = _client(loaded, register)
        self._count = int(time.time()) % _MOST  # not where the last process began
        self._failed = False

    async def beat(self) -> bool:
        """Write the next number; tell whether the device took it."""
        self._count = self._count % _MOST + 1
        try:
            await self._client.write(KEY, float(self._count))
        except FacilityError as error:
            if not self._failed:
                _log.error("heartbeat not taken", heartbeat=self.register.name, reason=str(error))
            self._failed = True
            return False
        if self._failed:
            _log.info("heartbeat taken again", heartbeat=self.register.name)
        self._failed = False
        return True

    async def release(self) -> None:
        """Hand its points back to local control at once.

        Raises
        ------
        facility.errors.DeviceError
            If the device does not answer; then its watchdog does it.
        """
        await self._client.write(KEY, float(RELEASED))

    async def close(self) -> None:
        """Close the connection."""
        await self._client.close()


class PulseThread:
    """Beats all heartbeats of a site while the lease lasts, and `may_beat` says before each beat that it is wanted."""

    def __init__(
        self, loaded: LoadedSite, registers: Sequence[HeartbeatRegister], may_beat: Callable[[], bool] = lambda: True
    ) -> None:
        self._loaded, self._registers, self._may_beat = loaded, registers, may_beat
        self._until_s = 0.0  # monotonic
        self._ended = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), name="pulse", daemon=True)
        self._thread.start()

    @property
    def is_leased(self) -> bool:
        """Whether it beats: what goes back without a heartbeat is written under one from the first write on."""
        return not self._registers or time.monotonic() < self._until_s

    def lease(self, seconds: float) -> None:
        """Beat for so long from now on."""
        self._until_s = time.monotonic() + seconds

    def stop(self) -> None:
        """Beat no more: the plant takes its points back."""
        self._until_s = 0.0

    def close(self) -> None:
        """End the thread."""
        self.stop()
        self._ended.set()
        self._thread.join()

    async def _run(self) -> None:
        await asyncio.gather(*(self._keep(register) for register in self._registers))

    def _is_wanted(self) -> bool:
        try:
            return self._may_beat()
        except FacilityError as error:
            _log.warning("no beat: nobody can say whether it is wanted", reason=str(error))
            return False

    async def _keep(self, register: HeartbeatRegister) -> None:
        pulse, due_s = Pulse(self._loaded, register), 0.0
        while not self._ended.is_set():
            if due_s <= time.monotonic() < self._until_s:
                due_s = time.monotonic() + register.every_s
                if self._is_wanted():
                    await pulse.beat()
            await asyncio.sleep(_LOOK_S)
        await pulse.close()


def _client(loaded: LoadedSite, register: HeartbeatRegister) -> DeviceClient:
    device = device_of(loaded, register.device)
    if device is None:
        raise ConfigurationError(f"heartbeat {register.name}: the site has no device {register.device}")
    return ClientFactory().client(device, _profile(register, loaded.profile_of(device)))


def _profile(register: HeartbeatRegister, of_device: Profile) -> Profile:
    """Return a profile of the one register; no quantity of the nomenclature is a heartbeat, its number is all that counts."""
    point = ProfilePoint(
        quantity="operating_state",
        table="holding",
        address=register.address,
        type="uint16",
        unit="enum",
        range=(0.0, float(_MOST)),
        writable=True,
        volatile="yes",
    )
    return of_device.model_copy(update={"points": {KEY: point}, "tables": {}})
