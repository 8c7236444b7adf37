"""Exception answers by kind, and asking busy units again."""

from __future__ import annotations

import asyncio

import pytest

from facility.acquire.modbus.exceptions import exception_code, explain, is_out_of_reach, may_repeat, verdict
from facility.acquire.modbus.patience import ask, waits
from facility.acquire.modbus.tcp_link import ModbusLink
from tests.acquire.servers import tcp_server

READ = bytes([3, 0, 0, 0, 1])
WRITE = bytes([6, 0, 0, 0, 9])
VALUE = bytes([3, 2, 0, 7])


def test_each_code_is_about_something() -> None:
    kinds = {code: verdict(code) for code in range(1, 13)}
    assert kinds == {
        1: "address", 2: "address", 3: "address", 4: "device", 5: "busy", 6: "busy", 7: "device", 8: "device", 9: "device",
        10: "gateway", 11: "gateway", 12: "device",
    }  # fmt: skip


def test_an_exception_is_said_in_words() -> None:
    assert explain(11, 5, "gw:502") == "the gateway at gw:502 does not reach unit 5: gateway target does not respond"
    assert explain(4, 5, "gw:502") == "unit 5 at gw:502 answers: device failure"
    assert explain(99, 5, "gw:502") == "unit 5 at gw:502 answers: exception 99"


def test_only_exceptions_have_a_code() -> None:
    assert exception_code(b"\x83\x02") == 2
    for other in (VALUE, b"", b"\x83", b"\x03\x02", b"\x83\x02\x00"):
        assert exception_code(other) is None
    assert [code for code in range(256) if is_out_of_reach(bytes([0x83, code]))] == [10, 11]


def test_a_write_that_was_taken_is_not_repeated() -> None:
    busy, acknowledge = (bytes([0x83, code]) for code in (6, 5))
    assert may_repeat(READ, busy)
    assert may_repeat(READ, acknowledge)
    assert may_repeat(WRITE, busy)
    assert not may_repeat(WRITE, acknowledge)
    assert not may_repeat(READ, bytes([0x83, 4]))
    assert not may_repeat(READ, VALUE)


@pytest.mark.parametrize("in_all_s", [0.0, 0.04, 0.15, 2.0, 10.0])
def test_waits_grow_and_stay_within_the_deadline(in_all_s: float) -> None:
    found = list(waits(in_all_s))
    assert sum(found) <= in_all_s
    assert found == sorted(found)
    assert max(found, default=0.0) <= 0.5
    assert (found == []) == (in_all_s < 0.05)


def asked(answers: list[bytes], pdu: bytes, timeout_s: float = 0.2) -> tuple[bytes, int, int]:
    """Return the last answer of a unit that gives these, how often it was asked, and how often busy it was counted."""

    async def run() -> tuple[bytes, int, int]:
        times = 0

        def script(frame: bytes) -> bytes:
            nonlocal times
            times += 1
            said = answers[min(times, len(answers)) - 1]
            return frame[:4] + (len(said) + 1).to_bytes(2, "big") + frame[6:7] + said

        async with tcp_server(script) as port:
            link = ModbusLink("127.0.0.1", port)
            answer = await ask(link, 1, pdu, timeout_s)
            link.close()
            return answer, times, link.busy_answers

    return asyncio.run(run())


def test_a_busy_unit_is_asked_again_until_it_answers() -> None:
    assert asked([b"\x83\x06", b"\x83\x05", VALUE], READ) == (VALUE, 3, 2)


def test_a_unit_that_stays_busy_is_left_within_the_deadline() -> None:
    answer, times, counted = asked([b"\x83\x06"], READ, timeout_s=0.2)
    assert answer == b"\x83\x06"
    assert times == counted == 3  # at once, after 50 ms, after 100 ms more


def test_a_taken_write_is_sent_once() -> None:
    assert asked([b"\x86\x05"], WRITE) == (b"\x86\x05", 1, 0)
