"""What is fuzzed: each target takes any bytes, and raises only where a decoder breaks its promise.

A promise is: the declared errors and no others, nothing larger out than came in, and (SNMP) the fast path agrees with the slow.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress

import numpy as np

from facility.acquire.columns import Columns
from facility.acquire.decode import Scaling, number_in
from facility.acquire.modbus.identity import MalformedIdentityError, decode_identity
from facility.acquire.modbus.mbap import NotModbusError, cut_frames
from facility.acquire.modbus.pdu import MalformedAnswerError, ModbusExceptionAnswer, decode_read
from facility.acquire.modbus.registers import Block
from facility.acquire.modbus.rtu import find_answer
from facility.acquire.requests import ModbusRequest
from facility.acquire.snmp import ber
from facility.acquire.snmp.ber import WireError
from facility.acquire.snmp.community import CommunitySession
from facility.acquire.snmp.pdu import FIRST_ID, Pdu, decode_pdu, get
from facility.acquire.snmp.usm_engine import UsmEngine
from facility.acquire.snmp.usm_keys import UsmUser, master_key
from facility.acquire.snmp.usm_message import parse_message
from facility.acquire.snmp.v3 import UsmSession
from facility.acquire.traps.message import TRAP_V2
from facility.acquire.traps.senders import Sender
from facility.acquire.traps.usm import NotificationEngine, UsmSender
from facility.profile import NumberType, ProfilePoint

_REQUEST = get([f"1.3.6.1.4.1.318.1.1.26.4.3.1.5.{row}" for row in range(1, 4)])
_ENGINE_ID = bytes.fromhex("8000000001020304")
_USER = UsmUser(b"fuzz", "SHA256", master_key("fuzzfuzz", "SHA256"), "AES128", master_key("fuzzfuzz", "SHA256"))
_TYPES: tuple[NumberType, ...] = ("int16", "uint32", "float32", "float64", "int64", "string")
_POINTS = {
    f"{kind}_{order}": ProfilePoint(
        table="holding", address=5 * at, type=kind, byte_order=order, word_order=order, unit="kW", range=(-1e9, 1e9),
        invalid=(-1.0,), words=4 if kind == "string" else None,
    )
    for at, (kind, order) in enumerate((kind, order) for kind in _TYPES for order in ("big", "little"))
}  # fmt: skip
_MODBUS = ModbusRequest("holding", 0, 5 * len(_POINTS), tuple(_POINTS))
_BLOCK = Block(_MODBUS, _POINTS, {key: at for at, key in enumerate(_POINTS)})
_SCALING = Scaling(list(_POINTS.values()))


def snmp_pdu(data: bytes) -> None:
    """Decode a PDU with and without knowing its names: the same, or the same refusal."""
    assert _decoded(data, ()) == _decoded(data, _REQUEST.names)


def _decoded(data: bytes, expected: tuple[bytes, ...]) -> Pdu | None:
    try:
        pdu = decode_pdu(data, 0, len(data), expected)
    except WireError:
        return None
    assert len(pdu.names) == len(pdu.values) <= len(data)
    return pdu


def snmp_v2c_answer(data: bytes) -> None:
    """Take a datagram for the answer to a question."""
    try:
        pdu = CommunitySession("public").decode(data, FIRST_ID, _REQUEST)
    except WireError:
        return
    assert pdu.error_status or pdu.names == _REQUEST.names


def snmp_v3_answer(data: bytes) -> None:
    """Take a datagram for the answer of an engine; what is not signed can only be a report."""
    session, engine = UsmSession(_USER, lambda: 0.0), UsmEngine(_ENGINE_ID, _USER, lambda: 0.0)
    try:
        session.decode(engine, data, FIRST_ID, _REQUEST)
        parse_message(data)
    except WireError:
        return


def snmp_trap(data: bytes) -> None:
    """Take a datagram for a trap or an inform, of a community and of a v3 user."""
    engine = NotificationEngine("fuzz", 1.79e9)
    senders = (
        Sender("pdu", frozenset((b"public",)), None),
        Sender("ups", frozenset(), UsmSender(_USER, engine.id)),
    )
    for sender in senders:
        with suppress(WireError):
            _, received = sender.open(data, engine)
            if received.notification is not None:
                assert all(name.isprintable() and text.isprintable() for name, text in received.notification.varbinds)


def object_identifier(data: bytes) -> None:
    """Decode an object identifier."""
    with suppress(WireError):
        assert all(0 <= arc < 1 << 32 for arc in ber.oid_arcs(data))


def modbus_tcp_stream(data: bytes) -> None:
    """Cut a stream into frames; what is kept of it stays short."""
    try:
        frames, rest = cut_frames(data)
    except NotModbusError:
        return
    assert len(rest) < 260
    assert sum(len(pdu) + 7 for _, _, pdu in frames) + len(rest) == len(data)


def modbus_rtu_stream(data: bytes) -> None:
    """Look for an answer in what a serial line brought."""
    for request in (bytes.fromhex("03 0000 0003"), bytes.fromhex("10 0000 0001"), bytes.fromhex("2B 0E 01 00")):
        found = find_answer(data, 7, request)
        assert found is None or found in data


def modbus_registers(data: bytes) -> None:
    """Decode the registers of a block, whatever they hold."""
    for pdu in (data, bytes([3, 2 * _MODBUS.count]) + data.ljust(2 * _MODBUS.count, b"\0")[: 2 * _MODBUS.count]):
        columns = Columns.stale(len(_POINTS))
        try:
            _BLOCK.decode(decode_read(_MODBUS, pdu), columns.raw)
        except (MalformedAnswerError, ModbusExceptionAnswer):
            continue
        columns.answered[:] = True
        _SCALING.judge(columns)
        assert bool((np.isnan(columns.values) == (columns.quality == 2)).all())


def modbus_identity(data: bytes) -> None:
    """Decode a device identification."""
    try:
        identity = decode_identity(data)
    except MalformedIdentityError:
        return
    assert sum(map(len, identity.objects.values())) <= len(data)


def number_text(data: bytes) -> None:
    """Read a number that is written out."""
    assert isinstance(number_in(data), float)


TARGETS: Mapping[str, Callable[[bytes], None]] = {
    target.__name__: target
    for target in (
        snmp_pdu, snmp_v2c_answer, snmp_v3_answer, snmp_trap, object_identifier, modbus_tcp_stream, modbus_rtu_stream,
        modbus_registers, modbus_identity, number_text,
    )
}  # fmt: skip


def seeds(name: str) -> list[bytes]:
    """Return whole messages to begin from: a fuzzer takes long to find a nested length by itself."""
    pdu = _REQUEST.encode(FIRST_ID)
    answer = b"\xa2" + pdu[1:]
    v2c = ber.tlv(ber.SEQUENCE, ber.integer(1) + ber.tlv(ber.OCTETS, b"public") + answer)
    engine = UsmEngine(_ENGINE_ID, _USER, lambda: 0.0)
    return {
        "snmp_pdu": [answer],
        "snmp_v2c_answer": [v2c],
        "snmp_v3_answer": [UsmSession(_USER, lambda: 0.0).encode(engine, _REQUEST, FIRST_ID)],
        "snmp_trap": [_trap(), UsmSession(_USER, lambda: 0.0).encode(engine, _REQUEST, FIRST_ID)],
        "object_identifier": [bytes.fromhex("2B 06 01 04 01 82 3E")],
        "modbus_tcp_stream": [bytes.fromhex("0001 0000 0005 01 03 02 00B4 0002 0000")],
        "modbus_rtu_stream": [bytes.fromhex("07 03 06 0001 0002 0003")],
        "modbus_identity": [bytes.fromhex("2B 0E 01 01 00 00 02 00 03 414243 01 01 44")],
    }.get(name, [b"21.5"])


def _trap() -> bytes:
    uptime = ber.oid("1.3.6.1.2.1.1.3.0") + ber.integer(4200, ber.TIME_TICKS)
    kind = ber.oid("1.3.6.1.6.3.1.1.4.1.0") + ber.oid("1.3.6.1.6.3.1.1.5.3")
    varbinds = ber.tlv(ber.SEQUENCE, b"".join(ber.tlv(ber.SEQUENCE, each) for each in (uptime, kind)))
    pdu = ber.tlv(TRAP_V2, ber.integer(FIRST_ID) + ber.integer(0) + ber.integer(0) + varbinds)
    return ber.tlv(ber.SEQUENCE, ber.integer(1) + ber.tlv(ber.OCTETS, b"public") + pdu)
