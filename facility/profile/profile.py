"""One device model, whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Annotated, Literal

from pydantic import Field, model_validator

from facility.points import QUANTITIES, Quantity
from facility.profile.base import ProfilePart, Word
from facility.profile.limits import Limits
from facility.profile.place import Oid
from facility.profile.point import IdentityField, ProfilePoint
from facility.profile.table import ProfileTable
from facility.units import canonical

Rows = tuple[tuple[str, tuple[str, ...]], ...]  # table -> its rows, as a key of the cache


class ModbusIdentity(ProfilePart):
    """What device identification (FC 43/14) answers: parts of vendor and product names, in any case."""

    vendor: str
    product: str = ""


class Identify(ProfilePart):
    """How a scan recognises the model."""

    sys_object_id: tuple[Oid, ...] = ()  # the device's own, or one above it
    modbus: ModbusIdentity | None = None


class Profile(ProfilePart):
    """One device model."""

    profile: str
    title: str
    protocol: Literal["modbus", "snmp"]
    verified: bool
    source: str
    equipment_kind: str
    limits: Limits = Limits()
    identify: Identify = Identify()
    identity: Mapping[Word, IdentityField] = {}
    groups: Mapping[Word, Annotated[int, Field(ge=1, le=10_000)]] = {}  # group -> polled each so many intervals
    points: Mapping[str, ProfilePoint]
    tables: Mapping[Word, ProfileTable] = {}

    @model_validator(mode="after")
    def _points_fit(self) -> Profile:
        for where, key, point in self._all_points():
            quantity = self._quantity(where, point.quantity or key)
            units = [point.unit, *(point.unit_from.units.values() if point.unit_from else ())]
            for unit in (canonical(each)[0] for each in units):
                if unit != quantity.unit:
                    raise ValueError(f"{where}: unit {point.unit} is {unit}, but {quantity.key} is in {quantity.unit}")
            if (point.oid is None) != (self.protocol == "modbus"):
                raise ValueError(f"{where}: does not fit protocol {self.protocol}")
            if point.group is not None and point.group not in self.groups:
                raise ValueError(f"{where}: group {point.group!r} is not among the profile's groups")
        for key, point in self.points.items():
            places = (point, point.scale_from, point.unit_from)
            if point.row is None and any(place is not None and place.in_row for place in places):
                raise ValueError(f"points.{key}: {{row}} belongs to a table")
        return self

    def _all_points(self) -> Iterator[tuple[str, str, ProfilePoint]]:
        yield from ((f"points.{key}", key, point) for key, point in self.points.items())
        for name, table in self.tables.items():
            yield from ((f"tables.{name}.points.{key}", key, point) for key, point in table.points.items())

    @staticmethod
    def _quantity(where: str, name: str) -> Quantity:
        if name not in QUANTITIES:
            raise ValueError(f"{where}: {name!r} is not a quantity of facility.points")
        return QUANTITIES[name]

    def quantity_of(self, key: str) -> Quantity:
        """Return the quantity that a point of this profile measures."""
        return self._quantity(f"points.{key}", self.points[key].quantity or key)

    @property
    def slots(self) -> frozenset[str]:
        """Return the equipment slots that a site must map; empty when the device measures one thing."""
        return frozenset(point.slot for _, _, point in self._all_points() if point.slot is not None)

    def with_rows(self, rows: Mapping[str, tuple[str, ...]]) -> Profile:
        """Return the profile with the rows of a device among its points; the same object for the same rows.

        Raises
        ------
        KeyError
            If it has no table of that name.
        """
        return _expanded(self, tuple(sorted(rows.items()))) if rows else self

    def __hash__(self) -> int:
        return hash((self.profile, self.source, len(self.points)))


@lru_cache(maxsize=256)  # thousands of devices of a site share a few
def _expanded(profile: Profile, rows: Rows) -> Profile:
    points = dict(profile.points)
    for table, labels in rows:
        for row in labels:
            points.update(profile.tables[table].at(row))
    return profile.model_copy(update={"points": points})
