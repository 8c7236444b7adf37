"""A switchback before a simulated plant: blocks are orders like others, end as they began, and it stops by itself."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from facility.dispatch.desk import DispatchDesk
from facility.dispatch.switchback import Timetable
from facility.errors import ConfigurationError, JournalError, WriteRefusedError
from facility.history.dispatch_records import ApplicationState, Mode
from facility.history.switchback_records import Switchback
from facility.records import RecommendationState
from facility.savings.switchback import measure_switchback
from tests.dispatch.living_site import CRAHS, LivingSite, into
from tools.simulated_site.faults import Fault

SHORT = Timetable(pairs=5, block=timedelta(hours=1), wash_out=timedelta(minutes=15), seed=3)


def lives(living: LivingSite, desk: DispatchDesk, hours: float, every_s: float = 300.0) -> dict[int, list[float]]:
    """Make passes as the service does for some hours; return by block what a controller held in its second half."""
    seen: dict[int, list[float]] = {}

    async def run() -> None:
        async with desk.writer() as writer:
            applier = desk.applier(writer)
            for _ in range(round(hours * 3600 / every_s)):
                well = desk.suspend_if_abnormal()
                desk.switchbacks.step()
                if well:
                    desk.orders.order_by_rule()
                await applier.step()
                running = desk.switchbacks.kept.running()
                number = None if running is None else running.number_at(living.clock.now())
                if running is not None and number is not None:
                    begins, _ = running.span(running.blocks[number])
                    if living.clock.now() - begins > timedelta(minutes=30):
                        seen.setdefault(number, []).append(living.held())
                living.live(every_s)

    asyncio.run(run())
    return seen


def started(living: LivingSite, desk: DispatchDesk, by: float = 1.0, asked: Timetable = SHORT) -> Switchback:
    living.allow(desk)
    name = living.recommend(desk, living.held() + by)
    return desk.start_switchback(name, asked, "R. Weber", "is it worth it?")


def only(desk: DispatchDesk) -> Switchback:
    (one,) = desk.switchbacks.kept.all()
    return one


def test_blocks_are_carried_out_and_measured_and_all_ends_as_it_began(living: LivingSite) -> None:
    with living.desk() as desk:
        before = living.held()
        one = started(living, desk)
        seen = lives(living, desk, 10.4)
        for number, block in enumerate(one.blocks):
            assert set(seen[number]) == {before + 1.0 if block.on else before}, f"block {number}"
        done = only(desk)
        assert done.stopped is not None and done.stopped.reason == "its timetable is at its end"
        assert sorted(done.reached) == list(range(10))
        assert [living.held(crah) for crah in CRAHS] == [before, before]
        made = [item for item in desk.book.applications() if one.made(item.id)]
        assert {item.state for item in made} == {ApplicationState.ROLLED_BACK}
        assert all(item.why.startswith("by the timetable") for item in made)
        saving = measure_switchback(
            living.loaded, living.telemetry, done, desk.book.recommendation(one.recommendation), living.clock.now()
        )
        assert (saving.hours, saving.promised_kw.value) == (5, 3.0)
        assert saving.saved_kw.low < saving.saved_kw.value < saving.saved_kw.high
        kinds = {event.kind for event in desk.journal.events(kind="switchback")}
        assert kinds == {"switchback.started", "switchback.on", "switchback.off", "switchback.stopped"}
        assert desk.journal.verify() is None


def test_what_was_applied_is_put_back_first(living: LivingSite) -> None:
    with living.desk() as desk:
        living.allow(desk)
        before = living.held()
        name = living.recommend(desk, before + 1.0)
        desk.apply(name, "R. Weber", "a mild night")
        living.reaches(desk, name, ApplicationState.VERIFIED)
        desk.start_switchback(name, SHORT, "R. Weber", "is it worth it?")
        lives(living, desk, 0.2)
        assert living.recommendation_state(desk, name) is RecommendationState.ROLLED_BACK


@pytest.mark.parametrize("way", ["abnormal", "person", "limit", "somebody else"])
def test_it_ends_before_its_time_and_leaves_nothing_written(living: LivingSite, way: str) -> None:
    with living.desk() as desk:
        before = living.held()
        one = started(living, desk)
        first_on = next(number for number, block in enumerate(one.blocks) if block.on)
        lives(living, desk, first_on + 0.6)
        assert living.held() == before + 1.0
        if way == "abnormal":
            living.simulation.faults.call("hall-1", Fault.LEAK, now_s=living.simulation.time.timestamp())
        elif way == "person":
            desk.stop_switchback(one.id, "R. Weber", "enough")
        elif way == "limit":
            for crah in ("crah-1", "crah-2", "crah-3", "crah-4"):
                living.simulation.set(crah, "fan_speed_setpoint_frac", 0.3)
        else:
            living.touch(CRAHS[0], 17.5)
        lives(living, desk, 0.7 if way != "somebody else" else 2.0)
        stopped = only(desk).stopped
        assert stopped is not None
        expected = {"abnormal": "leak", "person": "enough", "limit": "limit", "somebody else": "was not put back"}
        assert expected[way] in stopped.reason
        if way in ("person", "limit"):
            assert [living.held(crah) for crah in CRAHS] == [before, before]
        if way == "somebody else":
            assert living.held() == 17.5


def test_nothing_else_is_written_that_it_tries(living: LivingSite) -> None:
    with living.desk() as desk:
        one = started(living, desk)
        other = living.recommend(desk, living.held() + 2.0)
        with pytest.raises(WriteRefusedError, match=f"{one.id} runs"):
            desk.apply(other, "R. Weber", "warmer")
        with pytest.raises(JournalError, match="runs"):
            desk.start_switchback(other, Timetable(5, SHORT.block, SHORT.wash_out, by_hand=True), "R. Weber", "me too")


def test_by_hand_writes_nothing(living: LivingSite) -> None:
    with living.desk() as desk:
        into(desk, Mode.OBSERVE)
        before = living.held()
        one = started(living, desk, asked=Timetable(5, SHORT.block, SHORT.wash_out, by_hand=True))
        switches = {block.begin_h: block.on for block in one.blocks[:3]}
        for begin_h, on in switches.items():
            living.clock.at = one.begins + timedelta(hours=begin_h)
            assert desk.switchbacks.now_wanted(one) is on
        living.read()
        lives(living, desk, 0.5)
        assert only(desk).stopped is None and only(desk).reached == {}
        assert living.held() == before
        assert not [item for item in desk.book.applications() if one.made(item.id)]


def test_what_cannot_be_tried_is_refused(living: LivingSite) -> None:
    with living.desk() as desk:
        name = living.recommend(desk, living.held() + 1.0)
        with pytest.raises(WriteRefusedError, match="an engineer must allow writing it"):
            desk.start_switchback(name, SHORT, "R. Weber", "nobody has allowed it")
        living.allow(desk)
        with pytest.raises(ConfigurationError, match="5 pairs"):
            desk.start_switchback(name, Timetable(4, SHORT.block, SHORT.wash_out), "R. Weber", "too few")
        with pytest.raises(ConfigurationError, match="half of a block"):
            desk.start_switchback(name, Timetable(5, SHORT.block, timedelta(minutes=40)), "R. Weber", "all washed out")
        proposed = living.recommend(desk, living.held() + 1.0, approved=False)
        with pytest.raises(WriteRefusedError, match="proposed"):
            desk.start_switchback(proposed, SHORT, "R. Weber", "not approved")
        into(desk, Mode.OBSERVE)
        with pytest.raises(WriteRefusedError, match="mode"):
            desk.start_switchback(name, SHORT, "R. Weber", "observe")
        assert desk.switchbacks.kept.all() == []
