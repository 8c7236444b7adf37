"""What belongs together: one saving, all or none, what cools more first, and back as one."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from facility.dispatch.desk import DispatchDesk
from facility.dispatch.report import status_document
from facility.dispatch.together import as_group, cools_more, together
from facility.errors import WriteRefusedError
from facility.history.dispatch_records import ApplicationState, Mode, ReversionTest, Said
from facility.records import Interval, Permit, Recommendation, RecommendationState
from facility.site_file import load_site
from tests.dispatch.living_site import CRAHS, POINTS, SAVES, LivingSite, into
from tests.history.decisions import plan
from tests.simulated_site.conftest import DEMO

FAN = "fan_speed_setpoint_frac"
FANS = tuple(f"{crah}.{FAN}" for crah in CRAHS)
NOTHING = Interval(0.0, 0.0, 0.0)
State = RecommendationState


def fans(site: LivingSite) -> list[float]:
    return [site.simulation.setpoints[(crah, FAN)] for crah in CRAHS]


def recommend(site: LivingSite, desk: DispatchDesk, air: float, fan: float, *, approved: bool = True) -> list[str]:
    """Have the planner propose supply air, and fans that follow it; a person allows and approves both."""
    now = site.clock.now()
    of = replace(plan(7), id="plan-7", created=now)
    one = Recommendation(
        id="air", plan_id=of.id, site_revision=site.loaded.revision, created=now, expires=now + timedelta(minutes=30),
        equipment="hall-1", quantity=POINTS[0].split(".")[1], points=POINTS, current=site.held(), recommended=air,
        unit="degC", saving_kw=SAVES, saving_cost_per_day=SAVES, saving_kgco2_per_day=SAVES, binding_limit=None,
        reason="least cost",
    )  # fmt: skip
    two = replace(
        one, id="fans", quantity=FAN, points=FANS, current=fans(site)[0], recommended=fan, unit="frac",
        saving_kw=NOTHING, saving_cost_per_day=NOTHING, saving_kgco2_per_day=NOTHING,
    )  # fmt: skip
    desk.journal.save_plan(of, [one, two], "c")
    for point in (*POINTS, *FANS):
        desk.ledger.allow(point, Permit("R. Weber", "commissioned", now, None))
    for name in ("air", "fans") if approved else ():
        desk.journal.transition(name, State.APPROVED, actor="R. Weber", reason="", at=now)
    return [one.id, two.id]


def states(site: LivingSite, desk: DispatchDesk) -> list[State]:
    return [site.recommendation_state(desk, name) for name in ("air", "fans")]


def test_what_cools_more_is_written_first_and_both_are_verified_at_once(living: LivingSite) -> None:
    with living.desk() as desk:
        air, fan = living.held(), fans(living)[0]
        recommend(living, desk, air - 2.0, fan - 0.15)
        desk.apply("fans", "R. Weber", "a mild night")  # its other comes with it
        assert [one.id for one in desk.book.applications()] == ["air", "fans"]
        living.passes(desk, lambda: living.held("crah-2") == pytest.approx(air - 1.0))
        assert fans(living) == [fan, fan]
        living.passes(desk, lambda: fans(living)[1] == pytest.approx(fan - 0.15))
        assert [living.held(crah) for crah in CRAHS] == pytest.approx([air - 2.0] * 2)
        living.reaches(desk, "fans", ApplicationState.VERIFIED, ApplicationState.ROLLED_BACK)
        assert states(living, desk) == [State.VERIFIED, State.VERIFIED], desk.book.applications()
        assert {one.saving_kw for one in desk.book.applications()} == {SAVES}


def test_one_that_a_device_refuses_brings_the_other_back(living: LivingSite) -> None:
    with living.desk() as desk:
        air, fan = living.held(), fans(living)[0]
        recommend(living, desk, air - 1.0, fan - 0.1)
        desk.apply("air", "R. Weber", "a mild night")
        living.passes(desk, lambda: living.held("crah-2") == pytest.approx(air - 1.0))
        living.simulation.setpoints.set(("crah-1", FAN), 0.95)  # by hand, between the two
        desk.ledger.forbid(FANS[0], actor="R. Weber", reason="at the machine", at=living.clock.now())
        living.reaches(desk, "air", ApplicationState.ROLLED_BACK)
        living.reaches(desk, "fans", ApplicationState.ROLLED_BACK)
        assert [living.held(crah) for crah in CRAHS] == [air, air]
        assert (
            states(living, desk) == [State.ROLLED_BACK, State.REJECTED] or states(living, desk)[1] is State.ROLLED_BACK
        )
        assert fans(living) == [0.95, fan]


def test_all_are_approved_or_none_is_written(living: LivingSite) -> None:
    with living.desk() as desk:
        recommend(living, desk, living.held() - 1.0, 0.7, approved=False)
        desk.journal.transition("air", State.APPROVED, actor="R. Weber", reason="", at=living.clock.now())
        with pytest.raises(WriteRefusedError, match="fans: only what is approved is written: it is proposed; hall-1"):
            desk.apply("air", "R. Weber", "now")
        assert desk.book.applications() == []


def test_in_auto_the_saving_of_the_group_counts_and_one_point_holds_all_up(living: LivingSite) -> None:
    with living.desk() as desk:
        into(desk, Mode.AUTO)
        recommend(living, desk, living.held() - 1.0, fans(living)[0] - 0.1, approved=False)
        rows = {row["id"]: row for row in status_document(desk)["open"]}
        assert [rows[name]["dropped"] for name in ("air", "fans")] == [False, False]
        for point in (*POINTS, FANS[0]):
            prove(living, desk, point)
        assert desk.orders.order_by_rule() == [] and states(living, desk) == [State.PROPOSED, State.PROPOSED]
        prove(living, desk, FANS[1])
        desk.orders.order_by_rule()
        assert states(living, desk) == [State.APPROVED, State.APPROVED]
        assert len(desk.book.applications()) == 2


def prove(site: LivingSite, desk: DispatchDesk, point: str) -> None:
    """Keep a passed test of reversion: here it is not what is tested."""
    said = Said("R. Weber", "acceptance", site.clock.now())
    expires = said.at + timedelta(days=180)
    desk.book.record_test(ReversionTest(point, "bms", said, expires, True, 60.0, 20.0, ""))


def one(name: str, equipment: str, quantity: str, saving: Interval = NOTHING, of: str = "p") -> Recommendation:
    return Recommendation(
        id=name, plan_id=of, site_revision="r", created=plan(1).created, expires=plan(1).created, equipment=equipment,
        quantity=quantity, points=(), current=1.0, recommended=2.0, unit="degC", saving_kw=saving,
        saving_cost_per_day=saving, saving_kgco2_per_day=saving, binding_limit=None, reason="",
    )  # fmt: skip


def test_followers_go_with_their_hall_or_plant_in_one_plan() -> None:
    site = load_site(DEMO).site
    air, water = "supply_air_temperature_setpoint_degc", "leaving_chilled_water_temperature_setpoint_degc"
    found = together(site, [
        one("air-1", "hall-1", air, SAVES), one("air-2", "hall-2", air, SAVES), one("fans-1", "hall-1", FAN),
        one("fans-3", "hall-3", FAN), one("water", "plant-1", water, SAVES),
        one("chillers", "plant-1", "chillers_staged_command", SAVES), one("flow", "cdu-1", "secondary_flow_setpoint_lps"),
        one("battery", "battery-1", "charge_power_setpoint_kw", SAVES), one("old", "hall-1", FAN, of="q"),
    ])  # fmt: skip
    assert [[each.id for each in group] for group in found] == [
        ["air-1", "fans-1"], ["air-2"], ["fans-3"], ["water", "chillers", "flow"], ["battery"], ["old"],
    ]  # fmt: skip
    assert as_group(found[3])[2].saving_kw == Interval(6.0, 2.0, 10.0)


def test_what_cools_more() -> None:
    assert cools_more(FAN, 0.1) and not cools_more(FAN, -0.1) and not cools_more("economizer_mode_command", 1.0)
    assert cools_more("supply_air_temperature_setpoint_degc", -1.0)
