"""RTU frames, and units behind a gateway that passes them on over TCP; some misbehave."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facility.acquire.modbus.connection import TcpWire
from facility.acquire.modbus.mbap import NotModbusError, cut_frames
from facility.acquire.modbus.mbap import encode_frame as encode_mbap
from facility.acquire.modbus.rtu import crc16, encode_frame, find_answer
from facility.acquire.modbus.rtu_link import RtuLink
from facility.errors import DeviceError
from tests.acquire.line_load import keep_asking
from tests.acquire.rtu_frames import answer, block, framed
from tests.acquire.rtu_servers import Say, Script, pymodbus_rtu_over_tcp, registers, scripted_gateway

READ = bytes([4, 0, 0, 0, 8])  # eight input registers from address 0
VALUES = bytes([4, 16]) + b"".join(at.to_bytes(2, "big") for at in range(8))
IDENTIFY = bytes([0x2B, 0x0E, 1, 0])


def test_the_crc_is_that_of_the_specification() -> None:
    assert crc16(bytes([0x02, 0x07])) == bytes([0x41, 0x12])  # section 6.2.2
    assert encode_frame(1, bytes([3, 0, 0, 0, 10])) == bytes.fromhex("01030000000ac5cd")


@given(st.binary(max_size=254))
def test_others_compute_the_same_crc(data: bytes) -> None:
    assert framed(17, data) == bytes([17]) + data + crc16(bytes([17]) + data)


def test_a_function_whose_answers_have_no_known_length_is_not_sent() -> None:
    with pytest.raises(ValueError, match="function 8 is not supported"):
        encode_frame(1, bytes([8, 0, 0, 0, 0]))


@pytest.mark.parametrize(
    ("request_pdu", "answer_pdu"),
    [
        (bytes([1, 0, 0, 0, 9]), bytes([1, 2, 0xFF, 1])),
        (bytes([2, 0, 0, 0, 8]), bytes([2, 1, 0xFF])),
        (bytes([3, 0, 0, 0, 1]), bytes([3, 2, 0, 7])),
        (READ, VALUES),
        (READ, bytes([0x84, 2])),
        (bytes([5, 0, 1, 0xFF, 0]), bytes([5, 0, 1, 0xFF, 0])),
        (bytes([6, 0, 1, 0, 9]), bytes([6, 0, 1, 0, 9])),
        (bytes([15, 0, 1, 0, 1, 1, 1]), bytes([15, 0, 1, 0, 1])),
        (bytes([16, 0, 1, 0, 1, 2, 0, 9]), bytes([16, 0, 1, 0, 1])),
        (IDENTIFY, bytes([0x2B, 0x0E, 1, 1, 0, 0, 2, 0, 3]) + b"abc" + bytes([1, 0])),
        (IDENTIFY, bytes([0xAB, 1])),
    ],
)
def test_an_answer_is_found_whole_only_and_amid_noise(request_pdu: bytes, answer_pdu: bytes) -> None:
    frame = framed(9, answer_pdu)
    for size in range(len(frame)):
        assert find_answer(frame[:size], 9, request_pdu) is None
    for noise in (b"", b"\x00\xff", bytes([9]), frame[:-1], framed(8, answer_pdu), bytes([9, answer_pdu[0]])):
        assert find_answer(noise + frame + b"\x09more", 9, request_pdu) == answer_pdu
    assert find_answer(frame, 8, request_pdu) is None


@given(st.integers(0, len(framed(9, VALUES)) * 8 - 1))
def test_a_flipped_bit_is_never_taken(bit: int) -> None:
    frame = bytearray(framed(9, VALUES))
    frame[bit // 8] ^= 1 << bit % 8
    assert find_answer(bytes(frame), 9, READ) is None


@given(st.binary(max_size=600), st.sampled_from([READ, IDENTIFY, bytes([6, 0, 1, 0, 9])]))
def test_noise_is_no_answer_and_does_no_harm(noise: bytes, request_pdu: bytes) -> None:
    found = find_answer(bytes([9, request_pdu[0]]) + noise, 9, request_pdu)
    assert found is None or framed(9, found) in bytes([9, request_pdu[0]]) + noise


@given(st.lists(st.tuples(st.integers(0, 0xFFFF), st.integers(0, 255), st.binary(min_size=1, max_size=253))), st.data())
def test_tcp_frames_are_the_same_however_the_stream_is_cut(
    frames: list[tuple[int, int, bytes]], data: st.DataObject
) -> None:
    stream = b"".join(encode_mbap(*frame) for frame in frames)
    found, rest = [], b""
    while stream:
        size = data.draw(st.integers(1, len(stream)))
        cut, rest = cut_frames(rest + stream[:size])
        found += cut
        stream = stream[size:]
    assert (found, rest) == (frames, b"")


@given(st.binary(max_size=2000))
def test_a_tcp_stream_of_noise_ends_or_stays_small(noise: bytes) -> None:
    try:
        _, rest = cut_frames(noise)
    except NotModbusError:
        return
    assert len(rest) < 260


def ask(script: Script, timeout_s: float = 0.15) -> bytes:
    async def run() -> bytes:
        async with scripted_gateway(script) as port:
            link = RtuLink(TcpWire("127.0.0.1", port))
            try:
                return await link.request(1, READ, timeout_s)
            finally:
                link.close()

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (lambda request: b"", "no answer from unit 1 at 127.0.0.1:.* in 0.15 s$"),
        (lambda request: framed(2, block(request)), r"no answer .*21 bytes came that are not its answer: check baud"),
        (lambda request: answer(request)[:-1] + b"?", "21 bytes came"),
        (lambda request: answer(request)[:-4], "17 bytes came"),
        (lambda request: framed(1, b"\x03" + block(request)[1:]), "21 bytes came"),
        (lambda request: framed(1, bytes([4, 2, 0, 7])), "7 bytes came"),
        (lambda request: b"HTTP/1.1 400 Bad Request\r\n", "26 bytes came"),
        (lambda request: bytes(5000), "sends .* bytes that answer nothing"),
    ],
    ids=["silence", "another unit", "wrong CRC", "cut", "another function", "another length", "not Modbus", "flood"],
)
def test_what_is_no_answer_is_a_fault_with_a_reason(said: Callable[[bytes], bytes], reason: str) -> None:
    with pytest.raises(DeviceError, match=reason):
        ask(lambda request, say: say(said(request)))


@pytest.mark.parametrize(
    "said",
    [
        answer,
        lambda request: b"\x00\xff\x01\x04\xc8" + answer(request),
        lambda request: framed(2, block(request, 50)) + answer(request),
        lambda request: answer(request)[:-3] + answer(request),
        lambda request: framed(1, bytes([4, 2, 0, 7])) + answer(request) + b"\x01\x04",
    ],
    ids=["alone", "after noise", "after another unit's", "after a torn one", "after a shorter one"],
)
def test_the_answer_is_found_in_a_segment_with_others(said: Callable[[bytes], bytes]) -> None:
    assert ask(lambda request, say: say(said(request))) == VALUES


def test_an_exception_is_an_answer() -> None:
    assert ask(lambda request, say: say(framed(1, b"\x84\x02"))) == b"\x84\x02"


def test_an_answer_in_single_bytes_is_put_together() -> None:
    def script(request: bytes, say: Say) -> None:
        for at, byte in enumerate(answer(request)):
            asyncio.get_running_loop().call_later(0.002 * at, say, bytes([byte]))

    assert ask(script, timeout_s=2.0) == VALUES


def test_two_answers_in_one_segment_leave_nothing_for_the_next_question() -> None:
    async def run() -> list[bytes]:
        requests: list[bytes] = []

        def script(request: bytes, say: Say) -> None:
            requests.append(request)
            twice = framed(1, block(request, 100))
            say(answer(request) + twice if len(requests) == 1 else answer(request))

        async with scripted_gateway(script) as port:
            link = RtuLink(TcpWire("127.0.0.1", port))
            answers = [await link.request(1, READ, 0.5) for _ in range(2)]
            link.close()
            return answers

    assert asyncio.run(run()) == [VALUES, VALUES]


def test_a_late_answer_is_not_taken_for_the_next_one() -> None:
    """It comes after its time is up. That its unit lives is learned from it: no rest is kept any more."""

    async def run() -> tuple[bytes, float]:
        requests: list[bytes] = []

        def script(request: bytes, say: Say) -> None:
            requests.append(request)
            if len(requests) == 1:
                asyncio.get_running_loop().call_later(0.9, say, answer(request, 900))
            else:
                say(answer(request))

        async with scripted_gateway(script) as port:
            link = RtuLink(TcpWire("127.0.0.1", port))
            with pytest.raises(DeviceError, match="no answer"):
                await link.request(1, READ, 0.6)
            started = time.monotonic()
            reply = await link.request(1, READ, 0.6)
            link.close()
            return reply, time.monotonic() - started

    reply, waited_s = asyncio.run(run())
    assert reply == VALUES
    assert 0.3 <= waited_s < 1.5  # until the late one was there and the line quiet; the whole rest is 1.8 s


def test_a_question_that_nobody_waits_for_any_more_keeps_the_line_until_it_is_answered() -> None:
    async def run() -> bytes:
        requests: list[bytes] = []

        def script(request: bytes, say: Say) -> None:
            requests.append(request)
            if len(requests) == 1:
                asyncio.get_running_loop().call_later(0.15, say, answer(request, 900))
            else:
                say(answer(request))

        async with scripted_gateway(script) as port:
            link = RtuLink(TcpWire("127.0.0.1", port))
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.05):
                    await link.request(1, READ, 1.0)
            reply = await link.request(1, READ, 1.0)
            link.close()
            return reply

    assert asyncio.run(run()) == VALUES


def test_the_next_question_waits_until_a_late_answer_has_come_to_its_end() -> None:
    async def run() -> tuple[bytes, float, float]:
        clock = asyncio.get_running_loop().time
        ended = asked = 0.0

        def script(request: bytes, say: Say) -> None:
            nonlocal asked
            if request[0] == 2:
                for at, byte in enumerate(answer(request)):  # begins in time, ends late
                    asyncio.get_running_loop().call_later(0.05 + 0.01 * at, drip, byte, say)
            else:
                asked = clock()
                say(answer(request))

        def drip(byte: int, say: Say) -> None:
            nonlocal ended
            ended = clock()
            say(bytes([byte]))

        async with scripted_gateway(script) as port:
            link = RtuLink(TcpWire("127.0.0.1", port))
            with pytest.raises(DeviceError, match="bytes came"):
                await link.request(2, READ, 0.15)
            reply = await link.request(1, READ, 0.15)
            link.close()
            return reply, ended, asked

    reply, ended, asked = asyncio.run(run())
    assert reply == VALUES
    assert asked - ended > 0.04


def test_a_unit_that_was_silent_is_given_less_time_to_begin_but_all_of_it_to_end() -> None:
    async def run() -> tuple[list[str], bytes]:
        requests: list[bytes] = []

        def script(request: bytes, say: Say) -> None:
            requests.append(request)
            if len(requests) == 3:
                say(answer(request)[:3])
                asyncio.get_running_loop().call_later(0.3, say, answer(request)[3:])

        async with scripted_gateway(script) as port:
            link = RtuLink(TcpWire("127.0.0.1", port))
            faults = []
            for _ in range(2):
                with pytest.raises(DeviceError) as fault:
                    await link.request(1, READ, 0.4)
                faults.append(str(fault.value).rsplit(" in ", 1)[1])
            reply = await link.request(1, READ, 0.4)
            link.close()
            return faults, reply

    assert asyncio.run(run()) == (["0.4 s", "0.1 s"], VALUES)


def test_a_unit_that_its_gateway_does_not_reach_rests_too() -> None:
    async def run() -> float:
        def script(request: bytes, say: Say) -> None:
            asyncio.get_running_loop().call_later(0.1, say, framed(1, b"\x84\x0b"))

        async with scripted_gateway(script) as port:
            link = RtuLink(TcpWire("127.0.0.1", port))
            started = time.monotonic()
            for _ in range(2):
                assert await link.request(1, READ, 1.0) == b"\x84\x0b"
            link.close()
            return time.monotonic() - started

    assert asyncio.run(run()) >= 0.5  # twice 0.1 s, and a rest of 0.3 s


def test_a_silent_unit_takes_a_bounded_share_of_the_line() -> None:
    async def run() -> tuple[int, int]:
        asked: list[int] = []

        def script(request: bytes, say: Say) -> None:
            asked.append(request[0])
            if request[0] == 1:
                say(answer(request))

        async with scripted_gateway(script) as port:
            link = RtuLink(TcpWire("127.0.0.1", port))

            await keep_asking(link, READ, well=1, dead=(66, 67, 68), for_s=3.0)
            return asked.count(1), len(asked) - asked.count(1)

    well, silent = asyncio.run(run())
    # Three silences of 0.4 s until they are known, a rest of 1.2 s from the first; then 0.1 s each, and 0.3 s of rest.
    assert 4 <= silent <= 8
    assert well > 60


def test_a_unit_that_answers_at_last_is_taken_back_at_once() -> None:
    async def run() -> bytes:
        requests: list[bytes] = []

        def script(request: bytes, say: Say) -> None:
            requests.append(request)
            if len(requests) > 3:
                say(answer(request))

        async with scripted_gateway(script) as port:
            link = RtuLink(TcpWire("127.0.0.1", port))
            for _ in range(3):
                with pytest.raises(DeviceError):
                    await link.request(1, READ, 0.1)
            replies = [await link.request(1, READ, 0.1) for _ in range(20)]
            link.close()
            assert len(requests) == 23
            return replies[-1]

    started = time.monotonic()
    assert asyncio.run(run()) == VALUES
    assert time.monotonic() - started < 4.0, "twenty rests are 6 s"


def test_a_gateway_that_starts_again_is_connected_again() -> None:
    async def run() -> None:
        async with scripted_gateway(lambda request, say: say(answer(request))) as port:
            link = RtuLink(TcpWire("127.0.0.1", port))
            assert await link.request(1, READ, 0.5) == VALUES
        with pytest.raises(DeviceError, match=r"cannot be reached|closed the connection"):
            await link.request(1, READ, 0.5)
        async with scripted_gateway(lambda request, say: say(answer(request)), port):
            assert await link.request(1, READ, 0.5) == VALUES
            link.close()

    asyncio.run(run())


def test_a_connection_that_breaks_under_a_question_fails_it_at_once() -> None:
    async def run() -> None:
        async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readexactly(8)
            writer.close()

        server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
        link = RtuLink(TcpWire("127.0.0.1", server.sockets[0].getsockname()[1]))
        with pytest.raises(DeviceError, match="closed the connection"):
            await link.request(1, READ, 10.0)
        link.close()
        server.close()
        await asyncio.sleep(0.01)

    asyncio.run(run())


def test_a_connection_that_only_we_believe_in_is_given_up() -> None:
    async def run() -> bytes:
        connections: list[asyncio.StreamWriter] = []

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            connections.append(writer)
            deaf = len(connections) == 1
            while request := await reader.read(8):
                if not deaf:
                    writer.write(answer(request))
            writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        link = RtuLink(TcpWire("127.0.0.1", server.sockets[0].getsockname()[1]))
        for _ in range(2):
            with pytest.raises(DeviceError, match="no answer"):
                await link.request(1, READ, 0.1)
        reply = await link.request(1, READ, 0.1)
        link.close()
        server.close()
        await asyncio.sleep(0.01)
        return reply

    assert asyncio.run(run()) == VALUES


def test_pymodbus_serves_units_over_rtu_framing() -> None:
    async def run() -> None:
        async with pymodbus_rtu_over_tcp([registers(1), registers(2)]) as port:
            link = RtuLink(TcpWire("127.0.0.1", port))
            read = bytes([3, 0, 0, 0, 4])
            for unit in (1, 2, 1):
                numbers = b"".join((100 * unit + at).to_bytes(2, "big") for at in range(4))
                assert await link.request(unit, read, 1.0) == bytes([3, 8]) + numbers
            write = bytes([6, 0, 1, 0, 42])
            assert await link.request(2, write, 1.0) == write
            assert (await link.request(2, read, 1.0))[4:6] == bytes([0, 42])
            assert await link.request(1, bytes([3, 0, 99, 0, 1]), 1.0) == bytes([0x83, 2])
            link.close()

    asyncio.run(run())
