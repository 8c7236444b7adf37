"""What is left of a measured value after its device's registers, for a history that never went over the network."""

from __future__ import annotations

from collections.abc import Iterator

from facility.site import Site
from tools.simulated_site.device_points import equipment_of
from tools.simulated_site.devices import MODBUS_DEVICES, SNMP_DEVICES
from tools.simulated_site.setpoints import Key


def counts_per_unit(site: Site) -> dict[Key, float]:
    """Return how many steps of its register a canonical unit has, by equipment and quantity; 0 where a float keeps it all."""
    return dict(_steps(site))


def _steps(site: Site) -> Iterator[tuple[Key, float]]:
    for device in site.devices:
        if device.modbus is not None:
            model = MODBUS_DEVICES[device.profile]
            for register in (*model.inputs, *model.holding):
                equipment = equipment_of(device, register.slot)
                if equipment is not None:
                    yield (equipment, register.quantity), register.per_unit if register.kind.whole else 0.0
        else:
            assert isinstance(device.equipment, str)
            for varbind in SNMP_DEVICES[device.profile].measured:
                yield (device.equipment, varbind.quantity), varbind.per_unit
