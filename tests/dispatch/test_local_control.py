"""The way back to local control, abnormal states, vetoes and lock-outs."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
import yaml

from facility.cli import main
from facility.errors import ConfigurationError, JournalError, WriteRefusedError
from facility.history.dispatch_records import ApplicationState, Mode, TargetState
from facility.records import RecommendationState
from facility.site_file import LoadedSite, load_site
from tests.dispatch.living_site import CRAHS, LivingSite, into
from tools.simulated_site.faults import Fault


def verified(living: LivingSite, value: float) -> str:
    with living.desk() as desk:
        name = living.recommend(desk, value)
        desk.apply(name, "R. Weber", "a mild night")
        assert living.reaches(desk, name, ApplicationState.VERIFIED, ApplicationState.ROLLED_BACK).state == "verified"
    return name


def test_one_key_returns_everything_without_planner_and_service(
    living: LivingSite, capsys: pytest.CaptureFixture[str]
) -> None:
    with living.desk() as desk:
        living.allow(desk)
    before = living.held()
    names = verified(living, before + 1.0), verified(living, before + 2.0)
    arguments = [
        str(living.folder / "ours.yaml"),
        "--state",
        str(living.state.root),
        "--by",
        "R. Weber",
        "--reason",
        "noise",
    ]
    assert main(["dispatch", "release", *arguments]) == 0  # no process of the service has ever run here
    assert "put back" in capsys.readouterr().out
    assert [living.held(crah) for crah in CRAHS] == [before, before]  # what it was before the first of them
    with living.desk() as desk:
        assert {living.recommendation_state(desk, name) for name in names} == {RecommendationState.ROLLED_BACK}
        name = living.recommend(desk, before + 1.0)
        with pytest.raises(WriteRefusedError, match="returned to local control: noise"):
            desk.apply(name, "R. Weber", "again")
        desk.resume("R. Weber", "all is well")
        desk.apply(name, "R. Weber", "again")
        assert asyncio.run(desk.release("R. Weber", "no")) == [] and living.held() == before  # we held nothing yet


def test_it_leaves_what_somebody_else_has_taken_and_goes_on_trying_what_does_not_answer(living: LivingSite) -> None:
    with living.desk() as desk:
        living.allow(desk)
        before = living.held()
        name = verified(living, before + 1.0)
        living.touch("crah-1", 17.5)
        living.cables["crah-2"].cut()
        states = {one.point[:6]: one.state for one in asyncio.run(desk.release("R. Weber", "noise"))}
        assert states == {"crah-1": TargetState.LEFT, "crah-2": TargetState.WRITTEN}
        assert living.application(desk, name).state is ApplicationState.ROLLING_BACK
        living.cables["crah-2"].mend()
        living.reaches(desk, name, ApplicationState.ROLLED_BACK)
        assert [living.held(crah) for crah in CRAHS] == [17.5, before]


def test_an_abnormal_state_stops_all_and_needs_a_person(living: LivingSite) -> None:
    with living.desk() as desk:
        living.allow(desk)
        before = living.held()
        name = living.recommend(desk, before + 2.0)
        desk.apply(name, "R. Weber", "a mild night")
        living.passes(desk, lambda: living.held("crah-2") == pytest.approx(before + 1.0))
        waiting = living.recommend(desk, before + 1.0, approved=False)
        living.simulation.faults.call("hall-2", Fault.SMOKE, now_s=living.simulation.time.timestamp())
        living.passes(desk, lambda: living.application(desk, name).state is ApplicationState.ROLLING_BACK)
        assert living.held() == pytest.approx(before + 1.0)  # nothing is written meanwhile, not even the way back
        assert living.recommendation_state(desk, waiting) is RecommendationState.REJECTED
        moves = desk.journal.transitions(waiting)
        assert moves[-1].reason == "void: smoke (hall-2.smoke_status)"
        with pytest.raises(WriteRefusedError, match="smoke"):
            desk.resume("R. Weber", "too early")
        living.simulation.faults.call("hall-2", Fault.NONE, now_s=living.simulation.time.timestamp())
        living.live(120.0)
        living.passes(desk, lambda: living.clock.now().minute % 5 == 0)
        assert desk.book.posture().suspended and living.held() == pytest.approx(before + 1.0)
        desk.resume("R. Weber", "the smoke was steam")
        living.reaches(desk, name, ApplicationState.ROLLED_BACK)
        assert living.held() == before


def test_veto_and_lock_out_hold_until_they_are_lifted_or_over(living: LivingSite) -> None:
    with living.desk() as desk:
        living.allow(desk)
        name = living.recommend(desk, living.held() + 1.0)
        desk.veto("R. Weber", "auditors")
        desk.lock_out("crah-2", living.clock.now() + timedelta(minutes=10), "S. Kim", "belt")
        with pytest.raises(WriteRefusedError) as refused:
            desk.apply(name, "R. Weber", "now")
        assert "auditors" in str(refused.value) and "crah-2: locked out by S. Kim" in str(refused.value)
        desk.veto("R. Weber", "they left", lift=True)
        with pytest.raises(JournalError, match="no veto"):
            desk.veto("R. Weber", "twice", lift=True)
        living.live(600.0)
        desk.apply(name, "R. Weber", "now")  # the lock-out has expired
        assert [one.equipment for one in desk.book.expired_lock_outs(living.clock.now())] == ["crah-2"]
        desk.return_to_service("crah-2", "S. Kim", "late")
        assert desk.book.expired_lock_outs(living.clock.now()) == []
        with pytest.raises(JournalError, match="not locked out"):
            desk.return_to_service("crah-2", "S. Kim", "again")
        desk.lock_out("crah-1", living.clock.now() + timedelta(hours=1), "S. Kim", "belt")
        done = living.reaches(desk, name, ApplicationState.ROLLED_BACK)
        assert "crah-1: locked out by S. Kim" in done.why
        desk.return_to_service("crah-1", "S. Kim", "done")
        assert desk.book.lock_outs(living.clock.now()) == {}
        with pytest.raises(ConfigurationError, match="no such equipment"):
            desk.lock_out("crah-99", living.clock.now() + timedelta(hours=1), "S. Kim", "belt")


def test_a_local_veto_input_stops_writing_and_needs_nobody_once_it_is_off(living: LivingSite) -> None:
    """A switch at the plant: unlike an abnormal state it voids nothing, and unlike a person's veto it ends with the switch."""
    living.loaded = with_veto_switch(living)
    with living.desk() as desk:
        living.allow(desk)
        before = living.held()
        name = living.recommend(desk, before + 2.0)
        desk.apply(name, "R. Weber", "a mild night")
        living.passes(desk, lambda: living.held("crah-2") == pytest.approx(before + 1.0))
        waiting = living.recommend(desk, before + 1.0, approved=False)
        switch(living, Fault.LEAK)
        assert not desk.suspend_if_abnormal()
        living.passes(desk, lambda: living.application(desk, name).state is ApplicationState.ROLLING_BACK)
        assert "the local veto input is on" in living.application(desk, name).why
        living.passes(desk, lambda: living.clock.now().minute % 10 == 0)
        assert [living.held(crah) for crah in CRAHS] == [pytest.approx(before + 1.0)] * 2  # not even the way back
        assert living.recommendation_state(desk, waiting) is RecommendationState.PROPOSED
        with pytest.raises(WriteRefusedError, match=r"veto \(hall-3\.leak_status\)"):
            desk.apply(waiting, "R. Weber", "now")
        switch(living, Fault.NONE)
        assert desk.suspend_if_abnormal() and desk.book.posture().suspended is None
        living.reaches(desk, name, ApplicationState.ROLLED_BACK)
        assert [living.held(crah) for crah in CRAHS] == [before, before]


def with_veto_switch(living: LivingSite) -> LoadedSite:
    """Wire the contact that tells of leaks in hall 3 to a veto switch."""
    path = living.folder / "ours.yaml"
    data = yaml.safe_load(path.read_text())
    (contact,) = [one for one in data["abnormal_states"] if one["point"] == "hall-3.leak_status"]
    contact["state"] = "veto"
    path.write_text(yaml.safe_dump(data, sort_keys=False))
    return load_site(path)


def switch(living: LivingSite, to: Fault) -> None:
    living.simulation.faults.call("hall-3", to, now_s=living.simulation.time.timestamp())
    living.live(60.0)


def test_in_observe_nothing_is_written(living: LivingSite) -> None:
    with living.desk() as desk:
        living.allow(desk)
        name = living.recommend(desk, living.held() + 1.0)
        into(desk, Mode.OBSERVE)
        with pytest.raises(WriteRefusedError, match="it is observe"):
            desk.apply(name, "R. Weber", "now")
        assert [event.kind for event in desk.journal.events(kind="dispatch")] == ["dispatch.mode"]
