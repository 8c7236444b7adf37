"""`facility writes set`: one write by hand, with a connection of its own."""

from __future__ import annotations

import argparse

from facility.acquire.factory import ClientFactory
from facility.acquire.writing.rules import WriteRules, check_leave, check_pace
from facility.acquire.writing.writer import PointWriter
from facility.cli.common import Row, actor
from facility.clock import SystemClock
from facility.errors import DeviceError, WriteRefusedError
from facility.heartbeat import read_health
from facility.ports import WriteLedger
from facility.site import Device
from facility.site_file import LoadedSite
from facility.state import StateFolder


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what is written."""
    parser.add_argument("point", metavar="POINT")
    parser.add_argument("value", type=float, metavar="VALUE", help="in the point's canonical unit")
    parser.add_argument("--dry-run", action="store_true", help="show the request and what forbids it; send nothing")


async def write(loaded: LoadedSite, state: StateFolder, ledger: WriteLedger, arguments: argparse.Namespace) -> Row:
    """Write, or say what would be written."""
    target = loaded.points[arguments.point]
    device = next(device for device in loaded.site.devices if device.id == target.device)
    client = ClientFactory().client(device, loaded.profile_of(device))
    writer = PointWriter(loaded, lambda _: client, ledger, SystemClock())
    try:
        rules = writer.rules(target.id)
        if arguments.dry_run:
            request = writer.describe(target.id, arguments.value)
            return _row(rules, arguments.value, request=request, refused_now=_refusal(rules, ledger))
        _share_no_serial_line(device, state)
        done = await writer.write(target.id, arguments.value, actor=actor(arguments.by), reason=arguments.reason)
        return _row(rules, done.requested, sent=done.sent, device_reports=done.read_back.value)
    except DeviceError as error:
        raise DeviceError(f"{error}{_hint(device, state)}") from error
    finally:
        await client.close()


def _row(rules: WriteRules, value: float, **more: object) -> Row:
    return {"point": rules.point, "value": value, "unit": rules.unit, **more}


def _refusal(rules: WriteRules, ledger: WriteLedger) -> str | None:
    """Return what forbids a write now, as far as the ledger knows; the device is not asked."""
    now = SystemClock().now()
    standing = ledger.standing(rules.point, now)
    try:
        check_leave(rules, standing, now)
        check_pace(rules, standing, now)
    except WriteRefusedError as refusal:
        return str(refusal)
    return None


def _is_polled(state: StateFolder) -> bool:
    return any(each.process == "poller" and each.alive for each in read_health(state, SystemClock().now()))


def _share_no_serial_line(device: Device, state: StateFolder) -> None:
    serial = device.modbus is not None and (device.modbus.serial is not None or device.modbus.framing == "rtu")
    if serial and _is_polled(state):
        raise WriteRefusedError(
            f"{device.id} is on a serial line that `facility serve` polls, and a line bears one master; stop the service "
            "for the write"
        )


def _hint(device: Device, state: StateFolder) -> str:
    if device.modbus is None or not _is_polled(state):
        return ""
    return "; `facility serve` polls it too, and some Modbus servers take one client: stop the service for the write"
