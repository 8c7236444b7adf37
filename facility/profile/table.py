"""What a device has many of: outlets, phases, banks, probes. One row is one of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated

from pydantic import Field, model_validator

from facility.profile.base import ProfilePart, Word
from facility.profile.place import Oid, Place
from facility.profile.point import ProfilePoint

_ROW = "{row}"


class ProfileTable(ProfilePart):
    """Points that repeat by row. An SNMP row replaces {row} in OIDs; a Modbus row n lies (n - 1) x `stride` further on."""

    row: Word  # what a row is called in point ids: outlet-7
    stride: Annotated[int, Field(ge=1)] | None = None
    label: Oid | None = None  # what the device calls a row, for people: an outlet's name, what a probe measures
    points: Mapping[str, ProfilePoint]

    @model_validator(mode="after")
    def _places_depend_on_the_row(self) -> ProfileTable:
        for key, point in self.points.items():
            if (self.stride is None) != point.in_row:
                raise ValueError(f"points.{key}: an oid needs {_ROW} and no stride; registers need the table's stride")
        if self.label is not None and _ROW not in self.label:
            raise ValueError(f"label: an oid with {_ROW}")
        return self

    def at(self, row: str) -> Iterator[tuple[str, ProfilePoint]]:
        """Yield the points of a row, under the keys they have in an expanded profile."""
        for key, point in self.points.items():
            label = f"{self.row}-{row.replace('.', '-')}"
            update: dict[str, object] = {
                "row": label,
                "quantity": point.quantity or key,
                **_moved(point, row, self.stride),
            }
            if point.scale_from is not None:
                update["scale_from"] = point.scale_from.model_copy(update=_moved(point.scale_from, row, None))
            if point.unit_from is not None:
                update["unit_from"] = point.unit_from.model_copy(update=_moved(point.unit_from, row, None))
            yield f"{label}.{key}", point.model_copy(update=update)


def _moved(place: Place, row: str, stride: int | None) -> dict[str, object]:
    if place.oid is not None:
        return {"oid": place.oid.replace(_ROW, row)}
    return {} if stride is None or place.address is None else {"address": place.address + (int(row) - 1) * stride}
