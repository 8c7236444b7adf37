"""A register list as vendors and integrators hand it over, in CSV: one line a point.

Columns may stand in any order and under the names that such lists use; one that is not known is named, and ignored.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from facility.errors import ConfigurationError
from facility.faults import nearest
from facility.points import QUANTITIES
from facility.profile.register_words import (
    COLUMNS,
    ORDERS,
    YES,
    as_range,
    as_table,
    as_type,
    as_unit,
    number,
    wire_address,
)
from facility.profile.template import FILL_IN

_MAX_BYTES = 1024 * 1024
_MOST_LINES = 5_000
Value = str | float | int | bool | list[float]


@dataclass(frozen=True, slots=True)
class Listed:
    """One point: what a profile will say of it, and a comment."""

    line: int
    key: str
    values: Mapping[str, Value]
    comment: str


@dataclass(frozen=True, slots=True)
class RegisterList:
    """What a file holds."""

    path: Path
    points: tuple[Listed, ...]
    ignored: tuple[str, ...]  # columns that are not known


def read_register_list(path: Path, *, wire_addresses: bool = False) -> RegisterList:
    """Read a CSV file with semicolons, commas or tabs.

    Parameters
    ----------
    path
        The file.
    wire_addresses
        Take addresses as they stand. Otherwise 40001 is the first holding register, 30001 the first input register, 10001 the
        first discrete input and 00001 the first coil.

    Raises
    ------
    ConfigurationError
        `file:line: what is wrong` for every line that cannot be understood.
    """
    lines = _text(path).splitlines()
    reader = csv.reader(lines, delimiter=_delimiter(lines[0] if lines else ""))
    headings = [each.strip() for each in next(reader, [])]
    columns = [COLUMNS.get(_word(each)) for each in headings]
    if not {"key", "quantity"} & set(columns) or not {"address", "oid"} & set(columns):
        raise ConfigurationError(f"{path}:1: expected columns named key (or quantity) and address (or oid)")
    points: list[Listed] = []
    faults: list[str] = []
    seen: dict[str, int] = {}
    for cells in reader:
        given = {name: cell.strip() for name, cell in zip(columns, cells, strict=False) if name and cell.strip()}
        if not given:
            continue
        try:
            points.append(_listed(reader.line_num, given, wire_addresses))
        except ValueError as error:
            faults.append(f"{path}:{reader.line_num}: {error}")
            continue
        first = seen.setdefault(points[-1].key, reader.line_num)
        if first != reader.line_num:
            faults.append(f"{path}:{reader.line_num}: {points[-1].key}: stands on line {first} already")
    if faults or not points:
        raise ConfigurationError("\n".join(faults) or f"{path}: no points in it")
    return RegisterList(path, tuple(points), tuple(each for each in headings if _word(each) not in COLUMNS and each))


def _text(path: Path) -> str:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be read: {error.strerror}") from error
    if len(data) > _MAX_BYTES or data.count(b"\n") > _MOST_LINES:
        raise ConfigurationError(f"{path}: too large for a register list of one device model")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ConfigurationError(f"{path}: not UTF-8; save the file as CSV UTF-8") from None


def _delimiter(heading: str) -> str:
    return max(";,\t", key=heading.count)


def _word(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")


def _listed(line: int, given: Mapping[str, str], wire_addresses: bool) -> Listed:
    key = _word(given.get("key") or given["quantity"]) if {"key", "quantity"} & given.keys() else ""
    if not re.fullmatch(r"[a-z][a-z0-9_]*", key):
        raise ValueError("key: expected a word such as supply_air_temperature_degc")
    values: dict[str, Value] = dict(_quantity(key, given))
    comment = ""
    if "oid" in given:
        values["oid"] = given["oid"].strip(".")
        values["type"] = "string" if given.get("type", "").lower() == "string" else "integer"
    else:
        if "address" not in given:
            raise ValueError("address: nothing there")
        table, values["address"], comment = wire_address(given["address"], as_table(given.get("table")), wire_addresses)
        values["table"] = table or FILL_IN
        values["type"], order = as_type(given.get("type"), table)
        values.update(order)
        if "order" in given:
            values.update(_order(given["order"]))
    values.update(_scaling(given))
    if given.get("writable", "").lower() in YES:
        values["writable"] = True
    return Listed(line, key, values, comment)


def _quantity(key: str, given: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    quantity = _word(given.get("quantity") or key)
    if quantity not in QUANTITIES:
        raise ValueError(f"{quantity}: no quantity of docs/nomenclature.md{nearest(quantity, QUANTITIES)}")
    if quantity != key:
        yield "quantity", quantity
    if "slot" in given:
        yield "slot", _word(given["slot"])


def _order(text: str) -> Mapping[str, str]:
    if text.upper() not in ORDERS:
        raise ValueError(f"order: {text[:20]!r}: expected one of {', '.join(ORDERS)}")
    return ORDERS[text.upper()]


def _scaling(given: Mapping[str, str]) -> Iterator[tuple[str, Value]]:
    if "scale" in given:
        yield "scale", number("scale", given["scale"])
    if "divisor" in given:
        yield "scale", 1.0 / number("divisor", given["divisor"], zero=False)
    if "offset" in given:
        yield "offset", number("offset", given["offset"])
    yield "unit", as_unit(given.get("unit"))
    if "invalid" in given:
        yield "invalid", [number("invalid", each) for each in given["invalid"].replace(",", " ").split()]
    yield "range", as_range(given) or FILL_IN
