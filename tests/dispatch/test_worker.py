"""The worker's pass: heartbeat, Auto, suspension, and what it says of itself."""

from __future__ import annotations

import asyncio
import json
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from facility.cli import main
from facility.dispatch.desk import DispatchDesk
from facility.dispatch.pulse import PulseThread
from facility.dispatch.turn import turn
from facility.errors import NotTheWriterError
from facility.heartbeat import Heartbeat, read_health
from facility.history.dispatch_records import Mode
from facility.history.journal_database import open_database
from facility.history.writer_lease import WriterLease
from facility.history.writer_seat import holder_name
from facility.service.dispatch import pass_once
from facility.service.worker import Worker
from facility.state import StateFolder
from tests.dispatch.living_site import POINTS, LivingSite, into, living_site
from tests.simulated_site.served import eventually
from tools.simulated_site.faults import Fault
from tools.simulated_site.watchdog import Watchdog


def passed(living: LivingSite, desk: DispatchDesk, pulses: PulseThread, times: int = 1) -> str:
    """Make passes as the service does, and return what the worker then says."""
    worker = Worker(living.state, living.clock, Heartbeat(living.state, "dispatch", living.clock), living.loaded)

    async def run() -> None:
        async with desk.writer() as writer:
            applier = desk.applier(writer)
            for _ in range(times):
                await pass_once(worker, desk, applier, pulses)

    asyncio.run(run())
    (health,) = [one for one in read_health(living.state, living.clock.now()) if one.process == "dispatch"]
    return str(health.detail["activity"])


def test_it_beats_in_auto_and_falls_silent_when_the_plant_is_abnormal(tmp_path: Path) -> None:
    with (
        living_site(tmp_path, heartbeat={"every_s": 0.1, "within_s": 1.0}) as living,
        living.desk() as desk,
        closing(PulseThread(living.loaded, desk.settings.heartbeats)) as pulses,
    ):
        watchdog = living.watchdogs["controller-crah-1"]
        assert passed(living, desk, pulses) == "dispatching" and watchdog.counted == 0.0  # Advise, and nothing held
        into(desk, Mode.AUTO)
        passed(living, desk, pulses)
        assert eventually(lambda: watchdog.counted > 0.0)
        living.simulation.faults.call("hall-1", Fault.LEAK, now_s=living.simulation.time.timestamp())
        living.live(60.0)
        assert passed(living, desk, pulses) == "held up"
        counted = _still(watchdog)
        assert not eventually(lambda: watchdog.counted != counted, 0.5)
        assert desk.book.posture().suspended is not None


def test_the_plant_knows_that_we_are_there_before_the_first_write(tmp_path: Path) -> None:
    with (
        living_site(tmp_path, heartbeat={"every_s": 0.1, "within_s": 1.0}) as living,
        living.desk() as desk,
        closing(PulseThread(living.loaded, desk.settings.heartbeats)) as pulses,
    ):
        living.allow(desk)
        before = living.held()
        desk.apply(living.recommend(desk, before + 1.0), "R. Weber", "a mild night")
        passed(living, desk, pulses)
        assert living.held() == before and eventually(lambda: living.watchdogs["controller-crah-1"].counted > 0.0)
        passed(living, desk, pulses)
        assert living.held() == pytest.approx(before + 1.0)
        pulses.stop()  # as when this process dies in its first minute

        def gone_back() -> bool:
            living.watchdogs["controller-crah-1"].look()
            return living.held() == before

        assert eventually(gone_back)


def test_it_notices_what_somebody_else_sets_from_what_is_polled(tmp_path: Path) -> None:
    with (
        living_site(tmp_path) as living,
        living.desk() as desk,
        closing(PulseThread(living.loaded, desk.settings.heartbeats)) as pulses,
    ):
        living.allow(desk)
        desk.apply(living.recommend(desk, living.held() + 1.0), "R. Weber", "a mild night")
        passed(living, desk, pulses)
        living.touch("crah-1", 17.5)
        living.live(60.0)
        passed(living, desk, pulses, times=3)
        assert desk.ledger.standing(POINTS[0], living.clock.now()).override is not None
        assert living.held("crah-1") == 17.5 and [one.state for one in desk.book.applications()] == ["rolled_back"]


