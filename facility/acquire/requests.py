"""Which requests read a device: points grouped into Modbus blocks and SNMP GETs. Pure: no socket, no clock."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from facility.errors import ConfigurationError
from facility.profile import Limits, ModbusTable, ProfilePoint

# An SNMP answer has to fit one Ethernet frame: fragments are often dropped on the way. 1500 bytes less IP and UDP
# headers and the envelope of a v3 message; a varbind takes its name, its value (nine bytes at most) and three headers.
_ANSWER_BYTES = 1300
_VARBIND_BYTES = 15
_WORDS = {"int32": 2, "uint32": 2, "float32": 2, "int64": 4, "uint64": 4, "float64": 4}


@dataclass(frozen=True, slots=True)
class ModbusRequest:
    """One read of consecutive registers (or bits) of a table, and the points found in it."""

    table: ModbusTable
    address: int
    count: int
    keys: tuple[str, ...]

    @property
    def end(self) -> int:
        """The address after the last one read."""
        return self.address + self.count


def words(point: ProfilePoint) -> int:
    """Return how many registers (or bits, in a table of bits) a point takes."""
    return _WORDS.get(point.type, 1)


def plan_modbus(points: Mapping[str, ProfilePoint], limits: Limits) -> tuple[ModbusRequest, ...]:
    """Group points into as few requests as the device's limits allow.

    Neighbours merge across gaps of up to `limits.gap_registers`; no request exceeds `limits.registers_per_request`.

    Raises
    ------
    ConfigurationError
        If one point alone is wider than a request may be.
    """
    spans = sorted((str(point.table), _address(point), words(point), key) for key, point in points.items())
    return tuple(_merge(spans, limits))


def _address(point: ProfilePoint) -> int:
    if point.address is None or point.table is None:
        raise ConfigurationError("a Modbus profile holds a point without table and address")
    return point.address


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


def halve_modbus(request: ModbusRequest, points: Mapping[str, ProfilePoint]) -> tuple[ModbusRequest, ...]:
    """Split a refused request into two that leave out what lies between; none if it holds one point only."""
    middle = len(request.keys) // 2
    halves = (request.keys[:middle], request.keys[middle:]) if middle else ()
    return tuple(_covering(request.table, keys, points) for keys in halves)


def _covering(table: ModbusTable, keys: tuple[str, ...], points: Mapping[str, ProfilePoint]) -> ModbusRequest:
    start = min(_address(points[key]) for key in keys)
    end = max(_address(points[key]) + words(points[key]) for key in keys)
    return ModbusRequest(table, start, end - start, keys)


def plan_snmp(points: Mapping[str, ProfilePoint], limits: Limits) -> tuple[tuple[str, ...], ...]:
    """Group the instances that points read into GETs, each answer small enough for one frame."""
    instances = dict.fromkeys(oid for point in points.values() for oid in oids(point))
    return tuple(_frames(instances, limits))


def _frames(instances: Iterable[str], limits: Limits) -> Iterator[tuple[str, ...]]:
    frame: list[str] = []
    size = 0
    for oid in instances:
        cost = _VARBIND_BYTES + oid_length(oid)
        if frame and (len(frame) == limits.varbinds_per_request or size + cost > _ANSWER_BYTES):
            yield tuple(frame)
            frame, size = [], 0
        frame.append(oid)
        size += cost
    if frame:
        yield tuple(frame)


def oids(point: ProfilePoint) -> tuple[str, ...]:
    """Return the instances that make up a point."""
    return (point.oid, *point.plus_oids) if point.oid else ()


def oid_length(oid: str) -> int:
    """Return the encoded length of an object identifier: its first two arcs share a byte, 7 bits a byte after that."""
    return 1 + sum(max(1, -(-int(arc).bit_length() // 7)) for arc in oid.split(".")[2:])


def halve_snmp(request: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """Split a GET whose answer was too big; nothing if it asks for one instance only."""
    middle = len(request) // 2
    return (tuple(request[:middle]), tuple(request[middle:])) if middle else ()
