"""A point of a device: its place, and how the raw number there becomes a canonical value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from facility.errors import ConfigurationError
from facility.profile.base import Finite, Word
from facility.profile.place import Oid, Place
from facility.units import canonical


def _known_unit(unit: str) -> str:
    try:
        canonical(unit)
    except ConfigurationError as error:
        raise ValueError(str(error)) from None
    return unit


Unit = Annotated[str, AfterValidator(_known_unit)]


class ScaleFrom(Place):
    """Where the device says how its numbers are scaled: so many decimal digits, or a power of ten to multiply by."""

    means: Literal["decimal_digits", "power_of_ten"]


class UnitFrom(Place):
    """Where the device says in which unit its numbers are."""

    units: Mapping[int, Unit]


class ProfilePoint(Place):
    """Where a point lives on the device, and how its bytes become a canonical value.

    value = (raw * scale + offset), in `unit`, then converted to the canonical unit of the quantity.
    """

    quantity: str | None = None
    slot: str | None = None
    plus_oids: tuple[Oid, ...] = ()  # instances added to it (a UPS's other lines); one the agent has not counts nothing
    group: Word | None = None  # polled less often, as the profile's `groups` say
    scale: Finite = 1.0
    scale_from: ScaleFrom | None = None
    offset: Finite = 0.0
    unit: Unit
    unit_from: UnitFrom | None = None
    invalid: tuple[float, ...] = ()  # raw values that mean "no value"
    range: tuple[Finite, Finite]  # canonical; outside it the reading cannot be true
    max_change_per_min: Annotated[float, Field(gt=0)] | None = None  # canonical; faster is not believed at once
    writable: bool = False
    write_range: tuple[Finite, Finite] | None = None  # canonical; None: `range`
    write_as: Literal["integer", "unsigned", "string"] = "integer"  # the SNMP type to set
    volatile: Literal["yes", "no", "unknown"] = "unknown"  # whether a write spares the device's EEPROM
    row: str | None = None  # of which row of a table, as in point ids: `outlet-7`; not written in profiles

    @model_validator(mode="after")
    def _sense(self) -> ProfilePoint:
        if self.plus_oids and self.oid is None:
            raise ValueError("plus_oids adds to oid: give oid too")
        if self.scale == 0:
            raise ValueError("scale: zero would make every reading the same")
        for name, limits in (("range", self.range), ("write_range", self.write_range or (0.0, 1.0))):
            if limits[0] >= limits[1]:
                raise ValueError(f"{name}: the first value must be below the second")
        if self.write_range and not self.range[0] <= self.write_range[0] < self.write_range[1] <= self.range[1]:
            raise ValueError("write_range: lies within range")
        if (self.write_range or self.volatile != "unknown") and not self.writable:
            raise ValueError("write_range and volatile belong to a point with `writable: true`")
        return self


class IdentityField(Place):
    """A text that tells one device from another: model, serial number, firmware."""
