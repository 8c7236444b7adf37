"""Do the devices that share a Modbus line agree about it: one port has one speed and one framing."""

from __future__ import annotations

from collections.abc import Iterator

from facility.site import ModbusAddress, Site
from facility.site_file.findings import Fault

_COMMON = ("framing", "baud", "parity", "stop_bits")


def line_faults(site: Site) -> Iterator[Fault]:
    """Yield settings of a line that differ from those of the first device on it."""
    first: dict[tuple[object, ...], tuple[str, ModbusAddress]] = {}
    for index, device in enumerate(site.devices):
        if device.modbus is None:
            continue
        line = (device.modbus.serial, device.modbus.host, device.modbus.port)
        other, agreed = first.setdefault(line, (device.id, device.modbus))
        for name in _COMMON:
            ours, theirs = getattr(device.modbus, name), getattr(agreed, name)
            if ours != theirs:
                where = ("devices", index, "modbus", name)
                yield where, f"{ours} here, but {theirs} for {other} on the same line; give both the same"
