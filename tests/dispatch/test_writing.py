"""An approved recommendation is written step by step, watched, and verified or rolled back, before a simulated plant."""

from __future__ import annotations

import pytest

from facility.history.dispatch_records import ApplicationState
from facility.records import RecommendationState
from tests.dispatch.living_site import CRAHS, POINTS, LivingSite


def test_it_is_written_in_steps_watched_and_verified(living: LivingSite) -> None:
    with living.desk() as desk:
        living.allow(desk)
        before = living.held()
        name = living.recommend(desk, before + 2.5)
        desk.apply(name, "R. Weber", "a mild night")
        done = living.reaches(desk, name, ApplicationState.VERIFIED, ApplicationState.ROLLED_BACK)
        assert done.state is ApplicationState.VERIFIED, done.why
        assert [living.held(crah) for crah in CRAHS] == pytest.approx([before + 2.5] * 2)
        assert [target.before for target in done.targets] == [before, before]
        assert living.recommendation_state(desk, name) is RecommendationState.VERIFIED
        told = [
            event.detail["value"] for event in desk.journal.events(kind="write.written") if event.subject == POINTS[0]
        ]
        assert told == pytest.approx([before + 1.0, before + 2.0, before + 2.5])  # max_step is 1 K
        kinds = [event.kind for event in desk.journal.events(kind="dispatch")]
        assert kinds == ["dispatch.ordered", "dispatch.watching", "dispatch.verified"]
        assert desk.journal.verify() is None


def test_what_makes_racks_too_hot_is_rolled_back_to_what_was_before(living: LivingSite) -> None:
    with living.desk() as desk:
        living.allow(desk)
        for crah in ("crah-1", "crah-2", "crah-3"):
            living.simulation.set(crah, "fan_speed_setpoint_frac", 0.45)
        living.live(3600.0)
        before = living.held()
        name = living.recommend(desk, 25.0)
        desk.apply(name, "R. Weber", "too warm a night")
        done = living.reaches(desk, name, ApplicationState.VERIFIED, ApplicationState.ROLLED_BACK)
        assert done.state is ApplicationState.ROLLED_BACK
        assert "inlet_temperature_degc" in done.why and "limit 27" in done.why
        assert [living.held(crah) for crah in CRAHS] == [before, before]
        assert living.recommendation_state(desk, name) is RecommendationState.ROLLED_BACK
