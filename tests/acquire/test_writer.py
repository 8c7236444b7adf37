"""What a writer sends, what it refuses to send, and what it leaves in the ledger."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from facility.acquire.poller import Poller
from facility.acquire.writing.writer import PointWriter
from facility.errors import DeviceError, JournalError, UnknownPointError, WriteRefusedError
from facility.records import LocalOverride, Quality, Reading, Write, WriteState
from facility.site_journal import open_write_ledger
from tests.acquire.servers import tcp_server
from tests.acquire.writing import FAN, POINT, Controller, Desk, allowed_desk, crah_site, desk

FAST: dict[str, Any] = {"min_interval_s": 0.001}


def at_desk(folder: Path, controller: Controller, use: Callable[[Desk], Awaitable[None]], **limits: Any) -> None:
    async def run() -> None:
        async with allowed_desk(folder, controller, **limits) as opened:
            await use(opened)

    asyncio.run(run())


def test_a_setpoint_is_written_and_read_back(tmp_path: Path) -> None:
    controller = Controller()

    async def use(at: Desk) -> None:
        written = await at.write(21.5)
        assert written == Write(21.5, Reading(POINT, at.clock.now(), 21.5, Quality.GOOD), at.loaded.revision)
        last = at.standing().last
        assert last is not None
        assert (last.state, last.before, last.value, last.read_back) == (WriteState.WRITTEN, 18.0, 21.5, 21.5)
        _, intended, outcome = at.events()
        assert (intended.kind, outcome.kind) == ("write.intended", "write.written")
        assert intended.correlation_id == outcome.correlation_id == last.id
        assert str(intended.detail["request"]).endswith("06 00 00 00 d7")

    at_desk(tmp_path, controller, use)
    assert controller.registers == [215, 600]
    assert controller.written == [bytes.fromhex("06 0000 00D7")]


@pytest.mark.parametrize(
    ("point", "value", "error", "reason"),
    [
        (POINT, 26.0, WriteRefusedError, "26 degC lies outside the allowed 17 to 25; choose a value inside"),
        (POINT, 16.9, WriteRefusedError, "outside the allowed"),
        (POINT, math.nan, WriteRefusedError, "outside the allowed"),
        ("crah-1.fan_power_kw", 0.5, WriteRefusedError, "not writable; list it under `writable` in site.yaml"),
        ("crah-9.on_status", 1, UnknownPointError, "no point"),
    ],
)
def test_what_the_site_does_not_allow_is_never_sent(
    tmp_path: Path, point: str, value: float, error: type[Exception], reason: str
) -> None:
    controller = Controller()

    async def use(at: Desk) -> None:
        with pytest.raises(error, match=reason):
            await at.write(value, point)
        with pytest.raises(error, match=reason):
            at.writer.describe(point, value)

    at_desk(tmp_path, controller, use)
    assert controller.written == []


def test_nothing_is_written_without_an_engineers_leave(tmp_path: Path) -> None:
    controller = Controller()

    async def use(at: Desk) -> None:
        at.ledger.forbid(POINT, actor="R. Weber", reason="filter change", at=at.clock.now())
        with pytest.raises(
            WriteRefusedError,
            match=f"no engineer allows writing it; an engineer allows it .* `facility writes allow SITE {POINT}",
        ):
            await at.write(21.0)
        at.allow(until=at.clock.now() + timedelta(hours=1))
        await at.write(21.0)
        at.clock.step(3600)
        with pytest.raises(WriteRefusedError, match=r"since 2026-03-01T13:00:00\+00:00, when R. Weber's leave ended"):
            await at.write(22.0)

    at_desk(tmp_path, controller, use)
    assert controller.registers[0] == 210


def test_a_change_within_the_deadband_is_not_sent(tmp_path: Path) -> None:
    controller = Controller()

    async def use(at: Desk) -> None:
        for value in (18.0, 18.4, 17.6):
            assert not (await at.write(value)).sent
        assert at.told() == ["write.allowed"]
        assert (await at.write(18.5)).sent

    at_desk(tmp_path, controller, use, deadband=0.5)
    assert controller.registers[0] == 185


def test_a_change_that_the_device_cannot_hold_is_not_sent(tmp_path: Path) -> None:
    controller = Controller()

    async def use(at: Desk) -> None:
        assert not (await at.write(18.04)).sent
        assert (await at.write(18.06)).read_back.value == pytest.approx(18.1)

    at_desk(tmp_path, controller, use)
    assert len(controller.written) == 1


def test_a_large_step_is_refused_and_the_next_smaller_one_named(tmp_path: Path) -> None:
    controller = Controller()

    async def use(at: Desk) -> None:
        with pytest.raises(
            WriteRefusedError, match="a step of 3 from 18 degC is more than max_step 1; write 19 degC first"
        ):
            await at.write(21.0)
        await at.write(19.0)

    at_desk(tmp_path, controller, use, max_step=1.0)
    assert controller.written == [bytes.fromhex("06 0000 00BE")]


def test_a_point_far_outside_its_range_is_brought_back_by_hand(tmp_path: Path) -> None:
    controller = Controller(registers=[120, 600])

    async def use(at: Desk) -> None:
        with pytest.raises(
            WriteRefusedError, match="a step of 5 from 12 degC is more than max_step 1; set it by hand first"
        ):
            await at.write(17.0)

    at_desk(tmp_path, controller, use, max_step=1.0)
    assert controller.written == []


def test_interval_and_budget_hold_over_a_restart(tmp_path: Path) -> None:
    controller = Controller()

    async def run() -> None:
        limits = {"min_interval_s": 600.0, "writes_per_day": 2}
        async with allowed_desk(tmp_path, controller, **limits) as first:
            await first.write(19.0)
            first.clock.step(599)
            with pytest.raises(WriteRefusedError, match="599 s ago and min_interval_s is 600; wait 1 s"):
                await first.write(20.0)
            clock = first.clock
        async with (
            tcp_server(controller.answer) as port,
            desk(crah_site(tmp_path, port, **limits), tmp_path, clock) as again,
        ):
            with pytest.raises(WriteRefusedError, match="wait 1 s"):
                await again.write(20.0)
            clock.step(1)
            await again.write(20.0)
            clock.step(86_400 - 601)
            with pytest.raises(
                WriteRefusedError, match=r"2 writes in 24 hours, and 2 are allowed \(writes_per_day in the site"
            ):
                await again.write(21.0)
            clock.step(1)
            await again.write(21.0)

    asyncio.run(run())
    assert len(controller.written) == 3


def test_without_a_word_of_the_profile_a_write_is_taken_to_wear_the_device(tmp_path: Path) -> None:
    controller = Controller()

    async def use(at: Desk) -> None:
        for number in range(24):
            await at.write(18.0 + (number + 1) % 2)
            at.clock.step(60)
        with pytest.raises(WriteRefusedError, match=r"24 writes in 24 hours, and 24 are allowed \(to spare its EEPROM"):
            await at.write(20.0)

    at_desk(tmp_path, controller, use, **FAST)


def test_what_somebody_else_changed_is_left_alone_until_a_person_clears_it(tmp_path: Path) -> None:
    controller = Controller()

    async def use(at: Desk) -> None:
        await at.write(21.0)
        at.clock.step(60)
        controller.registers[0] = 195  # at the unit's own panel
        refusal = "somebody changed 21 degC to 19.5 degC; find out why, then accept it under Points that may be written"
        for _ in range(2):
            with pytest.raises(WriteRefusedError, match=refusal):
                await at.write(22.0)
        controller.registers[0] = 210  # putting it back does not clear it
        with pytest.raises(WriteRefusedError, match=refusal):
            await at.write(22.0)
        assert at.standing().override == LocalOverride(POINT, at.clock.now(), 21.0, 19.5)
        assert at.told()[3:] == ["write.overridden"]
        assert at.events()[3].detail == {"expected": 21.0, "found": 19.5, "site": "test"}
        controller.registers[0] = 230
        at.clock.step(60)
        at.ledger.clear(POINT, actor="R. Weber", reason="night shift agrees", at=at.clock.now())
        assert (await at.write(22.0)).read_back.value == 22.0

    at_desk(tmp_path, controller, use, **FAST)
    assert len(controller.written) == 2


def test_a_device_that_refuses_is_an_error_and_no_write(tmp_path: Path) -> None:
    controller = Controller(mood="refuses")

    async def use(at: Desk) -> None:
        with pytest.raises(WriteRefusedError, match="illegal data value"):
            await at.write(21.5)
        assert at.told()[1:] == ["write.intended", "write.refused"]
        assert (at.standing().last, at.standing().writes_last_day) == (None, 0)
        controller.mood = "obeys"
        await at.write(21.5)

    at_desk(tmp_path, controller, use)
    assert controller.registers == [215, 600]


def test_a_write_that_the_device_ignores_is_an_error_with_both_values(tmp_path: Path) -> None:
    controller = Controller(mood="ignores")

    async def use(at: Desk) -> None:
        with pytest.raises(WriteRefusedError, match=r"the device keeps 18 degC, 21\.5 degC was sent"):
            await at.write(21.5)
        last = at.standing().last
        assert last is not None
        assert (last.state, last.value, last.read_back) == (WriteState.MISMATCHED, 21.5, 18.0)

    at_desk(tmp_path, controller, use)
    assert len(controller.written) == 1, "sent again"


def test_a_write_without_an_answer_is_in_doubt_and_counts(tmp_path: Path) -> None:
    controller = Controller(mood="silent")

    async def use(at: Desk) -> None:
        with pytest.raises(DeviceError, match="no answer"):
            await at.write(21.5)
        standing = at.standing()
        assert standing.last is not None
        assert (standing.last.state, standing.writes_last_day) == (WriteState.IN_DOUBT, 1)
        assert "no answer" in standing.last.note
        controller.mood, controller.registers[0] = "obeys", 215  # it had taken it after all
        at.clock.step(900)
        assert (await at.write(22.0)).sent

    at_desk(tmp_path, controller, use)
    assert len(controller.written) == 2, "sent again"


def test_a_write_that_is_cancelled_is_in_doubt(tmp_path: Path) -> None:
    controller = Controller(mood="silent")

    async def use(at: Desk) -> None:
        writing = asyncio.create_task(at.write(21.5))
        while not controller.written:
            await asyncio.sleep(0.01)
        writing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await writing
        last = at.standing().last
        assert last is not None and last.state is WriteState.IN_DOUBT

    at_desk(tmp_path, controller, use)


def test_a_present_value_that_says_nothing_stops_a_write(tmp_path: Path) -> None:
    controller = Controller(registers=[0x8000, 600])

    async def use(at: Desk) -> None:
        with pytest.raises(WriteRefusedError, match=r"no usable present value \(bad\); nothing is written blindly"):
            await at.write(21.5)

    at_desk(tmp_path, controller, use)
    assert controller.written == []


def test_what_cannot_be_recorded_is_not_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    controller = Controller()

    def full(*_: object) -> None:
        raise JournalError("write not recorded: disk is full")

    async def use(at: Desk) -> None:
        monkeypatch.setattr(at.ledger, "intend", full)
        with pytest.raises(JournalError, match="disk is full"):
            await at.write(21.5)

    at_desk(tmp_path, controller, use)
    assert controller.written == []


def test_a_device_that_cannot_be_reached_is_a_device_error(tmp_path: Path) -> None:
    async def run() -> None:
        async with desk(crah_site(tmp_path, 1), tmp_path) as at:
            at.allow()
            with pytest.raises(DeviceError, match="cannot be reached"):
                await at.write(20.0)
            assert at.told() == ["write.allowed"], "nothing was sent"

    asyncio.run(run())


def test_writes_to_one_device_take_turns(tmp_path: Path) -> None:
    controller = Controller()

    async def use(at: Desk) -> None:
        at.allow(FAN)
        air, fan = await asyncio.gather(at.write(19.0), at.write(0.8, FAN))
        assert air.read_back.value == 19.0
        assert fan.read_back.value == pytest.approx(0.8)

    at_desk(tmp_path, controller, use)
    assert controller.registers == [190, 800]


def test_a_second_writer_is_refused_while_one_writes(tmp_path: Path) -> None:
    controller = Controller(mood="silent")

    async def use(at: Desk) -> None:
        writing = asyncio.create_task(at.write(21.5))
        while not controller.written:
            await asyncio.sleep(0.01)
        async with desk(at.loaded, tmp_path) as other:
            with pytest.raises(WriteRefusedError, match=r"process \d+ is writing to controller; try again"):
                await other.write(19.0)
        with pytest.raises(DeviceError):
            await writing

    at_desk(tmp_path, controller, use)
    assert len(controller.written) == 1


def test_a_dry_run_shows_the_bytes_and_sends_none(tmp_path: Path) -> None:
    controller = Controller()

    async def use(at: Desk) -> None:
        shown = at.writer.describe(POINT, 21.5)
        assert "unit 1" in shown and "06 00 00 00 d7" in shown

    at_desk(tmp_path, controller, use)
    assert controller.written == []


def test_writing_through_the_client_that_polls(tmp_path: Path) -> None:
    controller = Controller()

    async def run() -> None:
        async with allowed_desk(tmp_path, controller) as at:
            poller = Poller(at.loaded, lambda _: None, at.clock)
            running = asyncio.create_task(poller.run())
            await asyncio.sleep(0.2)
            ledger = open_write_ledger(at.loaded, at.state)
            writer = PointWriter(at.loaded, poller.client, ledger, at.clock)
            for value in (18.5, 19.5, 24.0):
                written = await writer.write(POINT, value, actor="R. Weber", reason="")
                assert written.read_back.value == pytest.approx(value)
                at.clock.step(900)
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            ledger.close()

    asyncio.run(run())
    assert len(controller.written) == 3


def test_a_change_in_steps_goes_as_far_as_one_may_and_says_how_far(tmp_path: Path) -> None:
    controller = Controller()

    async def use(at: Desk) -> None:
        async def step(value: float) -> float:
            at.clock.step(1.0)
            done = await at.writer.write(POINT, value, actor="R. Weber", reason="in steps", in_steps=True)
            return done.requested if done.sent else math.nan

        assert [await step(20.5) for _ in range(3)] == [19.0, 20.0, 20.5]
        assert math.isnan(await step(20.5))
        assert await step(18.0) == 19.5
        with pytest.raises(WriteRefusedError, match="outside the allowed"):
            await step(26.0)

    at_desk(tmp_path, controller, use, max_step=1.0, **FAST)
    assert controller.registers[0] == 195


def test_the_way_back_needs_no_leave_knows_no_step_and_does_not_wait(tmp_path: Path) -> None:
    controller = Controller(registers=[160, 600])  # what the plant had chosen lies outside the site file's range

    async def use(at: Desk) -> None:
        async def put_back() -> Write:
            return await at.writer.put_back(POINT, 16.0, actor="R. Weber", reason="back")

        with pytest.raises(WriteRefusedError, match="not of our writing"):
            await put_back()
        assert not at.writer.is_ours(POINT)
        await at.write(20.0)
        at.ledger.forbid(POINT, actor="R. Weber", reason="no more", at=at.clock.now())
        assert at.writer.is_ours(POINT)
        assert (await put_back()).sent and controller.registers[0] == 160
        assert not (await put_back()).sent
        assert at.told()[-2:] == ["write.intended", "write.written"]

    at_desk(tmp_path, controller, use)


def test_the_way_back_is_not_forced_on_anybody(tmp_path: Path) -> None:
    controller = Controller()

    async def use(at: Desk) -> None:
        await at.write(21.0)
        controller.registers[0] = 190
        for _ in range(2):
            with pytest.raises(WriteRefusedError, match="overridden"):
                await at.writer.put_back(POINT, 18.0, actor="R. Weber", reason="back")
        at.ledger.clear(POINT, actor="R. Weber", reason="it stays", at=at.clock.now())
        with pytest.raises(WriteRefusedError, match="not of our writing"):
            await at.writer.put_back(POINT, 18.0, actor="R. Weber", reason="back")

    at_desk(tmp_path, controller, use)
    assert controller.registers[0] == 190
