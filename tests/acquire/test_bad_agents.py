"""SNMP agents that misbehave, over real sockets."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable

import pytest

from facility.acquire.columns import Value
from facility.acquire.snmp.community import CommunitySession
from facility.acquire.snmp.udp import UdpChannel
from facility.acquire.snmp.usm_keys import UsmUser, master_key
from facility.acquire.snmp.v3 import UsmSession
from facility.errors import DeviceError
from facility.profile import Limits, ProfilePoint
from facility.records import Quality
from tests.acquire.ber_by_hand import Question
from tests.acquire.servers import Answers, udp_agent
from tests.acquire.values import is_about, read_points, snmp_client

NAMES = [bytes([0x2B, 6, 1, 4, number]) for number in range(1, 9)]
POINTS = {
    f"p{number}": ProfilePoint(oid=f"1.3.6.1.4.{number}", type="integer", unit="kW", range=(0, 100))
    for number in range(1, 9)
}
VALUES = {name: bytes([2, 1, number]) for number, name in enumerate(NAMES, start=1)}
FAST = Limits(timeout_s=0.1, bulk=False)
PATIENT = Limits(
    timeout_s=2.0, bulk=False
)  # where every question is answered, a busy machine must not look like silence


def read(answer: Callable[[bytes], Answers], limits: Limits = FAST, times: int = 1) -> dict[str, Value]:
    async def run() -> dict[str, Value]:
        async with udp_agent(answer) as port:
            client = snmp_client(UdpChannel("127.0.0.1", port), lambda: CommunitySession("public"), POINTS, limits)
            return await read_points(client, times)

    return asyncio.run(run())


def good(datagram: bytes) -> list[bytes]:
    return [Question(datagram).answer(VALUES)]


def test_a_good_agent_for_comparison() -> None:
    assert all(is_about(value, number) for number, value in enumerate(read(good).values(), start=1))


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (lambda _: None, "no answer"),
        (lambda _: [b"GARBAGE"], "discarded 1, the last one because of"),
        (lambda _: [b"0"], "discarded 1, the last one because of: truncated at byte 0"),
        (lambda data: [good(data)[0][:-3]], "longer than the message"),
        (lambda data: [Question(data).answer(VALUES, request_id=b"\x01\x02\x03\x04")], "another request"),
        (lambda data: [Question(data).answer(VALUES, community=b"private")], "another community"),
        (lambda data: [Question(data).answer(VALUES, tag=0xA0)], "not a response"),
        (lambda data: [random.Random(1).randbytes(1400) for _ in range(50)], "discarded 50"),
        (lambda data: [Question(data).answer({}, status=5, index=0)], "genErr to the whole request"),
        (lambda data: [Question(data).answer({}, status=13, index=99)], "resourceUnavailable to the whole request"),
    ],
)
def test_what_is_no_answer_is_a_fault_with_a_reason(answer: Callable[[bytes], Answers], reason: str) -> None:
    with pytest.raises(DeviceError, match=reason):
        read(answer)


def test_the_right_answer_is_found_among_wrong_ones() -> None:
    def answer(datagram: bytes) -> list[bytes]:
        question = Question(datagram)
        forged = dict.fromkeys(NAMES, b"\x02\x01c")
        return [
            b"noise",
            question.answer(forged, request_id=b"\x01\x02\x03\x04"),
            question.answer(forged, community=b"other"),
            question.answer(VALUES),
            question.answer(forged),  # too late: the question is closed
        ]

    assert is_about(read(answer, times=3)["p8"], 8)


def test_an_answer_from_another_address_is_not_seen() -> None:
    async def run() -> None:
        loop = asyncio.get_running_loop()
        stranger, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, local_addr=("127.0.0.1", 0))
        asked: list[bytes] = []
        async with udp_agent(asked.append) as port:
            channel = UdpChannel("127.0.0.1", port)
            client = snmp_client(channel, lambda: CommunitySession("public"), POINTS, FAST)
            reading = asyncio.create_task(client.read({}))
            while not asked:
                await asyncio.sleep(0.005)
            assert channel._socket is not None
            ours = channel._socket.getsockname()
            stranger.sendto(good(asked[0])[0], ours)
            with pytest.raises(DeviceError, match="no answer"):
                await reading
            await client.close()
        stranger.close()

    asyncio.run(run())


def test_too_big_answers_are_asked_for_in_halves_and_stay_halved() -> None:
    asked: list[int] = []

    def answer(datagram: bytes) -> list[bytes]:
        question = Question(datagram)
        asked.append(len(question.names))
        fits = len(question.names) <= 3
        return [question.answer(VALUES) if fits else question.answer({}, status=1)]

    values = read(answer, PATIENT, times=2)
    assert all(is_about(values[f"p{number}"], number) for number in range(1, 9))
    assert asked == [8, 4, 2, 2, 4, 2, 2, 2, 2, 2, 2]


def test_an_instance_too_big_alone_is_bad() -> None:
    def answer(datagram: bytes) -> list[bytes]:
        question = Question(datagram)
        return [question.answer({}, status=1) if NAMES[2] in question.names else question.answer(VALUES)]

    values = read(answer, PATIENT)
    assert values.pop("p3").quality is Quality.BAD
    assert {value.quality for value in values.values()} == {Quality.GOOD}


def test_an_error_about_nothing_in_particular_is_a_fault_even_for_one_instance() -> None:
    with pytest.raises(DeviceError, match="authorizationError to the whole request"):
        read(lambda data: [Question(data).answer({}, status=16)], Limits(varbinds_per_request=1, timeout_s=0.1))


def test_a_flood_of_noise_neither_hides_the_answer_nor_is_kept() -> None:
    assert is_about(read(lambda data: [b"noise"] * 100 + good(data), PATIENT)["p1"], 1)


def test_an_instance_that_an_agent_cannot_read_is_bad_and_the_others_are_asked_again() -> None:
    def answer(datagram: bytes) -> list[bytes]:
        question = Question(datagram)
        if NAMES[4] in question.names:
            return [question.answer({}, status=5, index=question.names.index(NAMES[4]) + 1)]
        return [question.answer(VALUES)]

    values = read(answer, PATIENT, times=2)
    assert values.pop("p5").quality is Quality.BAD
    assert len(values) == 7
    assert {value.quality for value in values.values()} == {Quality.GOOD}


def test_what_a_v1_agent_has_not_is_found_out_once() -> None:
    asked: list[int] = []

    def answer(datagram: bytes) -> list[bytes]:
        question = Question(datagram)
        asked.append(len(question.names))
        missing = next((at for at, name in enumerate(question.names, start=1) if name in NAMES[2:5]), 0)
        return [question.answer({} if missing else VALUES, status=2 if missing else 0, index=missing)]

    values = read(answer, PATIENT, times=3)
    assert {key for key, value in values.items() if value.quality is Quality.BAD} == {"p3", "p4", "p5"}
    assert asked[-2:] == [5, 5]  # from the second poll on, one request for what is there


def test_an_agent_that_has_nothing_is_still_asked() -> None:
    asked: list[bytes] = []

    def answer(datagram: bytes) -> list[bytes]:
        asked.append(datagram)
        return [Question(datagram).answer({}, status=2, index=1)]

    values = read(answer, PATIENT, times=2)
    assert {value.quality for value in values.values()} == {Quality.BAD}
    first = len(asked) // 2
    assert len(asked) == 2 * first  # as many questions as in the first poll: if it dies, that is noticed


def test_a_lost_datagram_is_asked_for_again() -> None:
    seen: list[bytes] = []

    def answer(datagram: bytes) -> list[bytes]:
        seen.append(datagram)
        return good(datagram) if len(seen) > 1 else []

    assert is_about(read(answer)["p1"], 1)
    assert Question(seen[0]).request_id != Question(seen[1]).request_id


def test_what_came_before_a_failure_is_kept() -> None:
    into: dict[str, Value] = {}

    async def run() -> None:
        def answer(datagram: bytes) -> Answers:
            return good(datagram) if NAMES[0] in Question(datagram).names else None

        async with udp_agent(answer) as port:
            limits = Limits(varbinds_per_request=3, timeout_s=0.05, bulk=False)
            client = snmp_client(UdpChannel("127.0.0.1", port), lambda: CommunitySession("public"), POINTS, limits)
            with pytest.raises(DeviceError):
                await client.read(into)
            await client.close()

    asyncio.run(run())
    assert set(into) == {"p1", "p2", "p3"}


def test_a_v3_agent_that_answers_garbage_is_a_fault() -> None:
    user = UsmUser(b"u", "SHA256", master_key("authpass12", "SHA256"), "AES128", None)

    async def run() -> None:
        async with udp_agent(lambda data: [data[:40], data, b"\x30\x82\xff\xff"]) as port:
            client = snmp_client(UdpChannel("127.0.0.1", port), lambda: UsmSession(user, lambda: 0.0), POINTS, FAST)
            with pytest.raises(DeviceError, match="discarded 3"):
                await client.read({})
            await client.close()

    asyncio.run(run())
