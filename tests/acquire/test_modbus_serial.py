"""Serial lines on pseudo-terminals: libmodbus and pymodbus at the other end, and units that misbehave."""

from __future__ import annotations

import asyncio
import itertools
import logging
import os
import time
from pathlib import Path

import pytest

from facility.acquire.modbus.rtu_link import RtuLink
from facility.acquire.modbus.serial_port import SerialWire
from facility.errors import DeviceError
from tests.acquire.rtu_frames import answer, block, framed
from tests.acquire.rtu_servers import (
    Say,
    Script,
    libmodbus_serial,
    null_modem,
    pymodbus_serial,
    registers,
    scripted_serial,
    terminal,
)

READ = bytes([4, 0, 0, 0, 8])
VALUES = bytes([4, 16]) + b"".join(at.to_bytes(2, "big") for at in range(8))


def line_on(path: str) -> RtuLink:
    return RtuLink(SerialWire(path, 19200, "none", 1))


def test_libmodbus_and_we_understand_each_other(tmp_path: Path) -> None:
    async def run() -> None:
        with null_modem() as (ours, theirs), libmodbus_serial(tmp_path, theirs, 17):
            link = line_on(ours)
            numbers = b"".join((1000 + at).to_bytes(2, "big") for at in range(125))
            assert await link.request(17, bytes([4, 0, 0, 0, 125]), 2.0) == bytes([4, 250]) + numbers
            assert await link.request(17, bytes([2, 0, 0, 0, 9]), 2.0) == bytes([2, 2, 8, 0])
            several = bytes([16, 0, 1, 0, 2, 4, 0, 11, 0, 12])
            assert await link.request(17, several, 2.0) == several[:5]
            single = bytes([6, 0, 3, 0, 13])
            assert await link.request(17, single, 2.0) == single
            assert await link.request(17, bytes([3, 0, 1, 0, 3]), 2.0) == bytes([3, 6, 0, 11, 0, 12, 0, 13])
            assert await link.request(17, bytes([4, 0, 120, 0, 20]), 2.0) == bytes([0x84, 2])
            for unit in (18, 17):  # libmodbus takes what follows a question to another unit for that one's answer
                with pytest.raises(DeviceError, match=f"no answer from unit {unit}"):
                    await link.request(unit, READ, 0.2)
            assert (await link.request(17, READ, 2.0))[:2] == VALUES[:2]
            link.close()

    asyncio.run(run())


def test_pymodbus_serves_several_units_on_one_line(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL)

    async def run() -> None:
        with null_modem() as (ours, theirs):
            async with pymodbus_serial(theirs, [registers(1), registers(2)]):
                link = line_on(ours)
                replies = await asyncio.gather(*(link.request(unit, bytes([3, 0, 3, 0, 1]), 2.0) for unit in (1, 2, 1)))
                assert replies == [bytes([3, 2, 0, 103]), bytes([3, 2, 0, 203]), bytes([3, 2, 0, 103])]
                link.close()

    asyncio.run(run())


def test_a_line_with_one_good_unit_among_bad_ones() -> None:
    """Unit 2 is silent, 3 late, 4 babbles, 5 is cut off in mid-frame, 6 answers as if it were unit 1."""

    def script(request: bytes, say: Say) -> None:
        match request[0]:
            case 1:
                say(answer(request))
            case 3:
                asyncio.get_running_loop().call_later(0.25, say, answer(request, 900))
            case 4:
                say(b"\x01\x04\x10 babble")
            case 5:
                say(answer(request)[:-6])
            case 6:
                say(framed(1, block(request, 600)))

    async def run() -> tuple[list[bytes], list[str]]:
        with scripted_serial(script) as path:
            link = line_on(path)

            async def good() -> list[bytes]:
                return [await link.request(1, READ, 0.2) for _ in range(20)]

            async def bad(unit: int) -> str:
                with pytest.raises(DeviceError) as error:
                    await link.request(unit, READ, 0.2)
                return str(error.value)

            faults = [asyncio.create_task(bad(unit)) for unit in range(2, 7)]
            found = await good()
            named = await asyncio.gather(*faults)
            link.close()
            return found, named

    found, faults = asyncio.run(run())
    assert found == [VALUES] * 20
    for unit, fault in zip(range(2, 7), faults, strict=True):
        assert f"no answer from unit {unit} at" in fault
        assert ("bytes came that are not its answer" in fault) == (unit >= 4)


