"""How a Modbus device keeps a value in 16-bit registers."""

from __future__ import annotations

import enum
import math
import struct
from dataclasses import dataclass

ONLY = ""  # the slot of a device that measures one thing


class Kind(enum.Enum):
    """Layouts of a number in registers."""

    INT16 = "int16"
    UINT16 = "uint16"
    UINT32_HIGH_FIRST = "uint32, high word first"
    FLOAT_HIGH_FIRST = "float32, ABCD"
    FLOAT_LOW_FIRST = "float32, CDAB"

    @property
    def whole(self) -> bool:
        """Whether it keeps whole numbers only."""
        return self not in (Kind.FLOAT_HIGH_FIRST, Kind.FLOAT_LOW_FIRST)

    @property
    def words(self) -> int:
        """Registers it takes."""
        return 1 if self in (Kind.INT16, Kind.UINT16) else 2


@dataclass(frozen=True, slots=True)
class Register:
    """One value: `per_unit` is what the device counts for one canonical unit (10 for tenths, 1000 for tenths of a percent)."""

    address: int
    kind: Kind
    quantity: str
    per_unit: float = 1.0
    slot: str = ONLY


@dataclass(frozen=True, slots=True)
class ModbusMap:
    """The registers of a device model."""

    inputs: tuple[Register, ...]
    holding: tuple[Register, ...] = ()


def encode(register: Register, value: float) -> list[int]:
    """Return the words that hold a value; NaN becomes what the device says for "no value", too large a value its end of range."""
    scaled = value * register.per_unit
    match register.kind:
        case Kind.INT16:
            return [0x8000 if math.isnan(scaled) else round(min(max(scaled, -32767), 32767)) & 0xFFFF]
        case Kind.UINT16:
            return [0xFFFF if math.isnan(scaled) else round(min(max(scaled, 0), 65534))]
        case Kind.UINT32_HIGH_FIRST:
            number = 0xFFFFFFFF if math.isnan(scaled) else round(min(max(scaled, 0), 0xFFFFFFFE))
            return [number >> 16, number & 0xFFFF]
        case Kind.FLOAT_HIGH_FIRST | Kind.FLOAT_LOW_FIRST:
            high, low = struct.unpack(">HH", struct.pack(">f", scaled))
            return [high, low] if register.kind is Kind.FLOAT_HIGH_FIRST else [low, high]


def decode(register: Register, words: list[int]) -> float:
    """Return the canonical value that a client wrote."""
    match register.kind:
        case Kind.INT16:
            number: float = words[0] - 0x10000 if words[0] & 0x8000 else words[0]
        case Kind.UINT16:
            number = words[0]
        case Kind.UINT32_HIGH_FIRST:
            number = (words[0] << 16) | words[1]
        case Kind.FLOAT_HIGH_FIRST | Kind.FLOAT_LOW_FIRST:
            high_low = words if register.kind is Kind.FLOAT_HIGH_FIRST else words[::-1]
            number = struct.unpack(">f", struct.pack(">HH", *high_low))[0]
    return number / register.per_unit
