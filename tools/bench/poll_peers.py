"""Who else polls: stock pysnmp, gufo-snmp, net-snmp's snmpbulkwalk and pymodbus, each in the ways that its documents call fast."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from importlib.util import find_spec

import pysnmp.hlapi.v3arch.asyncio as pysnmp
from pymodbus.client import AsyncModbusTcpClient

from tools.bench.agents import WALKED_ROWS, walked_table
from tools.bench.poll_fleet import COLUMNS, OUTLETS, outlet_oid
from tools.bench.poll_site import AUTH_KEY, COMMUNITY, PRIV_KEY, USER

Poll = Callable[[], Awaitable[int]]  # asks once; returns how many values came
_BULK = 50  # rows an answer of a walk
_WALKS = 5


@asynccontextmanager
async def pysnmp_polls(port: int, points: int, *, v3: bool) -> AsyncIterator[dict[str, Poll]]:
    """Ask with objects that are built once and without looking names up: as one GET, and as a GETBULK over the columns."""
    engine = pysnmp.SnmpEngine()
    target = await pysnmp.UdpTransportTarget.create(("127.0.0.1", port))
    user = _pysnmp_user() if v3 else pysnmp.CommunityData(COMMUNITY)
    instances = _pysnmp_objects([outlet_oid(point) for point in range(points)])
    columns = _pysnmp_objects([(*OUTLETS, column) for column in COLUMNS])
    common = engine, user, target, pysnmp.ContextData()

    async def get() -> int:
        return _pysnmp_count(await pysnmp.get_cmd(*common, *instances, lookupMib=False))

    async def bulk() -> int:
        rows = points // len(COLUMNS)
        return _pysnmp_count(await pysnmp.bulk_cmd(*common, 0, rows, *columns, lookupMib=False))

    yield {"pysnmp GET": get, "pysnmp GETBULK": bulk}
    engine.close_dispatcher()


def _pysnmp_objects(oids: Sequence[tuple[int, ...]]) -> list[pysnmp.ObjectType]:
    return [pysnmp.ObjectType(pysnmp.ObjectIdentity(oid)) for oid in oids]


def _pysnmp_user() -> pysnmp.UsmUserData:
    sha256, aes128 = pysnmp.USM_AUTH_HMAC192_SHA256, pysnmp.USM_PRIV_CFB128_AES
    return pysnmp.UsmUserData(USER, AUTH_KEY, PRIV_KEY, authProtocol=sha256, privProtocol=aes128)


def _pysnmp_count(answer: tuple[object, int, int, Sequence[object]]) -> int:
    fault, status, _, varbinds = answer
    if fault or status:
        raise RuntimeError(f"pysnmp: {fault or status}")
    return len(varbinds)


def has_gufo() -> bool:
    """Tell whether gufo-snmp is installed; it has wheels for some machines only."""
    return find_spec("gufo") is not None


@asynccontextmanager
async def gufo_polls(port: int, points: int, *, v3: bool) -> AsyncIterator[dict[str, Poll]]:
    """Ask for a device's instances in one GET, and walk a column by GETBULK."""
    from gufo.snmp import Aes128Key, Sha256Key, User  # noqa: PLC0415  # may be absent
    from gufo.snmp.aio import SnmpSession  # noqa: PLC0415

    keyed = User(USER, auth_key=Sha256Key(AUTH_KEY.encode()), priv_key=Aes128Key(PRIV_KEY.encode()))
    oids = [".".join(map(str, outlet_oid(point))) for point in range(points)]
    async with SnmpSession("127.0.0.1", port, COMMUNITY, user=keyed if v3 else None) as session:

        async def get() -> int:
            return len(await session.get_many(oids))

        async def bulk() -> int:
            return sum([1 async for _ in session.getbulk(walked_table(), _BULK)])

        yield {"gufo GET": get, "gufo GETBULK": bulk}


def snmpbulkwalk_ms_per_1000(port: int, *, v3: bool) -> float | None:
    """Return the CPU of a walk without that of the program's start, by a walk of one row; None where it is not installed."""
    binary = shutil.which("snmpbulkwalk")
    if binary is None:
        return None
    keys = ["-l", "authPriv", "-u", USER, "-a", "SHA-256", "-A", AUTH_KEY, "-x", "AES", "-X", PRIV_KEY]
    asking = ["-v3", *keys] if v3 else ["-v2c", "-c", COMMUNITY]
    command = [binary, "-m", "", "-Oqn", f"-Cr{_BULK}", *asking, f"127.0.0.1:{port}"]
    whole_s = min(_child_cpu_s([*command, walked_table()]) for _ in range(_WALKS))
    start_s = min(_child_cpu_s([*command, f"{walked_table()}.{WALKED_ROWS}"]) for _ in range(_WALKS))
    return (whole_s - start_s) * 1e6 / (WALKED_ROWS - 1)


def _child_cpu_s(command: list[str]) -> float:
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{command[0]} failed")
    return used.ru_utime + used.ru_stime


@asynccontextmanager
async def pymodbus_poll(port: int, registers: int) -> AsyncIterator[Poll]:
    """Ask for registers and leave them as they are: no value is decoded."""
    client = AsyncModbusTcpClient("127.0.0.1", port=port)
    await client.connect()

    async def read() -> int:
        return len((await client.read_input_registers(0, count=registers, device_id=1)).registers)

    yield read
    client.close()