def test_it_stands_by_while_another_machine_writes_and_says_what_it_lost(tmp_path: Path) -> None:
    with (
        living_site(tmp_path, heartbeat={"every_s": 0.1, "within_s": 1.0}) as living,
        living.desk() as desk,
        closing(PulseThread(living.loaded, desk.settings.heartbeats, desk.may_beat)) as pulses,
    ):
        living.allow(desk)
        before, watchdog = living.held(), living.watchdogs["controller-crah-1"]
        engine = open_database(None, living.state)
        desk.lease = WriterLease(engine, living.loaded.site.id, holder_name(living.state), timedelta(seconds=1))
        other = WriterLease(engine, living.loaded.site.id, "other-host:1")
        into(desk, Mode.AUTO)
        assert passed(living, desk, pulses) == "dispatching" and eventually(lambda: watchdog.counted > 0.0)
        assert eventually(other.take)  # once this machine has not renewed it
        name = living.recommend(desk, before + 1.0)
        into(desk, Mode.ADVISE)
        desk.apply(name, "R. Weber", "a mild night")
        assert passed(living, desk, pulses, times=2) == "standing by" and living.held() == before
        counted = _still(watchdog)
        assert not eventually(lambda: watchdog.counted != counted, 0.5)
        (health,) = [one for one in read_health(living.state, living.clock.now()) if one.process == "dispatch"]
        assert health.detail["lease_lost"].startswith("other-host:1 writes since")
        with pytest.raises(NotTheWriterError, match="other-host:1 writes to this site's devices"):
            asyncio.run(_written(desk, before + 0.5))
        assert asyncio.run(desk.release("R. Weber", "noise")) == []
        assert [one.state for one in desk.book.applications()] == ["rolled_back"]  # nothing was held
        other.release()
        desk.resume("R. Weber", "all is well")
        assert passed(living, desk, pulses) == "dispatching"
        (health,) = [one for one in read_health(living.state, living.clock.now()) if one.process == "dispatch"]
        assert health.detail["lease_lost"] is None
        engine.dispose()


def test_what_another_machine_holds_is_put_back_by_its_service(tmp_path: Path) -> None:
    with living_site(tmp_path) as living, living.desk() as desk:
        living.allow(desk)
        before = living.held()
        desk.apply(living.recommend(desk, before + 1.0), "R. Weber", "a mild night")
        living.passes(desk, lambda: living.held("crah-2") == pytest.approx(before + 1.0))
        desk.lease.release()
        engine = open_database(None, living.state)
        other = WriterLease(engine, living.loaded.site.id, "other-host:1")
        assert other.take()
        states = [one.state for one in asyncio.run(desk.release("R. Weber", "noise"))]
        assert states == ["written", "written"] and living.held() == pytest.approx(before + 1.0)
        other.release()
        living.passes(desk, lambda: living.held("crah-2") == before)
        assert living.held() == before
        engine.dispose()


def test_it_leaves_the_plant_to_a_command_that_has_the_turn(tmp_path: Path) -> None:
    with turn(StateFolder(tmp_path), 0.0) as came, turn(StateFolder(tmp_path), 0.2) as too:
        assert came and not too
    with turn(StateFolder(tmp_path), 0.0) as again:
        assert again


def test_the_commands_tell_how_it_stands(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with living_site(tmp_path) as living:
        with living.desk() as desk:
            living.allow(desk)
            name = living.recommend(desk, living.held() + 1.0)

        def run(action: str, *more: str) -> dict[str, Any]:
            site = [str(living.folder / "ours.yaml"), "--state", str(living.state.root), "--format", "json"]
            said = [] if action == "status" else ["--by", "R. Weber", "--reason", "a test"]
            assert main(["dispatch", action, *site[:1], *more, *site[1:], *said]) == 0
            told: dict[str, Any] = json.loads(capsys.readouterr().out)
            return told

        assert run("status")["mode"] == "advise"
        assert run("mode", "auto")["mode_set"]["by"] == "R. Weber"
        assert run("lock-out", "crah-3", "--hours", "2")["locked_out"][0]["equipment"] == "crah-3"
        assert run("return-to-service", "crah-3")["locked_out"] == []
        assert run("veto")["vetoed"]["reason"] == "a test"
        assert run("veto", "--lift")["vetoed"] is None
        (row,) = run("status")["open"]
        assert row["id"] == name and any("never tested" in one for one in row["refusals"])
        arguments = ["dispatch", "apply", str(living.folder / "ours.yaml"), "nope", "--state", str(living.state.root)]
        assert main([*arguments, "--by", "R. Weber", "--reason", "why"]) == 1
        assert "no recommendation 'nope'" in capsys.readouterr().err
        assert main(["dispatch", "status", str(living.folder / "ours.yaml"), "--state", str(living.state.root)]) == 0
        assert "Mode: auto" in capsys.readouterr().out


def _still(watchdog: Watchdog) -> float:
    eventually(lambda: False, 0.3)  # a beat that was under way
    return float(watchdog.counted)


async def _written(desk: DispatchDesk, value: float) -> None:
    async with desk.writer() as writer:
        await writer.write(POINTS[0], value, actor="R. Weber", reason="by hand")
