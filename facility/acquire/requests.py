"""Which requests read a device: places grouped into Modbus blocks and SNMP GETs and GETBULKs. Pure: no socket, no clock."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

from facility.errors import ConfigurationError
from facility.profile import Limits, ModbusTable, Place

# What an SNMP answer takes beside its varbinds: the envelope of a v3 message, a long community and the PDU's own fields. A
# varbind takes its name, its value (nine bytes at most) and three headers.
_ENVELOPE_BYTES = 130
_VARBIND_BYTES = 15
_FEWEST_ROWS = 4  # below it a GETBULK saves nothing


@dataclass(frozen=True, slots=True)
class ModbusRequest:
    """One read of consecutive registers (or bits) of a table, and the places found in it."""

    table: ModbusTable
    address: int
    count: int
    keys: tuple[str, ...]

    @property
    def end(self) -> int:
        """The address after the last one read."""
        return self.address + self.count


def plan_modbus(places: Mapping[str, Place], limits: Limits) -> tuple[ModbusRequest, ...]:
    """Group places into as few requests as the device's limits allow.

    Neighbours merge across gaps of up to `limits.gap_registers`; no request exceeds `limits.registers_per_request`.

    Raises
    ------
    ConfigurationError
        If one place alone is wider than a request may be.
    """
    spans = sorted((str(place.table), _address(place), place.width, key) for key, place in places.items())
    return tuple(_merge(spans, limits))


def _address(place: Place) -> int:
    if place.address is None or place.table is None:
        raise ConfigurationError("a Modbus profile holds a point without table and address")
    return place.address


def _merge(spans: Iterable[tuple[str, int, int, str]], limits: Limits) -> Iterator[ModbusRequest]:
    current: ModbusRequest | None = None
    for table, address, width, key in spans:
        if width > limits.registers_per_request:
            raise ConfigurationError(f"{key}: takes {width} registers, more than limits.registers_per_request")
        if current is not None and table == current.table and address <= current.end + limits.gap_registers:
            count = max(current.end, address + width) - current.address
            if count <= limits.registers_per_request:
                current = ModbusRequest(current.table, current.address, count, (*current.keys, key))
                continue
        if current is not None:
            yield current
        current = ModbusRequest(table, address, width, (key,))  # type: ignore[arg-type]  # str(table) of a ModbusTable
    if current is not None:
        yield current


def halve_modbus(request: ModbusRequest, places: Mapping[str, Place]) -> tuple[ModbusRequest, ...]:
    """Split a refused request into two that leave out what lies between; none if it holds one place only."""
    middle = len(request.keys) // 2
    halves = (request.keys[:middle], request.keys[middle:]) if middle else ()
    return tuple(_covering(request.table, keys, places) for keys in halves)


def _covering(table: ModbusTable, keys: tuple[str, ...], places: Mapping[str, Place]) -> ModbusRequest:
    start = min(_address(places[key]) for key in keys)
    end = max(_address(places[key]) + places[key].width for key in keys)
    return ModbusRequest(table, start, end - start, keys)


class SnmpGroup(NamedTuple):
    """Instances asked for together, in the order in which the answer names them."""

    oids: tuple[str, ...]
    columns: int = 0  # of a GETBULK: the instances are rows of so many columns, in turn; 0: a GET names each


def plan_snmp(oids: Iterable[str], limits: Limits) -> tuple[SnmpGroup, ...]:
    """Group instances into requests, each answer small enough for one frame.

    A GETBULK of consecutive rows asks for them in a tenth of the bytes; its answer is as long as a GET's, and costs us the same.
    So it is taken where it does not make more requests.
    """
    instances = tuple(dict.fromkeys(oids))
    gets = tuple(_gets(instances, limits))
    bulk = (
        tuple(part for block in _bulk_blocks(instances) for part in _bulk_parts(block, limits)) if limits.bulk else ()
    )
    taken = {oid for group in bulk for oid in group.oids}
    mixed = (*_gets([oid for oid in instances if oid not in taken], limits), *bulk)
    return mixed if len(mixed) <= len(gets) else gets


def _gets(instances: Iterable[str], limits: Limits) -> Iterator[SnmpGroup]:
    frame: list[str] = []
    size = _ENVELOPE_BYTES
    for oid in instances:
        cost = varbind_bytes(oid)
        if frame and (len(frame) == limits.varbinds_per_request or size + cost > limits.answer_bytes):
            yield SnmpGroup(tuple(frame))
            frame, size = [], _ENVELOPE_BYTES
        frame.append(oid)
        size += cost
    if frame:
        yield SnmpGroup(tuple(frame))


class _Block(NamedTuple):
    """Columns of a table that are read in the same consecutive rows."""

    columns: tuple[str, ...]
    first: int
    rows: int


def _bulk_blocks(instances: Sequence[str]) -> tuple[_Block, ...]:
    runs: dict[tuple[int, int], list[str]] = {}
    split = [(oid.rpartition(".")[0], int(oid.rpartition(".")[2])) for oid in instances]
    for column, members in groupby(sorted(split), key=lambda each: each[0]):
        for first, rows in _consecutive([row for _, row in members]):
            if rows >= _FEWEST_ROWS:
                runs.setdefault((first, rows), []).append(column)
    return tuple(_Block(tuple(columns), first, rows) for (first, rows), columns in runs.items())


def _consecutive(rows: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield (first, length) of each run of rising neighbours."""
    start = 0
    for at in range(1, len(rows) + 1):
        if at == len(rows) or rows[at] != rows[at - 1] + 1:
            yield rows[start], at - start
            start = at


def _bulk_parts(block: _Block, limits: Limits) -> Iterator[SnmpGroup]:
    """Yield the block in pieces of as many columns and rows as one answer holds."""
    most = max(1, min(limits.varbinds_per_request, (limits.answer_bytes - _ENVELOPE_BYTES) // _widest(block)))
    columns_at_once = max(1, min(len(block.columns), most // _FEWEST_ROWS))
    for at in range(0, len(block.columns), columns_at_once):
        columns = block.columns[at : at + columns_at_once]
        rows_at_once = max(1, most // len(columns))
        for row in range(block.first, block.first + block.rows, rows_at_once):
            until = min(row + rows_at_once, block.first + block.rows)
            yield SnmpGroup(tuple(f"{column}.{n}" for n in range(row, until) for column in columns), len(columns))


def _widest(block: _Block) -> int:
    return max(varbind_bytes(f"{column}.{block.first + block.rows}") for column in block.columns)


def varbind_bytes(oid: str) -> int:
    """Return the most bytes that an instance and its number take in an answer."""
    return _VARBIND_BYTES + oid_length(oid)


def oid_length(oid: str) -> int:
    """Return the encoded length of an object identifier: its first two arcs share a byte, 7 bits a byte after that."""
    return 1 + sum(max(1, -(-int(arc).bit_length() // 7)) for arc in oid.split(".")[2:])


def halve_snmp(group: SnmpGroup) -> tuple[SnmpGroup, ...]:
    """Split a request whose answer was too big; nothing if it asks for one instance only."""
    width = group.columns or 1
    rows = len(group.oids) // width
    if rows < 2:
        return halve_snmp(SnmpGroup(group.oids)) if group.columns > 1 else ()
    middle = rows // 2 * width
    return (SnmpGroup(group.oids[:middle], group.columns), SnmpGroup(group.oids[middle:], group.columns))
