"""The test of a reversion: we write a value under our heartbeat, fall silent, and see whether the plant takes it back in time."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from datetime import timedelta

from facility.acquire.writing.writer import PointWriter
from facility.dispatch.pulse import Pulse
from facility.errors import DeviceError, WriteRefusedError
from facility.history.dispatch_records import ReversionTest, Said
from facility.ports import Clock, WriteLedger
from facility.records import LocalOverride

HOLDS_FOLD = 1.5  # of the declared time, under the heartbeat: a value that falls back anyway proves nothing
LATE_FOLD = 1.5  # of the declared time we look, so that a late reversion is told from none
LOOK_S = 0.2
VALID_FOR = timedelta(days=180)


@dataclass(frozen=True, slots=True)
class _Seen:
    before: float
    took_s: float | None = None
    found: float | None = None  # where it went back to


class Commissioning:
    """Tests one point; nobody else may beat its heartbeat meanwhile."""

    def __init__(self, writer: PointWriter, ledger: WriteLedger, pulse: Pulse, clock: Clock) -> None:
        self._writer, self._ledger, self._pulse, self._clock = writer, ledger, pulse, clock

    async def test(self, point: str, value: float, said: Said) -> ReversionTest:
        """Write a value that differs from the present one, beat, stop, and see the point go back; what stays is put back.

        Raises
        ------
        WriteRefusedError
            If the value may not be written, or is what the device holds already.
        DeviceError
            If the device does not answer before the heartbeat stops.
        """
        if not await self._pulse.beat():
            raise DeviceError(f"{self._pulse.register.name}: the heartbeat is not taken; see its address")
        before = await self._writer.present(point)
        done = await self._writer.write(point, value, actor=said.by, reason=f"test of reversion: {said.reason}")
        if not done.sent:
            raise WriteRefusedError(f"{point} holds {value:g} already; test with another value")
        if not await self._held(point, value):
            return await self._end(point, value, said, _Seen(before), "it did not hold the value under the heartbeat")
        seen = await self._silent(point, value, before)
        return await self._end(point, value, said, seen, self._verdict(seen))

    async def _held(self, point: str, value: float) -> bool:
        """Beat for a while, and tell whether the value stays."""
        register = self._pulse.register
        end_s = time.monotonic() + HOLDS_FOLD * register.within_s
        while time.monotonic() < end_s:
            await self._pulse.beat()
            await asyncio.sleep(min(register.every_s, max(end_s - time.monotonic(), 0.0)))
        return self._alike(point, await self._writer.present(point), value)

    async def _silent(self, point: str, value: float, before: float) -> _Seen:
        """Beat no more, and return when the point went back, if it did."""
        began_s = time.monotonic()
        while time.monotonic() - began_s < LATE_FOLD * self._pulse.register.within_s:
            await asyncio.sleep(LOOK_S)
            try:
                found = await self._writer.present(point)
            except (DeviceError, WriteRefusedError):
                continue  # it may be restarting; what counts is what it says in the end
            if not self._alike(point, found, value):
                return _Seen(before, time.monotonic() - began_s, found)
        return _Seen(before)

    def _alike(self, point: str, one: float, other: float) -> bool:
        return self._writer.rules(point).alike(one, other)

    def _verdict(self, seen: _Seen) -> str:
        within_s = self._pulse.register.within_s
        if seen.took_s is None:
            return f"it did not go back within {LATE_FOLD * within_s:g} s"
        late = seen.took_s > within_s
        return f"it went back after {seen.took_s:.1f} s, {within_s:g} s are declared" if late else ""

    async def _end(self, point: str, value: float, said: Said, seen: _Seen, wrong: str) -> ReversionTest:
        now = self._clock.now()
        if seen.found is not None:
            self._accept(point, value, seen.found, said)
        else:
            try:
                await self._writer.put_back(point, seen.before, actor=said.by, reason="the test of reversion is over")
            except (WriteRefusedError, DeviceError) as error:
                wrong += f"; and it was not put back: {error}"
        register = self._pulse.register
        return ReversionTest(
            point=point, heartbeat=register.name, said=said, expires=now + VALID_FOR, passed=not wrong,
            within_s=register.within_s, took_s=seen.took_s, note=wrong,
        )  # fmt: skip

    def _accept(self, point: str, value: float, found: float, said: Said) -> None:
        """Take the reversion, which looks like somebody else's change, for what it is."""
        now = self._clock.now()
        self._ledger.overridden(LocalOverride(point, now, value, found))
        self._ledger.clear(point, actor=said.by, reason="went back in a test of reversion", at=now)
