"""Which equipment and quantities a simulated device measures."""

from __future__ import annotations

from collections.abc import Iterator

from facility.site import Device
from tools.simulated_site.devices import MODBUS_DEVICES, SNMP_DEVICES
from tools.simulated_site.setpoints import Key


def equipment_of(device: Device, slot: str) -> str | None:
    """Return the equipment behind a slot of a device; None where the site does not use the slot."""
    return device.equipment if isinstance(device.equipment, str) else device.equipment.get(slot)


def keys_of(device: Device) -> Iterator[Key]:
    """Yield what a device measures; nothing for a profile that has no simulated device."""
    if device.profile in MODBUS_DEVICES:
        for register in MODBUS_DEVICES[device.profile].inputs:
            equipment = equipment_of(device, register.slot)
            if equipment is not None:
                yield equipment, register.quantity
    elif device.profile in SNMP_DEVICES and isinstance(device.equipment, str):
        for varbind in SNMP_DEVICES[device.profile].measured:
            yield device.equipment, varbind.quantity
