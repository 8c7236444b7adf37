"""The benchmark's own devices, asked by clients that nobody here wrote: they answer as real ones do, each with its own values."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pysnmp.hlapi.v3arch.asyncio as pysnmp
import pytest
from pymodbus.client import AsyncModbusTcpClient
from pysnmp.proto.rfc1905 import EndOfMibView, NoSuchObject

from tools.bench.agents import fleet_port, responders
from tools.bench.poll_fleet import COLUMNS, OUTLETS, SNMP_POINTS, WOBBLES, Fleet, host, least_raw, outlet_oid

FLEET = Fleet(snmp=2, modbus=2, interval_s=1.0, flush_interval_s=1.0)
LAST_OID = (*OUTLETS, COLUMNS[-1], SNMP_POINTS // len(COLUMNS))


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    port = fleet_port(FLEET)
    with responders(FLEET, port):
        yield port


def snmp(port: int, device: int, command: str, *oids: tuple[int, ...]) -> list[tuple[tuple[int, ...], object]]:
    """Ask a device by pysnmp; "GETBULK 20" is one with so many repetitions."""

    async def ask() -> list[tuple[tuple[int, ...], object]]:
        engine = pysnmp.SnmpEngine()
        target = await pysnmp.UdpTransportTarget.create((host(device), port), timeout=2, retries=0)
        common = engine, pysnmp.CommunityData("public"), target, pysnmp.ContextData()
        objects = [pysnmp.ObjectType(pysnmp.ObjectIdentity(oid)) for oid in oids]
        name, _, repetitions = command.partition(" ")
        call = {"GET": pysnmp.get_cmd, "GETNEXT": pysnmp.next_cmd, "GETBULK": pysnmp.bulk_cmd}[name]
        counts = (0, int(repetitions)) if repetitions else ()
        fault, status, _, varbinds = await call(*common, *counts, *objects, lookupMib=False)
        engine.close_dispatcher()
        assert not fault and not status, (fault, status)
        return [(tuple(varbind[0]), varbind[1]) for varbind in varbinds]

    return asyncio.run(ask())


def is_value_of(device: int, point: int, value: Any) -> bool:
    return int(value) - least_raw(device, point) in range(WOBBLES)


@pytest.mark.parametrize("device", [0, 1])
def test_a_get_brings_the_values_of_that_device(port: int, device: int) -> None:
    asked = [outlet_oid(point) for point in range(SNMP_POINTS)]
    answer = snmp(port, device, "GET", *asked)
    assert [oid for oid, _ in answer] == asked
    assert all(is_value_of(device, point, value) for point, (_, value) in enumerate(answer))


def test_a_getbulk_reads_the_columns_side_by_side_as_far_as_a_frame_holds_them(port: int) -> None:
    columns = [(*OUTLETS, column) for column in COLUMNS]
    answer = snmp(port, 0, "GETBULK 10", *columns)
    assert [oid for oid, _ in answer] == [outlet_oid(point) for point in range(10 * len(COLUMNS))]
    assert all(is_value_of(0, point, value) for point, (_, value) in enumerate(answer))
    whole = [oid for oid, _ in snmp(port, 0, "GETBULK 100", *columns)]
    assert whole == [outlet_oid(point) for point in range(len(whole))]
    assert len(answer) < len(whole) < SNMP_POINTS


def test_what_is_not_there_is_said_as_the_standard_says_it(port: int) -> None:
    ((_, value),) = snmp(port, 0, "GET", (1, 3, 6, 1, 2, 1, 1, 1, 0))
    assert isinstance(value, NoSuchObject)
    ((_, value),) = snmp(port, 0, "GETNEXT", LAST_OID)
    assert isinstance(value, EndOfMibView)


def test_a_meter_gives_its_registers_and_refuses_those_it_has_not(port: int) -> None:
    async def ask(device: int) -> list[int]:
        client = AsyncModbusTcpClient(host(device), port=port)
        assert await client.connect()
        read = await client.read_input_registers(3, count=97, device_id=1)
        beyond = await client.read_input_registers(99, count=2, device_id=1)
        client.close()
        assert beyond.isError()
        return list(read.registers)

    for device in (2, 3):
        registers = asyncio.run(ask(device))
        assert all(is_value_of(device, 3 + place, value) for place, value in enumerate(registers))
        assert len(registers) == 97


def test_devices_and_points_differ_by_more_than_their_values_move() -> None:
    raws = sorted({least_raw(device, point) for device in range(20) for point in range(SNMP_POINTS)})
    assert min(after - before for before, after in pairwise(raws)) >= 1
    assert abs(least_raw(0, 1) - least_raw(0, 0)) > WOBBLES < abs(least_raw(1, 0) - least_raw(0, 0))


def test_of_faulty_devices_one_in_five_stays_silent_for_a_while() -> None:
    port = fleet_port(FLEET)
    with responders(FLEET, port, fault_period_s=60.0, slow_s=0.1) as answered:
        assert snmp(port, 1, "GET", outlet_oid(0)), "the second device is well"
        begun = time.monotonic()
        with pytest.raises(AssertionError, match="No SNMP response"):
            snmp(port, 0, "GET", outlet_oid(0))
        assert time.monotonic() - begun > 1.5, "the first is dead"
    assert answered.values == 1
