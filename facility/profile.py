"""Device profiles: how one device model encodes its points. Data in `facility/acquire/profiles/*.yaml`, checked here.

A profile point's key is a quantity of `facility.points.QUANTITIES`, or names one with `quantity:`. A device that measures
several pieces of equipment (a BMS gateway, say) gives each point a `slot`, which the site file maps to equipment.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from facility.errors import ConfigurationError
from facility.faults import explain, nearest, refusal
from facility.points import QUANTITIES, Quantity
from facility.units import canonical
from facility.yaml_file import read_yaml

ModbusTable = Literal["input", "holding", "coil", "discrete"]
Oid = Annotated[str, Field(pattern=r"^\d+(\.\d+)+$")]
NumberType = Literal["int16", "uint16", "int32", "uint32", "int64", "uint64", "float32", "float64", "bit", "integer"]
Finite = Annotated[float, Field(strict=True, allow_inf_nan=False)]


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Limits(_Frozen):
    """What the device bears."""

    registers_per_request: Annotated[int, Field(ge=1, le=125)] = 100
    gap_registers: Annotated[int, Field(ge=0, le=120)] = 8
    pause_ms: Annotated[int, Field(ge=0)] = 0
    varbinds_per_request: Annotated[int, Field(ge=1, le=200)] = 24
    timeout_s: Annotated[float, Field(gt=0)] = 2.0


def _known_unit(unit: str) -> str:
    try:
        canonical(unit)
    except ConfigurationError as error:
        raise ValueError(str(error)) from None
    return unit


class ProfilePoint(_Frozen):
    """Where a point lives on the device, and how its bytes become a canonical value.

    value = (raw * scale + offset), in `unit`, then converted to the canonical unit of the quantity.
    """

    quantity: str | None = None
    slot: str | None = None
    oid: Oid | None = None
    plus_oids: tuple[Oid, ...] = ()  # instances added to it (a UPS's other lines); one the agent has not counts nothing
    table: ModbusTable | None = None
    address: Annotated[int, Field(ge=0, le=65535)] | None = None  # as on the wire, from 0
    type: NumberType
    byte_order: Literal["big", "little"] = "big"
    word_order: Literal["big", "little"] = "big"
    bit: Annotated[int, Field(ge=0, le=15)] | None = None
    scale: Finite = 1.0
    offset: Finite = 0.0
    unit: Annotated[str, AfterValidator(_known_unit)]
    invalid: tuple[float, ...] = ()  # raw values that mean "no value"
    range: tuple[Finite, Finite]  # canonical; outside it the reading cannot be true
    writable: bool = False

    @model_validator(mode="after")
    def _complete(self) -> ProfilePoint:
        if (self.oid is None) == (self.address is None or self.table is None):
            raise ValueError("give either oid (SNMP) or both table and address (Modbus)")
        if self.plus_oids and self.oid is None:
            raise ValueError("plus_oids adds to oid: give oid too")
        if (self.type == "integer") != (self.oid is not None):
            raise ValueError("type: integer belongs to an oid, the other types to a Modbus table")
        if (self.type == "bit") != (self.table in ("coil", "discrete") or self.bit is not None):
            raise ValueError("type: bit needs a table of bits, or `bit` of a register; other types have neither")
        if self.scale == 0:
            raise ValueError("scale: zero would make every reading the same")
        if self.range[0] >= self.range[1]:
            raise ValueError("range: the first value must be below the second")
        return self


class Profile(_Frozen):
    """One device model."""

    profile: str
    title: str
    protocol: Literal["modbus", "snmp"]
    verified: bool
    source: str
    equipment_kind: str
    limits: Limits = Limits()
    points: Mapping[str, ProfilePoint]

    @model_validator(mode="after")
    def _known_quantities(self) -> Profile:
        for key, point in self.points.items():
            quantity = self.quantity_of(key)
            unit, _, _ = canonical(point.unit)
            if unit != quantity.unit:
                raise ValueError(f"points.{key}: unit {point.unit} is {unit}, but {quantity.key} is in {quantity.unit}")
            if (point.oid is None) != (self.protocol == "modbus"):
                raise ValueError(f"points.{key}: does not fit protocol {self.protocol}")
        return self

    def quantity_of(self, key: str) -> Quantity:
        """Return the quantity that a point of this profile measures."""
        name = self.points[key].quantity or key
        if name not in QUANTITIES:
            raise ValueError(f"points.{key}: {name!r} is not a quantity of facility.points")
        return QUANTITIES[name]

    @property
    def slots(self) -> frozenset[str]:
        """Return the equipment slots that a site must map; empty when the device measures one thing."""
        return frozenset(point.slot for point in self.points.values() if point.slot is not None)


def profile_names() -> tuple[str, ...]:
    """Return the names of the profiles that come with facility, sorted."""
    folder = resources.files("facility.acquire") / "profiles"
    if not folder.is_dir():
        return ()
    return tuple(sorted(entry.name[:-5] for entry in folder.iterdir() if entry.name.endswith(".yaml")))


def load_profile(name: str, folder: Path | None = None) -> Profile:
    """Load a profile by name, from `folder` first when the site brings its own.

    Raises
    ------
    ConfigurationError
        If there is none of that name, or it is wrong; the message says where.
    """
    own = folder / f"{name}.yaml" if folder else None
    if own is not None and own.is_file():
        return _read_profile(own)  # never cached: the site's engineer may be editing it
    return _packaged(name)


@cache
def _packaged(name: str) -> Profile:
    known = profile_names()
    if name not in known:
        raise ConfigurationError(
            f"no device profile {name!r}{nearest(name, known)}; known: {', '.join(known) or 'none'}"
        )
    with resources.as_file(resources.files("facility.acquire") / "profiles" / f"{name}.yaml") as path:
        return _read_profile(path)


def _read_profile(path: Path) -> Profile:
    file = read_yaml(path)
    try:
        profile = Profile.model_validate(file.data)
    except ValidationError as error:
        raise refusal(file, explain(error, Profile)) from None
    if profile.profile != path.stem:
        raise refusal(file, [(("profile",), f"expected {path.stem!r}, the name of the file")])
    return profile
