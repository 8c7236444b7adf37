"""Writes one setpoint that the site file and an engineer have allowed, and reads it back.

Nothing is sent before the intent is in the ledger, and nothing is sent twice: a write without an answer is in doubt, it counts as
written, and people decide.
"""

from __future__ import annotations

import asyncio
import math
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from uuid import uuid4

import structlog

from facility.acquire.client import DeviceClient
from facility.acquire.columns import Value
from facility.acquire.writing.local_override import local_override
from facility.acquire.writing.rules import (
    WriteRules,
    check_leave,
    check_pace,
    check_step,
    check_value,
    is_unchanged,
    present_value,
    write_rules,
)
from facility.acquire.writing.ways import check_ours, next_step
from facility.errors import DeviceError, WriteRefusedError
from facility.points import Point
from facility.ports import Clock, WriteLedger
from facility.records import LoggedWrite, PointStanding, Reading, Write, WriteState
from facility.site_file import LoadedSite

log = structlog.get_logger(__name__)


class PointWriter:
    """Implements `facility.ports.Writer`: one write at a time per device, each in the ledger before it is sent."""

    def __init__(
        self, loaded: LoadedSite, client_of: Callable[[str], DeviceClient], ledger: WriteLedger, clock: Clock
    ) -> None:
        self._loaded = loaded
        self._client_of = client_of
        self._ledger = ledger
        self._clock = clock
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    def rules(self, point: str) -> WriteRules:
        """Return what holds for a point.

        Raises
        ------
        UnknownPointError
            If the site has no such point.
        WriteRefusedError
            If the site file does not let it be written.
        """
        return rules_of(self._loaded, self._loaded.points[point])

    def describe(self, point: str, value: float) -> str:
        """Return the exact request that a write would send, without sending it.

        Raises
        ------
        WriteRefusedError
            If the site file does not allow the value, or it cannot be encoded.
        """
        check_value(self.rules(point), value)
        target = self._loaded.points[point]
        return self._client_of(target.device).describe_write(target.key, value)

    async def present(self, point: str) -> float:
        """Return what the device reports now.

        Raises
        ------
        WriteRefusedError
            If the site file does not let the point be written, or the device reports no usable value.
        DeviceError
            If the device does not answer.
        UnknownPointError
            If the site has no such point.
        """
        rules, target = self.rules(point), self._loaded.points[point]
        return present_value(rules, self._reading(target, await self._client_of(target.device).read_one(target.key)))

    async def write(self, point: str, value: float, *, actor: str, reason: str, in_steps: bool = False) -> Write:
        """Write a value in canonical units and return what the device then reports.

        A change within the deadband is not sent: the result says so. `in_steps`: where the change is larger than `max_step`,
        go as far as that, towards the value; the result says how far.

        Raises
        ------
        WriteRefusedError
            If a rule forbids it (the message names rule, number and fix), somebody else changed the point, or the device
            refuses it or keeps another value.
        DeviceError
            If the device does not answer; once the request was sent, the write is in doubt.
        JournalError
            If the ledger cannot record it; then nothing is sent.
        UnknownPointError
            If the site has no such point.
        """
        rules, target = self.rules(point), self._loaded.points[point]
        check_value(rules, value)
        async with self._turns[target.device]:
            with self._ledger.hold(target.device):
                return await self._write(rules, target, value, actor, reason, in_steps=in_steps)

    async def put_back(self, point: str, value: float, *, actor: str, reason: str) -> Write:
        """Put a point that we have written back to what it held before, at once.

        The way back needs no leave, knows no largest step and waits for no interval, but it is not forced on anybody: a point
        that somebody else has changed since stays as it is.

        Raises
        ------
        WriteRefusedError
            If we have not written it, somebody else changed it, or the device refuses it or keeps another value.
        DeviceError
            If the device does not answer; once the request was sent, the write is in doubt.
        JournalError
            If the ledger cannot record it; then nothing is sent.
        """
        rules, target = self.rules(point), self._loaded.points[point]
        async with self._turns[target.device]:
            with self._ledger.hold(target.device):
                return await self._put_back(rules, target, value, actor, reason)

    def is_ours(self, point: str) -> bool:
        """Tell whether what a point holds is of our writing, as far as the ledger knows."""
        try:
            check_ours(self.rules(point), self._ledger.standing(point, self._clock.now()))
        except WriteRefusedError:
            return False
        return True

    async def _write(
        self, rules: WriteRules, target: Point, value: float, actor: str, reason: str, *, in_steps: bool
    ) -> Write:
        client = self._client_of(target.device)
        standing = await self._standing(target)
        check_leave(rules, standing, self._clock.now())
        found = self._reading(target, await client.read_one(target.key))
        await self._respect_others(rules, standing, found)
        present = present_value(rules, found)
        if is_unchanged(rules, present, value):
            return Write(value, found, self._loaded.revision, sent=False)
        if in_steps:
            value = next_step(rules, present, value)
        check_step(rules, present, value)
        check_pace(rules, standing, self._clock.now())
        return await self._carry_out(rules, target, (present, value), actor=actor, reason=reason)

    async def _put_back(self, rules: WriteRules, target: Point, value: float, actor: str, reason: str) -> Write:
        standing = await self._standing(target)
        found = self._reading(target, await self._client_of(target.device).read_one(target.key))
        await self._respect_others(rules, standing, found)
        check_ours(rules, standing)
        present = present_value(rules, found)
        if rules.alike(present, value):
            return Write(value, found, self._loaded.revision, sent=False)
        return await self._carry_out(rules, target, (present, value), actor=actor, reason=reason)

    async def _carry_out(
        self, rules: WriteRules, target: Point, change: tuple[float, float], *, actor: str, reason: str
    ) -> Write:
        client, (present, value) = self._client_of(target.device), change
        intent = LoggedWrite(
            id=uuid4().hex,
            point=target.id,
            device=target.device,
            at=self._clock.now(),
            value=value,
            before=present,
            actor=actor,
            reason=reason,
            request=client.describe_write(target.key, value),
        )
        await asyncio.to_thread(self._ledger.intend, intent)
        found = self._reading(target, await self._send(client, target, intent))
        return await self._confirm(rules, intent, found)

    async def _standing(self, target: Point) -> PointStanding:
        now = self._clock.now()
        for lost in await asyncio.to_thread(self._ledger.reconcile, target.device, now):
            log.warning("a write is in doubt: its process died", point=lost.point, value=lost.value, sent=lost.at)
        return await asyncio.to_thread(self._ledger.standing, target.id, now)

    async def _respect_others(self, rules: WriteRules, standing: PointStanding, found: Reading) -> None:
        override = local_override(rules, standing, found)
        if override is not None:
            await asyncio.to_thread(self._ledger.overridden, override)
            log.warning("local override", point=rules.point, expected=override.expected, found=override.found)
            check_leave(rules, replace(standing, override=override), found.time)

    async def _send(self, client: DeviceClient, target: Point, intent: LoggedWrite) -> Value:
        try:
            return await client.write(target.key, intent.value)
        except WriteRefusedError as error:
            await self._settle(intent, WriteState.REFUSED, note=str(error))
            raise
        except BaseException as error:  # silence, or we were told to stop: the device may have taken it
            await self._settle(intent, WriteState.IN_DOUBT, note=str(error) or type(error).__name__)
            raise

    async def _confirm(self, rules: WriteRules, intent: LoggedWrite, found: Reading) -> Write:
        if not math.isfinite(found.value):
            await self._settle(intent, WriteState.IN_DOUBT, note=f"reads back as {found.quality.name.lower()}")
            raise DeviceError(f"{rules.point}: written, but the device then reports no value; look at the device")
        same = rules.alike(found.value, intent.value)
        await self._settle(intent, WriteState.WRITTEN if same else WriteState.MISMATCHED, found.value)
        if not same:
            raise WriteRefusedError(
                f"{rules.point}: the device keeps {rules.says(found.value)}, {rules.says(intent.value)} was sent; it is not "
                "sent again, look at the device's own limits and mode"
            )
        return Write(intent.value, found, self._loaded.revision)

    async def _settle(
        self, intent: LoggedWrite, state: WriteState, read_back: float | None = None, note: str = ""
    ) -> None:
        outcome = replace(intent, state=state, read_back=read_back, note=note)
        await asyncio.shield(asyncio.to_thread(self._ledger.settle, outcome, self._clock.now()))

    def _reading(self, target: Point, value: Value) -> Reading:
        return Reading(target.id, self._clock.now(), value.value, value.quality)


def rules_of(loaded: LoadedSite, point: Point) -> WriteRules:
    """Return what holds for a point of a site; see `write_rules`."""
    device = next(device for device in loaded.site.devices if device.id == point.device)
    return write_rules(point, loaded.profile_of(device).points[point.key], loaded.path.name)