def test_frames_are_parted_by_a_silence() -> None:
    times: list[float] = []

    def script(request: bytes, say: Say) -> None:
        times.append(time.monotonic())
        say(answer(request))

    async def run() -> None:
        with scripted_serial(script) as path:
            link = RtuLink(SerialWire(path, 1200, "none", 2))
            for _ in range(5):
                await link.request(1, READ, 0.5)
            link.close()

    asyncio.run(run())
    gaps = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert min(gaps) >= 3.5 * 11 / 1200


@pytest.mark.parametrize(
    ("baud", "parity", "stop_bits", "gap_s"),
    [
        (9600, "even", 1, 3.5 * 11 / 9600),
        (9600, "none", 2, 3.5 * 11 / 9600),
        (19200, "none", 1, 3.5 * 10 / 19200),
        (115_200, "even", 1, 0.00175),
    ],
)
def test_the_silence_is_that_of_the_specification(baud: int, parity: str, stop_bits: int, gap_s: float) -> None:
    assert SerialWire("/dev/x", baud, parity, stop_bits).gap_s == pytest.approx(gap_s)  # type: ignore[arg-type]


def test_a_port_that_is_pulled_out_fails_at_once_and_is_opened_again(tmp_path: Path) -> None:
    async def run() -> None:
        port = tmp_path / "ttyUSB0"
        link = line_on(str(port))
        with pytest.raises(DeviceError, match=r"serial port .*ttyUSB0 cannot be opened at .*: .*No such file"):
            await link.request(1, READ, 0.5)
        replies: list[bytes] = []
        for _ in range(2):
            with scripted_serial(lambda request, say: say(answer(request))) as path:
                port.unlink(missing_ok=True)
                port.symlink_to(path)
                replies.append(await link.request(1, READ, 0.5))
        await asyncio.sleep(0)  # the event loop sees the hang-up
        port.unlink()
        with pytest.raises(DeviceError, match=r"cannot be opened"):
            await link.request(1, READ, 0.5)
        link.close()
        assert replies == [VALUES] * 2

    asyncio.run(run())


def test_a_port_pulled_out_under_a_question_fails_it() -> None:
    async def run() -> float:
        ours, theirs = os.openpty()
        path = os.ttyname(theirs)
        link = line_on(path)
        asking = asyncio.create_task(link.request(1, READ, 10.0))
        await asyncio.sleep(0.05)
        started = time.monotonic()
        os.close(theirs)
        os.close(ours)
        with pytest.raises(DeviceError, match="closed the connection"):
            await asking
        link.close()
        return time.monotonic() - started

    assert asyncio.run(run()) < 5.0


def test_a_port_belongs_to_one_process() -> None:
    async def run() -> None:
        with scripted_serial(lambda request, say: say(answer(request))) as path:
            first, second = line_on(path), line_on(path)
            await first.request(1, READ, 0.5)
            with pytest.raises(DeviceError, match=r"serial port .* cannot be opened at .*: .*lock"):
                await second.request(1, READ, 0.5)
            first.close()
            assert await second.request(1, READ, 0.5) == VALUES
            second.close()

    asyncio.run(run())


def test_a_file_is_no_serial_port(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(DeviceError, match=r"serial port .*file cannot be opened"):
        asyncio.run(line_on(str(tmp_path / "file")).request(1, READ, 0.5))


def test_a_line_that_takes_nothing_loses_no_byte_of_a_question() -> None:
    """What the driver does not take at once is sent when it does."""

    async def run() -> bytes:
        with terminal() as (ours, path):
            theirs = os.open(path, os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY)
            with pytest.raises(BlockingIOError):
                while True:
                    os.write(theirs, bytes(64))
            link = line_on(path)
            asking = asyncio.create_task(link.request(1, READ, 1.0))
            await asyncio.sleep(0.2)
            received = b""
            for _ in range(100):
                try:
                    received += os.read(ours, 65536)
                except BlockingIOError:
                    if received.endswith(framed(1, READ)):
                        break
                await asyncio.sleep(0.01)
            os.close(theirs)
            os.write(ours, answer(framed(1, READ)))
            reply = await asking
            link.close()
            return reply

    assert asyncio.run(run()) == VALUES


def test_a_script_that_says_nothing_is_silence() -> None:
    quiet: Script = lambda request, say: None  # noqa: E731

    async def run() -> None:
        with scripted_serial(quiet) as path:
            link = line_on(path)
            for _ in range(3):  # the port is opened anew meanwhile
                with pytest.raises(DeviceError, match="no answer from unit 1 at /dev/"):
                    await link.request(1, READ, 0.1)
            link.close()

    asyncio.run(run())
