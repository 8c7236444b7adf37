"""What polling costs: our CPU milliseconds per 1,000 varbinds (v2c, v3) and per 1,000 Modbus requests of 125 registers.

The servers are other processes (net-snmp's snmpd; a plain socket server), so that only our CPU is counted. The references are
measured here and now with pysnmp (request objects reused, no MIB look-ups) and pymodbus on the same servers.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pymodbus.client import AsyncModbusTcpClient
from pysnmp.hlapi.v3arch import asyncio as pysnmp

from facility.acquire.ber import OCTETS, SEQUENCE, integer, tlv
from facility.acquire.decode import Decoder, Value
from facility.acquire.modbus import ModbusClient
from facility.acquire.modbus_link import ModbusLink
from facility.acquire.snmp import Session, SnmpClient
from facility.acquire.snmp_pdu import FIRST_ID, RESPONSE, Request, get
from facility.acquire.snmp_v2c import CommunitySession
from facility.acquire.snmp_v3 import UsmSession
from facility.acquire.udp import UdpChannel
from facility.acquire.usm_keys import UsmUser, master_key
from facility.profile import Limits, ProfilePoint
from tools.bench import Row

_VARBINDS = 24  # a request, as the profiles have it
_REGISTERS = 125
_OIDS = [f"1.3.6.1.4.1.318.1.1.26.4.3.1.5.{number}" for number in range(1, _VARBINDS + 1)]
_AUTH, _PRIV = "authpass12", "privpass12"
_POINTS = {oid: ProfilePoint(oid=oid, type="integer", unit="W", range=(0, 1e6)) for oid in _OIDS}
_BLOCK = {
    f"p{at}": ProfilePoint(table="input", address=at, type="uint16", scale=0.1, unit="degC", range=(-50, 10_000))
    for at in range(_REGISTERS)
}


def run(quick: bool) -> list[Row]:
    """Measure; needs snmpd (tools/install_system_packages)."""
    polls = 200 if quick else 2000
    theirs = polls // 10
    with _snmpd() as agent, _modbus_server() as server:
        v2c = _snmp_ms(agent, CommunitySession("public"), polls)
        v3 = _snmp_ms(agent, _usm(), polls)
        v2c_reference = asyncio.run(_pysnmp_ms(agent, pysnmp.CommunityData("public"), theirs))
        v3_reference = asyncio.run(_pysnmp_ms(agent, _pysnmp_user(), theirs))
        modbus = asyncio.run(_modbus_ms(server, polls))
        modbus_reference = asyncio.run(_pymodbus_ms(server, theirs))
    return [
        Row("snmp_v2c_decoding_cpu_per_1000_varbinds", round(_decoding_ms(polls), 3), "ms"),
        _row("snmp_v2c_cpu_per_1000_varbinds", v2c, v2c_reference),
        _row("snmp_v3_sha256_aes128_cpu_per_1000_varbinds", v3, v3_reference),
        _row("modbus_cpu_per_1000_requests_of_125_registers", modbus, modbus_reference),
    ]


def _row(metric: str, value_ms: float, reference_ms: float) -> Row:
    return Row(metric, round(value_ms, 3), "ms", round(reference_ms, 3), round(value_ms / reference_ms, 4))


async def _cpu_ms(once: Callable[[], Awaitable[object]], times: int) -> float:
    """Return the CPU milliseconds of one call, after one to warm up."""
    await once()
    started = time.process_time()
    for _ in range(times):
        await once()
    return (time.process_time() - started) * 1000 / times


def _snmp_ms(port: int, session: Session, polls: int) -> float:
    async def measure() -> float:
        client = SnmpClient(UdpChannel("127.0.0.1", port), lambda: session, _POINTS, Limits())
        into: dict[str, Value] = {}
        per_poll = await _cpu_ms(lambda: client.read(into), polls)
        await client.close()
        return per_poll * 1000 / _VARBINDS

    return asyncio.run(measure())


def _decoding_ms(times: int) -> float:
    """Time what happens between the bytes of an answer and its values, without sockets and event loop."""
    request, decoders = get(_OIDS), [Decoder(point) for point in _POINTS.values()]
    pdu = Request(RESPONSE, request.names, [integer(1000 + number) for number in range(_VARBINDS)]).encode(FIRST_ID)
    datagram = tlv(SEQUENCE, integer(1) + tlv(OCTETS, b"public") + pdu)
    session = CommunitySession("public")
    started = time.process_time()
    for _ in range(times):
        answer = session.decode(datagram, FIRST_ID, request)
        for decoder, value in zip(decoders, answer.values, strict=True):
            decoder.varbind(value)
    return (time.process_time() - started) * 1e6 / times / _VARBINDS


def _usm() -> UsmSession:
    user = UsmUser(b"bench", "SHA256", master_key(_AUTH, "SHA256"), "AES128", master_key(_PRIV, "SHA256"))
    return UsmSession(user, time.monotonic)


def _pysnmp_user() -> pysnmp.UsmUserData:
    return pysnmp.UsmUserData(
        "bench",
        _AUTH,
        _PRIV,
        authProtocol=pysnmp.USM_AUTH_HMAC192_SHA256,
        privProtocol=pysnmp.USM_PRIV_CFB128_AES,
    )


async def _pysnmp_ms(port: int, user: pysnmp.CommunityData | pysnmp.UsmUserData, polls: int) -> float:
    engine = pysnmp.SnmpEngine()
    target = await pysnmp.UdpTransportTarget.create(("127.0.0.1", port))
    objects = [pysnmp.ObjectType(pysnmp.ObjectIdentity(oid)) for oid in _OIDS]

    async def once() -> None:
        await pysnmp.get_cmd(engine, user, target, pysnmp.ContextData(), *objects, lookupMib=False)

    per_poll = await _cpu_ms(once, polls)
    engine.close_dispatcher()
    return per_poll * 1000 / _VARBINDS


async def _modbus_ms(port: int, polls: int) -> float:
    client = ModbusClient(ModbusLink("127.0.0.1", port), 1, _BLOCK, Limits(registers_per_request=_REGISTERS))
    into: dict[str, Value] = {}
    per_poll = await _cpu_ms(lambda: client.read(into), polls)
    await client.close()
    return per_poll * 1000


async def _pymodbus_ms(port: int, polls: int) -> float:
    """Time pymodbus without decoding any value: the answer's registers as they are."""
    client = AsyncModbusTcpClient("127.0.0.1", port=port)
    await client.connect()
    per_poll = await _cpu_ms(lambda: client.read_input_registers(0, count=_REGISTERS, device_id=1), polls)
    client.close()
    return per_poll * 1000


