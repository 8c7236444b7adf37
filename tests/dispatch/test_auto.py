"""Auto: only what passes the whole check, only on points that were seen to go back by themselves; heartbeats in real time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from facility.dispatch.desk import DispatchDesk
from facility.dispatch.pulse import PulseThread
from facility.dispatch.report import status_document
from facility.errors import ConfigurationError, WriteRefusedError
from facility.history.dispatch_records import ApplicationState, Mode, ReversionTest
from facility.records import Interval, RecommendationState
from tests.dispatch.living_site import CRAHS, POINTS, LivingSite, into, living_site
from tests.simulated_site.served import eventually

WITHIN_S = 2.5  # as declared; the controllers are quicker


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[LivingSite]:
    """The same site, whose first two CRAHs take their setpoints back without a heartbeat."""
    with living_site(tmp_path, heartbeat={"every_s": 0.3, "within_s": WITHIN_S}) as one:
        for watchdog in one.watchdogs.values():
            watchdog.within_s = 1.0
        yield one


def commission(site: LivingSite, point: str, value: float) -> ReversionTest:
    with site.desk() as desk:
        test = asyncio.run(desk.commission(point, value, "R. Weber", "acceptance"))
        assert desk.book.reversion_tests()[point] == test
    return test


def test_the_test_of_a_reversion_sees_the_point_go_back_and_leaves_it_free(watched: LivingSite) -> None:
    before = watched.held()
    with watched.desk() as desk:
        watched.allow(desk)
    test = commission(watched, POINTS[0], before + 0.5)
    assert test.passed and test.took_s is not None and 0.3 < test.took_s <= WITHIN_S, test
    assert watched.held() == before and watched.watchdogs["controller-crah-1"].reversions == 1
    with watched.desk() as desk:
        assert desk.ledger.standing(POINTS[0], watched.clock.now()).override is None
        told = desk.journal.events(kind="dispatch.reversion_tested")
        assert [(event.subject, event.detail["passed"]) for event in told] == [(POINTS[0], True)]


def test_a_point_that_stays_fails_and_is_put_back(watched: LivingSite) -> None:
    before = watched.held()
    with watched.desk() as desk:
        watched.allow(desk)
    watched.watchdogs["controller-crah-1"].within_s = 1e9  # somebody has switched it off
    test = commission(watched, POINTS[0], before + 0.5)
    assert (test.passed, test.took_s) == (False, None) and "did not go back within" in test.note
    assert watched.held() == before


def test_a_point_that_goes_back_under_the_heartbeat_proves_nothing(watched: LivingSite) -> None:
    with watched.desk() as desk:
        watched.allow(desk)
    watched.watchdogs["controller-crah-1"].within_s = 0.15  # less than a beat
    test = commission(watched, POINTS[0], watched.held() + 0.5)
    assert not test.passed and "did not hold the value under the heartbeat" in test.note


def test_it_is_not_tested_while_the_service_may_beat(watched: LivingSite) -> None:
    with watched.desk() as desk:
        watched.allow(desk)
        into(desk, Mode.AUTO)
    with pytest.raises(WriteRefusedError, match="the service beats the heartbeat"):
        commission(watched, POINTS[0], watched.held() + 0.5)
    with pytest.raises(ConfigurationError, match="no heartbeat has it"):
        commission(watched, "crah-3.supply_air_temperature_setpoint_degc", 20.0)


def test_auto_writes_what_passes_drops_what_is_not_sure_and_leaves_the_rest_to_people(watched: LivingSite) -> None:
    before = watched.held()
    with watched.desk() as desk:
        watched.allow(desk)
        into(desk, Mode.AUTO)
        untested = watched.recommend(desk, before + 1.0, approved=False)
        watched.passes(desk, lambda: True)
        assert watched.recommendation_state(desk, untested) is RecommendationState.PROPOSED
        into(desk, Mode.ADVISE)
    for point in POINTS:
        assert commission(watched, point, before + 0.5).passed
    watched.live(900.0)
    with watched.desk() as desk, closing(PulseThread(watched.loaded, desk.settings.heartbeats)) as pulses:
        into(desk, Mode.AUTO)
        assert desk.wants_heartbeat()
        pulses.lease(120.0)
        unsure = watched.recommend(desk, before + 1.0, saving=Interval(1.0, -2.0, 4.0), approved=False)
        (row,) = [row for row in status_document(desk)["open"] if row["id"] == unsure]
        assert row["dropped"] and "90 % between -2 and 4" in row["refusals"][0]
        watched.passes(desk, lambda: True)
        assert watched.recommendation_state(desk, unsure) is RecommendationState.REJECTED
        assert desk.journal.transitions(unsure)[-1].reason.startswith("dropped: ")
        sure = watched.recommend(desk, before + 1.0, approved=False)
        done = watched.reaches(desk, sure, ApplicationState.VERIFIED, ApplicationState.ROLLED_BACK)
        assert done.state is ApplicationState.VERIFIED, done.why
        assert done.ordered.by == "dispatch"
        moves = [(move.after.value, move.actor) for move in desk.journal.transitions(sure)]
        assert moves == [("approved", "dispatch"), ("applied", "dispatch"), ("verified", "dispatch")]
        assert [watched.held(crah) for crah in CRAHS] == pytest.approx([before + 1.0] * 2)
        pulses.stop()  # as when this process dies
        assert eventually(lambda: _look(watched) == [before, before], 2 * WITHIN_S + 1.0)


def test_a_release_hands_the_heartbeat_back_at_once(watched: LivingSite) -> None:
    before = watched.held()
    with watched.desk() as desk, closing(PulseThread(watched.loaded, desk.settings.heartbeats)) as pulses:
        watched.allow(desk)
        pulses.lease(60.0)
        watchdog = watched.watchdogs["controller-crah-1"]
        assert eventually(lambda: watchdog.counted > 0.0)
        pulses.stop()
        asyncio.run(_written(desk, before + 1.0))
        watched.touch(CRAHS[1], 17.5)  # at the machine: no watchdog takes that back
        asyncio.run(desk.release("R. Weber", "noise"))
        assert watchdog.counted == 0.0 and [watched.held(crah) for crah in CRAHS] == [before, 17.5]


def test_a_dispatch_that_hangs_loses_its_lease(watched: LivingSite) -> None:
    with watched.desk() as desk, closing(PulseThread(watched.loaded, desk.settings.heartbeats)) as pulses:
        watchdog = watched.watchdogs["controller-crah-1"]
        pulses.lease(1.0)
        assert eventually(lambda: watchdog.counted > 0.0)
        time.sleep(1.2)
        counted = watchdog.counted
        time.sleep(0.8)
        assert watchdog.counted == counted


async def _written(desk: DispatchDesk, value: float) -> None:
    async with desk.writer() as writer:
        await writer.write(POINTS[0], value, actor="R. Weber", reason="by hand")


def _look(site: LivingSite) -> list[float]:
    for watchdog in site.watchdogs.values():
        watchdog.look()
    return [site.held(crah) for crah in CRAHS]
