"""Where a value lives on a device, and how its bytes are laid out."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from facility.profile.base import ProfilePart

ModbusTable = Literal["input", "holding", "coil", "discrete"]
Oid = Annotated[str, Field(pattern=r"^\d+(\.(\d+|\{row\}))+$", max_length=512)]
NumberType = Literal[
    "int16", "uint16", "int32", "uint32", "int64", "uint64", "float32", "float64",
    "bit", "bits", "string",
    "integer", "opaque_float",
]  # fmt: skip
WORDS = {"int32": 2, "uint32": 2, "float32": 2, "int64": 4, "uint64": 4, "float64": 4}
_SNMP_TYPES = ("integer", "opaque_float", "string")
_ROW = "{row}"


class Place(ProfilePart):
    """An SNMP instance, or Modbus registers (or bits), and the type of what is there."""

    oid: Oid | None = None  # in a table, {row} stands for the row
    table: ModbusTable | None = None
    address: Annotated[int, Field(ge=0, le=65535)] | None = None  # as on the wire, from 0
    type: NumberType
    byte_order: Literal["big", "little"] = "big"  # within a register
    word_order: Literal["big", "little"] | tuple[int, ...] = "big"  # or which register comes first, second, ...
    bit: Annotated[int, Field(ge=0, le=15)] | None = None  # of a register: the lowest, for type `bits`
    bits: Annotated[int, Field(ge=2, le=15)] | None = None  # how many, for type `bits`
    words: Annotated[int, Field(ge=1, le=60)] | None = None  # registers of a `string`

    @property
    def width(self) -> int:
        """How many registers (or bits, in a table of bits) it takes."""
        return self.words or WORDS.get(self.type, 1)

    @property
    def in_row(self) -> bool:
        """Whether its OID has a row to be filled in."""
        return self.oid is not None and _ROW in self.oid

    @model_validator(mode="after")
    def _one_protocol(self) -> Place:
        modbus = self.address is not None and self.table is not None
        if (self.oid is None) != modbus:
            raise ValueError("give either oid (SNMP) or both table and address (Modbus)")
        if (self.oid is not None) != (self.type in _SNMP_TYPES) and self.type != "string":
            raise ValueError(f"type: {', '.join(_SNMP_TYPES)} belong to an oid, the other types to a Modbus table")
        return self

    @model_validator(mode="after")
    def _layout_fits_type(self) -> Place:
        if (self.type == "bit") != (self.table in ("coil", "discrete") or (self.bit is not None and not self.bits)):
            raise ValueError("type: bit needs a table of bits, or `bit` of a register; other types have neither")
        if (self.type == "bits") != (self.bits is not None):
            raise ValueError("type: bits needs `bit`, the lowest, and `bits`, how many; other types have no `bits`")
        if self.bits is not None and (self.bit is None or self.bit + self.bits > 16):
            raise ValueError("bits: a field lies within one register of 16 bits; give `bit`, its lowest")
        if (self.words is not None) != (self.type == "string" and self.oid is None):
            raise ValueError("words: how many registers a string takes; other types know")
        if isinstance(self.word_order, tuple) and sorted(self.word_order) != list(range(self.width)):
            raise ValueError(f"word_order: expected big, little, or each of 0 to {self.width - 1} once")
        return self
