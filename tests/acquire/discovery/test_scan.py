"""The whole scan, judged by what goes over the wire."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from facility.acquire.discovery.found import Fault, Found
from facility.acquire.discovery.ranges import parse_targets
from facility.acquire.discovery.recognise import Recogniser
from facility.acquire.discovery.scan import Pace, Scan, Wanted
from facility.site import SnmpAddress
from tests.acquire.ber_by_hand import Question
from tests.acquire.discovery.devices import PDU_LINES, SYS_DESCR, SYS_NAME, SYS_OBJECT_ID, recogniser
from tests.acquire.discovery.recorders import agent_behind, tcp_recorder, udp_recorder
from tests.acquire.servers import snmpd

GET, GET_NEXT = 0xA0, 0xA1
FAST = Pace(hosts_per_s=1000)


@pytest.fixture(autouse=True)
def _secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMMUNITY", "public-word")


@pytest.fixture(scope="module")
def knows(tmp_path_factory: pytest.TempPathFactory) -> Recogniser:
    return recogniser(tmp_path_factory.mktemp("profiles"))


def credentials(port: int) -> SnmpAddress:
    return SnmpAddress(host="host", port=port, community="env:COMMUNITY")


def scanned(words: list[str], wanted: Wanted, knows: Recogniser, pace: Pace = FAST) -> Scan:
    scan = Scan(parse_targets(words), wanted, pace, knows)
    asyncio.run(scan.run())
    assert scan.finished == scan.hosts
    return scan


def test_snmp_is_asked_names_and_rows_only_and_at_no_other_address(knows: Recogniser, tmp_path: Path) -> None:
    with snmpd(tmp_path, PDU_LINES) as agent, udp_recorder(agent_behind(agent)) as (port, record):
        scan = scanned(["127.0.1.0/29", "127.0.2.7..9"], Wanted(credentials(port)), knows)
    expected = [f"127.0.1.{number}" for number in range(1, 7)] + [f"127.0.2.{number}" for number in (7, 8, 9)]
    assert [answer.address.host for answer in scan.answers if isinstance(answer, Found)] == expected
    assert {datagram.to for datagram in record} == set(expected)
    questions = [Question(datagram.data) for datagram in record]
    gets = {tuple(question.names) for question in questions if question.tag == GET and len(question.names) > 1}
    assert gets == {(SYS_OBJECT_ID, SYS_DESCR, SYS_NAME)}
    assert {question.tag for question in questions} == {GET, GET_NEXT}
    table = bytes.fromhex("2b060104 01868d1f")  # our own enterprise: rows, and whether one is there
    assert all(name.startswith(table) for question in questions for name in question.names if len(question.names) == 1)
    assert len(record) < 20 * len(expected)


def test_modbus_is_asked_for_its_identification_only_over_one_connection_a_host(knows: Recogniser) -> None:
    async def run() -> None:
        async with tcp_recorder(lambda frame: frame[:4] + bytes([0, 3, frame[6], 0xAB, 1])) as (port, record):
            wanted = Wanted(modbus_units=(1, 255), modbus_port=port)
            targets = parse_targets(["127.0.1.1..4", f"127.0.1.2:{port}"])
            scan = Scan(targets, wanted, FAST, knows)
            await scan.run()
            assert len(scan.answers) == 10
            assert sorted(to for _, to in record.opened) == sorted([f"127.0.1.{n}" for n in (1, 2, 2, 3, 4)])
            assert set(record.most.values()) == {1}
            assert {frame[7:] for frame in record.frames} == {bytes([0x2B, 0x0E, 1, 0])}
            assert {frame[6] for frame in record.frames} == {1, 255}
            await asyncio.sleep(0.1)
            assert set(record.now.values()) == {0}

    asyncio.run(run())


def test_silent_units_leave_one_connection_at_a_time(knows: Recogniser) -> None:
    async def run() -> None:
        async with tcp_recorder(lambda frame: None) as (port, record):
            wanted = Wanted(modbus_units=(1, 2, 3), modbus_port=port, timeout_s=0.05)
            scan = Scan(parse_targets(["127.0.1.1"]), wanted, FAST, knows)
            await scan.run()
            assert [type(answer) for answer in scan.answers] == [Fault] * 3
            assert record.most == {"127.0.1.1": 1}

    asyncio.run(run())


def test_what_is_not_asked_for_is_not_sent(knows: Recogniser) -> None:
    """One port for both protocols: each is sent only where it is wanted."""

    async def run(port: int, wanted: Wanted) -> None:
        await Scan(parse_targets(["127.0.1.1"]), wanted, FAST, knows).run()

    async def both() -> None:
        with udp_recorder(lambda to, data: []) as (udp, datagrams):
            async with tcp_recorder(lambda frame: None) as (tcp, connections):
                await run(udp, Wanted(credentials(udp), modbus_port=tcp, timeout_s=0.05))
                assert (len(datagrams), len(connections.opened)) == (2, 0)
                await run(tcp, Wanted(modbus_units=(1,), modbus_port=tcp, timeout_s=0.05))
                assert (len(datagrams), len(connections.opened)) == (2, 1)

    asyncio.run(both())


def test_hosts_are_begun_no_faster_than_allowed(knows: Recogniser) -> None:
    with udp_recorder(lambda to, data: []) as (port, record):
        begin = time.monotonic()
        scanned(["127.0.1.1..12"], Wanted(credentials(port), timeout_s=0.05), knows, Pace(hosts_per_s=20))
    first = [min(each.at for each in record if each.to == f"127.0.1.{number}") - begin for number in range(1, 13)]
    assert all(at >= number / 20 - 0.001 for number, at in enumerate(first))  # no burst either


def test_no_more_hosts_are_under_way_than_allowed(knows: Recogniser) -> None:
    with udp_recorder(lambda to, data: []) as (port, _):
        begin = time.monotonic()
        scanned(["127.0.1.1..6"], Wanted(credentials(port), timeout_s=0.1), knows, Pace(1000, parallel=2))
    assert time.monotonic() - begin >= 3 * 2 * 0.1 - 0.001  # three pairs of hosts, asked twice each


def test_a_host_that_takes_for_ever_is_left_and_what_it_said_is_kept(knows: Recogniser) -> None:
    async def run() -> list[Found | Fault]:
        async with tcp_recorder(lambda frame: exception(frame) if frame[6] == 1 else None) as (port, _):
            wanted = Wanted(modbus_units=(1, 2, 3), modbus_port=port, timeout_s=5.0, host_s=0.3)
            scan = Scan(parse_targets(["127.0.1.1"]), wanted, FAST, knows)
            await scan.run()
            return scan.answers

    def exception(frame: bytes) -> bytes:
        return frame[:4] + bytes([0, 3, frame[6], 0xAB, 1])

    found, left = asyncio.run(run())
    assert isinstance(found, Found)
    assert left == Fault("127.0.1.1", "left after 0.3 s")


def test_a_scan_that_is_broken_off_has_what_it_found(knows: Recogniser, tmp_path: Path) -> None:
    async def run(port: int) -> Scan:
        scan = Scan(parse_targets(["127.0.1.1..200"]), Wanted(credentials(port)), Pace(hosts_per_s=20), knows)
        running = asyncio.create_task(scan.run())
        while scan.finished < 3:
            await asyncio.sleep(0.01)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        return scan

    with snmpd(tmp_path, PDU_LINES) as agent, udp_recorder(agent_behind(agent)) as (port, _):
        scan = asyncio.run(run(port))
    assert 3 <= len(scan.answers) < 100