@contextmanager
def _snmpd() -> Iterator[int]:
    binary = shutil.which("snmpd") or shutil.which("snmpd", path="/usr/sbin:/usr/local/sbin")
    if binary is None:
        raise RuntimeError("snmpd is not installed; run tools/install_system_packages")
    lines = [
        "dontLogTCPWrappersConnects yes",
        "rocommunity public 127.0.0.1",
        f"createUser bench SHA-256 {_AUTH} AES {_PRIV}",
        "rouser bench priv",
    ]
    lines += [f"override .{oid} integer {1000 + number}" for number, oid in enumerate(_OIDS)]
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
        probe.close()
        configuration = Path(folder) / "snmpd.conf"
        configuration.write_text("\n".join(lines) + "\n", encoding="utf-8")
        command = [binary, "-f", "-Lo", "-C", "-c", str(configuration), f"udp:127.0.0.1:{port}"]
        environment = {**os.environ, "SNMP_PERSISTENT_DIR": folder, "MIBS": ""}
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment
        )
        try:
            if not any("NET-SNMP version" in line for line in process.stdout or ()):
                raise RuntimeError("snmpd did not start")
            yield port
        finally:
            process.terminate()
            process.communicate(timeout=10)


@contextmanager
def _modbus_server() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        process = multiprocessing.get_context("fork").Process(target=_serve, args=(listener,), daemon=True)
        process.start()
        try:
            yield int(listener.getsockname()[1])
        finally:
            process.terminate()
            process.join(timeout=10)


def _serve(listener: socket.socket) -> None:
    """Answer each read with as many registers as it asks for, one client after the other."""
    while True:
        connection, _ = listener.accept()
        with connection:
            while frame := connection.recv(260):
                size = 2 * int.from_bytes(frame[10:12], "big")
                body = frame[6:8] + bytes([size]) + bytes(range(size))
                connection.sendall(frame[:4] + len(body).to_bytes(2, "big") + body)
