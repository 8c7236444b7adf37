"""The words of register lists: names of columns, tables, types and byte orders, and how numbers and addresses are written."""

from __future__ import annotations

import re
from collections.abc import Mapping

from facility.faults import nearest
from facility.profile.template import FILL_IN
from facility.units import UNITS


def _by_alias(aliases: Mapping[str, str]) -> dict[str, str]:
    return {alias: name for name, words in aliases.items() for alias in words.split()}


COLUMNS = _by_alias(
    {
        "key": "key point name point_name tag",
        "quantity": "quantity",
        "slot": "slot equipment",
        "table": "table register_table register_type function function_code fc",
        "address": "address register addr reg register_address modbus_address",
        "oid": "oid object_identifier",
        "type": "type data_type datatype format",
        "order": "order byte_order word_order endianness",
        "scale": "scale factor multiplier scaling scale_factor",
        "divisor": "divisor divide divide_by gain",
        "offset": "offset",
        "unit": "unit units uom",
        "low": "low min minimum",
        "high": "high max maximum",
        "range": "range limits",
        "invalid": "invalid sentinel no_value",
        "writable": "writable access rw r_w read_write",
    }
)
TABLES = _by_alias(
    {
        "holding": "holding holding_register holding_registers hr 3 03 fc3 fc03 4x",
        "input": "input input_register input_registers ir 4 04 fc4 fc04 3x",
        "coil": "coil coils 1 01 fc1 fc01 0x",
        "discrete": "discrete discrete_input discrete_inputs di 2 02 fc2 fc02 1x",
    }
)
TYPES = _by_alias(
    {
        "int16": "int16 s16 i16 int short signed sint16",
        "uint16": "uint16 u16 uint word ushort unsigned",
        "int32": "int32 s32 i32 long dint sint32",
        "uint32": "uint32 u32 dword udint ulong",
        "int64": "int64 s64 i64 lint",
        "uint64": "uint64 u64 qword ulint",
        "float32": "float32 float f32 real single ieee754 float_32",
        "float64": "float64 double f64 lreal",
        "bit": "bit bool boolean",
    }
)
ORDERS: Mapping[str, Mapping[str, str]] = {
    "ABCD": {},
    "CDAB": {"word_order": "little"},
    "BADC": {"byte_order": "little"},
    "DCBA": {"byte_order": "little", "word_order": "little"},
    "BIG": {},
    "LITTLE": {"byte_order": "little", "word_order": "little"},
}
_UNIT_WORDS = {"°c": "degC", "c": "degC", "deg c": "degC", "°f": "degF", "f": "degF", "deg f": "degF", "l/s": "L/s", "m³/h": "m3/h",
         "kwh": "kWh", "kw": "kW", "w": "W", "-": "enum", "percent": "%"}  # fmt: skip
YES = frozenset({"yes", "y", "true", "1", "rw", "r/w", "w", "wo", "read/write", "read-write", "x"})
_FIRST_DIGIT = {"0": "coil", "1": "discrete", "3": "input", "4": "holding"}
_ENTITY = re.compile(r"([0134])(\d{4}|\d{5})")
_RANGE = re.compile(r"\s*(-?[\d.,eE+]+)\s*(?:\.\.|to|;|/|–|-)\s*(-?[\d.,eE+]+)\s*")


def as_table(text: str | None) -> str | None:
    """Return the Modbus table that a cell names, if any."""
    if text is None:
        return None
    word = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")
    if word not in TABLES:
        raise ValueError(f"table: {text[:20]!r}: expected holding, input, coil or discrete, or a function code 1 to 4")
    return TABLES[word]


def wire_address(text: str, table: str | None, as_written: bool) -> tuple[str | None, int, str]:
    """Return table, address on the wire, and a comment where the cell numbers registers from 1, as 40001 does."""
    entity = None if as_written else _ENTITY.fullmatch(text)
    if entity and table in (None, _FIRST_DIGIT[entity[1]]) and int(entity[2]):
        return _FIRST_DIGIT[entity[1]], int(entity[2]) - 1, f"{text} in the list, counted from 1"
    try:
        address = int(text, 16) if text.lower().startswith("0x") else int(text)
    except ValueError:
        raise ValueError(f"address: {text[:20]!r}: expected a number such as 100, 0x64 or 40101") from None
    if not 0 <= address <= 65535:
        raise ValueError(f"address: {address} does not lie between 0 and 65535")
    return table, address, ""


def as_type(text: str | None, table: str | None) -> tuple[str, Mapping[str, str]]:
    """Return the type that a cell names, and a byte order that stands beside it, such as `float32 CDAB`."""
    if table in ("coil", "discrete"):
        return "bit", {}
    if text is None:
        return FILL_IN, {}
    words = re.findall(r"[a-z0-9_]+", text.lower())
    orders = [ORDERS[word.upper()] for word in words if word.upper() in ORDERS]
    kinds = [TYPES[word] for word in ["".join(words), *words] if word in TYPES]
    if not kinds:
        raise ValueError(f"type: {text[:20]!r}: expected a type such as int16, uint32 or float32")
    return kinds[0], orders[0] if orders else {}


def as_unit(text: str | None) -> str:
    """Return a unit as profiles name it."""
    if text is None:
        return FILL_IN
    unit = _UNIT_WORDS.get(text.lower(), text)
    if unit not in UNITS:
        known = nearest(unit, UNITS) or "; known: " + ", ".join(UNITS)
        raise ValueError(f"unit: {text[:20]!r} is not known{known}")
    return unit


def as_range(given: Mapping[str, str]) -> list[float] | None:
    """Return the range that the cells of a line give, in the canonical unit, if any."""
    if "low" in given and "high" in given:
        limits = [number("low", given["low"]), number("high", given["high"])]
    elif "range" in given:
        found = _RANGE.fullmatch(given["range"])
        if found is None:
            raise ValueError(f"range: {given['range'][:20]!r}: expected two numbers, such as 5..45")
        limits = [number("range", found[1]), number("range", found[2])]
    else:
        return None
    if limits[0] >= limits[1]:
        raise ValueError("range: the first number must be below the second")
    return limits


def number(column: str, text: str, *, zero: bool = True) -> float:
    """Return a number; a comma may stand for the point."""
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        value = float("nan")
    if not abs(value) < 1e30 or (value == 0 and not zero):
        raise ValueError(f"{column}: {text[:20]!r}: expected a number")
    return value
