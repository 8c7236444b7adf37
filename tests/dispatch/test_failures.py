"""Dispatch before a plant that fails it: killed, cut off, refused, half done, overridden by somebody else."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from facility.errors import WriteRefusedError
from facility.history.dispatch_records import ApplicationState, TargetState
from facility.records import RecommendationState, WriteState
from tests.dispatch.living_site import CRAHS, POINTS, QUANTITY, LivingSite
from tests.simulated_site.served import eventually
from tools.simulated_site.setpoints import Accepted

_HOUSE = Path(__file__).parents[2]
_PASS = """
import asyncio, datetime, pathlib, sys
from facility.dispatch.desk import DispatchDesk
from facility.site_file import load_site
from facility.state import StateFolder
from tests.acquire.sites import SetClock

async def run(folder, at):
    with DispatchDesk(load_site(folder / "ours.yaml"), StateFolder(folder / "state"), SetClock(at)) as desk:
        async with desk.writer() as writer:
            await desk.applier(writer).step()

asyncio.run(run(pathlib.Path(sys.argv[1]), datetime.datetime.fromisoformat(sys.argv[2])))
"""


def one_pass_in_a_process(living: LivingSite) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", _PASS, str(living.folder), living.clock.at.isoformat()]
    return subprocess.Popen(command, cwd=_HOUSE, env=dict(os.environ))


@pytest.mark.parametrize("taken", [True, False])
def test_killed_between_intent_and_outcome_it_goes_on_where_it_was(living: LivingSite, taken: bool) -> None:
    with living.desk() as desk:
        living.allow(desk)
        before = living.held()
        name = living.recommend(desk, before + 1.0)
        desk.apply(name, "R. Weber", "a mild night")
        cable = living.cables["crah-1"]

        def intended() -> bool:
            last = desk.ledger.standing(POINTS[0], living.clock.now()).last
            return last is not None and last.state is WriteState.INTENDED

        cable.lose_writes(arrive=taken)
        child = one_pass_in_a_process(living)
        try:
            assert eventually(lambda: intended() and (living.held() != before or not taken))
        finally:
            child.kill()
            child.wait()
        cable.mend()
        assert (living.held() == pytest.approx(before + 1.0)) is taken
        first = living.application(desk, name).targets[0]
        assert (first.state, first.before) == (TargetState.MOVING, before)  # kept before anything was sent
        done = living.reaches(desk, name, ApplicationState.VERIFIED, ApplicationState.ROLLED_BACK)
        assert done.state is ApplicationState.VERIFIED, done.why
        assert living.held() == pytest.approx(before + 1.0)
        sent = [event.kind for event in desk.journal.events(kind="write") if event.subject == POINTS[0]]
        tail = [] if taken else ["write.intended", "write.written"]
        assert sent == ["write.allowed", "write.intended", "write.in_doubt", *tail]


def test_a_network_that_is_cut_half_way_is_told_and_put_back_once_it_is_mended(living: LivingSite) -> None:
    with living.desk() as desk:
        living.allow(desk)
        before = living.held()
        name = living.recommend(desk, before + 2.0)
        desk.apply(name, "R. Weber", "a mild night")
        living.passes(desk, lambda: all(living.held(crah) == pytest.approx(before + 1.0) for crah in CRAHS))
        living.cables["crah-1"].cut()
        living.reaches(desk, name, ApplicationState.ROLLING_BACK)
        living.passes(desk, lambda: living.held("crah-2") == before)
        stuck = living.application(desk, name)
        assert stuck.state is ApplicationState.ROLLING_BACK
        assert stuck.targets[0].state is TargetState.MOVING and stuck.targets[0].note
        assert stuck.targets[1].state is TargetState.PUT_BACK
        assert living.held("crah-1") == pytest.approx(before + 1.0)
        living.cables["crah-1"].mend()
        done = living.reaches(desk, name, ApplicationState.ROLLED_BACK)
        assert living.held("crah-1") == before
        assert {target.state for target in done.targets} == {TargetState.PUT_BACK}


@pytest.mark.parametrize("refuses", ["the value", "every request"])
def test_a_write_half_done_is_told_and_undone(living: LivingSite, refuses: str) -> None:
    with living.desk() as desk:
        living.allow(desk)
        before = living.held()
        if refuses == "the value":
            living.simulation.setpoints._accepted[("crah-2", QUANTITY)] = Accepted(10.0, before + 0.5)
        else:
            living.break_device("crah-2", "exception")
        name = living.recommend(desk, before + 1.0)
        desk.apply(name, "R. Weber", "a mild night")
        done = living.reaches(desk, name, ApplicationState.ROLLED_BACK)
        assert [living.held(crah) for crah in CRAHS] == [before, before]
        assert [target.state for target in done.targets] == [TargetState.PUT_BACK, TargetState.LEFT if
            refuses == "every request" else done.targets[1].state]  # fmt: skip
        assert "crah-2" in done.why
        assert done.targets[1].note
        assert living.recommendation_state(desk, name) is RecommendationState.ROLLED_BACK
        sent = [event for event in desk.journal.events(kind="write.intended") if event.subject == POINTS[1]]
        assert len(sent) == (1 if refuses == "the value" else 0)  # nothing is sent twice


def test_a_write_that_arrives_and_whose_answer_does_not_is_found_by_reading(living: LivingSite) -> None:
    """The plant moved and we cannot know it from the answer: what the device holds counts, and nothing is sent twice."""
    with living.desk() as desk:
        living.allow(desk)
        before = living.held()
        name = living.recommend(desk, before + 1.0)
        desk.apply(name, "R. Weber", "a mild night")
        living.cables["crah-1"].lose_writes(arrive=True)
        done = living.reaches(desk, name, ApplicationState.VERIFIED, ApplicationState.ROLLED_BACK)
        assert done.state is ApplicationState.VERIFIED, done.why
        assert [living.held(crah) for crah in CRAHS] == [pytest.approx(before + 1.0)] * 2
        sent = [event.kind for event in desk.journal.events(kind="write") if event.subject == POINTS[0]]
        assert sent == ["write.allowed", "write.intended", "write.in_doubt"]


def test_what_somebody_else_sets_is_never_fought(living: LivingSite) -> None:
    with living.desk() as desk:
        living.allow(desk)
        before = living.held()
        name = living.recommend(desk, before + 2.0)
        desk.apply(name, "R. Weber", "a mild night")
        living.passes(desk, lambda: living.held("crah-2") == pytest.approx(before + 1.0))
        living.touch("crah-1", 17.5)
        done = living.reaches(desk, name, ApplicationState.ROLLED_BACK)
        assert [living.held(crah) for crah in CRAHS] == [17.5, before]
        assert [target.state for target in done.targets] == [TargetState.LEFT, TargetState.PUT_BACK]
        again = living.recommend(desk, before + 1.0)
        with pytest.raises(WriteRefusedError, match="find out why, then clear it"):
            desk.apply(again, "R. Weber", "once more")
        assert living.held() == 17.5


def test_an_order_that_nobody_began_is_not_carried_out_later(living: LivingSite) -> None:
    with living.desk() as desk:
        living.allow(desk)
        before = living.held()
        name = living.recommend(desk, before + 1.0)
        desk.apply(name, "R. Weber", "a mild night")
        living.live(16 * 60.0)
        done = living.reaches(desk, name, ApplicationState.ROLLED_BACK)
        assert "nobody began within 15 minutes" in done.why and living.held() == before
        assert living.recommendation_state(desk, name) is RecommendationState.REJECTED


def test_blind_it_turns_back(living: LivingSite) -> None:
    with living.desk() as desk:
        living.allow(desk)
        before = living.held()
        name = living.recommend(desk, before + 1.0)
        desk.apply(name, "R. Weber", "a mild night")
        living.reaches(desk, name, ApplicationState.WATCHING)
        living.silent |= {point.id for point in living.loaded.points if point.quantity == "inlet_temperature_degc"}
        done = living.reaches(desk, name, ApplicationState.ROLLED_BACK)
        assert "is not measured" in done.why and living.held() == before
