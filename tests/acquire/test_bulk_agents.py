"""GETBULK: what an agent may answer to it, and what a bad one does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from facility.acquire.columns import Columns, Value
from facility.acquire.snmp.community import CommunitySession
from facility.acquire.snmp.fetch import SnmpFetch
from facility.acquire.snmp.layout import SnmpReading
from facility.acquire.snmp.pdu import Pdu, Request
from facility.acquire.snmp.udp import UdpChannel
from facility.errors import DeviceError
from facility.profile import Limits, ProfilePoint
from facility.records import Quality
from tests.acquire.ber_by_hand import Question
from tests.acquire.servers import Answers, snmpd, udp_agent
from tests.acquire.values import is_about, read_points, snmp_client

ROWS = range(1, 13)
BASE = bytes([0x2B, 6, 1, 4])
POINTS = {
    f"{column}-{row}": ProfilePoint(oid=f"1.3.6.1.4.{column}.{row}", type="integer", unit="kW", range=(0, 1000))
    for column in (2, 5)
    for row in ROWS
}
SCRIPT = {BASE + bytes([column, row]): bytes([2, 1, column * 10 + row]) for column in (2, 5) for row in ROWS}
GET, GET_BULK = 0xA0, 0xA5


class Agent:
    """Answers, and remembers what it was asked."""

    def __init__(self, answer: Callable[[Question], bytes | None]) -> None:
        self._answer = answer
        self.asked: list[tuple[int, int]] = []  # PDU tag, names

    def __call__(self, datagram: bytes) -> Answers:
        question = Question(datagram)
        self.asked.append((question.tag, len(question.names)))
        answer = self._answer(question)
        return None if answer is None else [answer]


def read(agent: Agent, times: int = 1) -> dict[str, Value]:
    async def run() -> dict[str, Value]:
        async with udp_agent(agent) as port:
            channel = UdpChannel("127.0.0.1", port)
            client = snmp_client(channel, lambda: CommunitySession("public"), POINTS, Limits(timeout_s=0.5))
            return await read_points(client, times)

    return asyncio.run(run())


def are_right(values: dict[str, Value]) -> bool:
    return len(values) == len(POINTS) and all(
        is_about(value, int(key.split("-")[0]) * 10 + int(key.split("-")[1])) for key, value in values.items()
    )


def test_a_table_takes_one_request_that_names_its_columns() -> None:
    agent = Agent(lambda question: question.answer(SCRIPT))
    assert are_right(read(agent))
    assert agent.asked == [(GET_BULK, 2)]


def test_an_agent_that_answers_fewer_rows_is_asked_for_the_rest_and_for_less_from_then_on() -> None:
    def answer(question: Question) -> bytes:
        question.repetitions = min(question.repetitions, 5)
        return question.answer(SCRIPT)

    agent = Agent(answer)
    assert are_right(read(agent, times=2))
    assert agent.asked == [(GET_BULK, 2)] * (5 + 3)  # 12 rows, 5, 7, 5, 2; from then on 5, 5, 2


@pytest.mark.parametrize("status", [2, 5])  # as an agent of version 1 says to what it does not know
def test_an_agent_that_fails_on_bulk_is_asked_by_name(status: int) -> None:
    def answer(question: Question) -> bytes:
        return question.answer({}, status=status) if question.tag == GET_BULK else question.answer(SCRIPT)

    agent = Agent(answer)
    assert are_right(read(agent, times=2))
    assert agent.asked == [(GET_BULK, 2), (GET, 24), (GET, 24)]


def test_too_big_is_halved() -> None:
    def answer(question: Question) -> bytes:
        return question.answer({}, status=1) if question.repetitions > 3 else question.answer(SCRIPT)

    agent = Agent(answer)
    assert are_right(read(agent, times=2))
    assert agent.asked[-4:] == [(GET_BULK, 2)] * 4


def test_rows_that_are_not_there_are_bad_and_the_others_read() -> None:
    script = {name: value for name, value in SCRIPT.items() if name[-1] not in (4, 5, 12)}
    agent = Agent(lambda question: question.answer(script))
    values = read(agent, times=2)
    missing = {key for key, value in values.items() if value.quality is Quality.BAD}
    assert missing == {f"{column}-{row}" for column in (2, 5) for row in (4, 5, 12)}
    assert is_about(values["5-11"], 61)


def test_an_agent_whose_names_never_rise_cannot_keep_us() -> None:
    def answer(question: Question) -> bytes:
        if question.tag == GET_BULK:
            question.tag, question.names = GET, [BASE + bytes([2, 1])] * 24  # the same again and again
        return question.answer(SCRIPT)

    agent = Agent(answer)
    assert are_right(read(agent, times=3))
    assert agent.asked == [(GET_BULK, 2), (GET, 24), (GET, 24), (GET, 24)]


def test_an_agent_that_answers_nothing_at_all_to_bulk_is_silent_not_endless() -> None:
    def answer(question: Question) -> bytes | None:
        question.names = []
        return question.answer(SCRIPT)

    with pytest.raises(DeviceError, match="other instances"):
        read(Agent(answer))


def test_requests_in_flight_are_as_many_as_the_profile_allows() -> None:
    waiting: list[bytes] = []
    most = 0

    def answer(datagram: bytes) -> Answers:
        nonlocal most
        waiting.append(datagram)
        most = max(most, len(waiting))
        if len(waiting) < 3:
            return None  # until three are there; then all of them are answered
        answers = [Question(each).answer(SCRIPT) for each in waiting]
        waiting.clear()
        return answers

    async def run() -> dict[str, Value]:
        async with udp_agent(answer) as port:
            limits = Limits(varbinds_per_request=4, requests_in_flight=3, timeout_s=2.0, bulk=False)
            channel = UdpChannel("127.0.0.1", port)
            return await read_points(snmp_client(channel, lambda: CommunitySession("public"), POINTS, limits))

    assert are_right(asyncio.run(run()))
    assert most == 3


def test_when_one_of_several_fails_the_others_are_given_up() -> None:
    asked, given_up = [], []

    async def ask(request: Request) -> Pdu:
        asked.append(request)
        if len(asked) == 3:
            raise DeviceError("the agent went away")
        try:
            return await asyncio.Future()
        except asyncio.CancelledError:
            given_up.append(request)
            raise

    async def run() -> None:
        limits = Limits(varbinds_per_request=4, bulk=False)
        fetch = SnmpFetch(ask, SnmpReading(list(POINTS.values()), limits), in_flight=3)
        columns = Columns.stale(len(POINTS))
        with pytest.raises(DeviceError, match="went away"):
            await fetch(columns.raw, columns.answered)
        await asyncio.sleep(0)
        assert not columns.answered.any()

    asyncio.run(asyncio.wait_for(run(), 5))
    assert len(asked) == 3
    assert given_up == asked[:2]


def test_net_snmp_answers_a_table(tmp_path: Path) -> None:
    lines = ["rocommunity public 127.0.0.1"]
    lines += [f"override .{point.oid} integer {number}" for number, point in enumerate(POINTS.values())]

    async def run() -> dict[str, Value]:
        with snmpd(tmp_path, lines) as port:
            channel = UdpChannel("127.0.0.1", port)
            return await read_points(snmp_client(channel, lambda: CommunitySession("public"), POINTS, Limits()))

    values = asyncio.run(run())
    assert [value.value for value in values.values()] == list(range(24))
    assert {value.quality for value in values.values()} == {Quality.GOOD}
