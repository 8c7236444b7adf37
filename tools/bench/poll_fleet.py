"""What both ends of the polling benchmark know of a fleet: its addresses, its OIDs and registers, and the values they hold.

A value says whose it is, so that an answer given to another device or another point is found in the table.
"""

from __future__ import annotations

from dataclasses import dataclass

SNMP_POINTS, MODBUS_POINTS = 60, 100  # of a device
WOBBLES = 4  # a raw value moves by up to this much less one, so that the table does not compress a constant
SCALE = 0.1  # raw -> value
FAULTY_ONE_IN = 5
# rPDU2OutletMeteredStatusEntry of PowerNet-MIB: three columns (current, power, energy), one row an outlet.
OUTLETS = (1, 3, 6, 1, 4, 1, 318, 1, 1, 26, 9, 4, 3, 1)
COLUMNS = (6, 7, 11)


@dataclass(frozen=True, slots=True)
class Fleet:
    """PDUs, numbered from 0, and the Modbus devices after them; each has an address of its own, all of them one port."""

    snmp: int
    modbus: int
    interval_s: float
    flush_interval_s: float
    timeout_s: float = 2.0

    @property
    def devices(self) -> int:
        """How many devices."""
        return self.snmp + self.modbus

    @property
    def points(self) -> int:
        """How many points."""
        return self.snmp * SNMP_POINTS + self.modbus * MODBUS_POINTS

    def points_of(self, device: int) -> int:
        """Return how many points a device has."""
        return SNMP_POINTS if device < self.snmp else MODBUS_POINTS


def host(device: int) -> str:
    """Return a device's address on loopback; Linux answers on all of 127.0.0.0/8."""
    return f"127.1.{device // 250}.{1 + device % 250}"


def outlet_oid(point: int) -> tuple[int, ...]:
    """Return the instance that holds a point: row by row of the outlets' table."""
    return (*OUTLETS, COLUMNS[point % len(COLUMNS)], point // len(COLUMNS) + 1)


def least_raw(device: int, point: int) -> int:
    """Return the raw value of a point at its lowest."""
    return 100 + (device * 131 + point * 17) % 20_000


def is_faulty(device: int) -> bool:
    """Tell whether a device misbehaves where the fleet has faults."""
    return device % FAULTY_ONE_IN == 0
