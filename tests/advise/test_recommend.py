from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from facility.advise import wording
from facility.advise.recommend import dropped, recommendations_of
from facility.advise.report import cost_rows, interim_pue, plan_document, recommendation_rows, schedule_rows
from facility.advise.why import explanation_rows
from facility.points import Point, PointIndex, Writable
from facility.records import CostBreakdown, Interval, LeverSaving, LimitShortfall, Plan

NOW = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)
SETPOINT = "supply_air_temperature_setpoint_degc"


def point(equipment: str, *, writable: bool) -> Point:
    allowed = Writable(18, 27, None, 900, "bms") if writable else None
    return Point(
        f"{equipment}.{SETPOINT}", "", equipment, SETPOINT, "", "degC", equipment, SETPOINT, 10, 0, 50, allowed
    )


def lever(**changes: object) -> LeverSaving:
    base = LeverSaving(
        equipment="hall-a",
        quantity=SETPOINT,
        targets=(f"crah-1.{SETPOINT}", f"crah-2.{SETPOINT}"),
        current=20.0,
        recommended=23.0,
        unit="degC",
        saving_kw=Interval(4.0, 2.0, 6.0),
        saving_cost_per_day=Interval(20.0, 10.0, 30.0),
        saving_kgco2_per_day=Interval(38.0, 19.0, 57.0),
        binding_limit="hall-a: rack inlet max",
        reason="warmer water needs fewer chiller hours",
    )
    return dataclasses.replace(base, **changes)  # type: ignore[arg-type]


def plan() -> Plan:
    cost = CostBreakdown(900.0, 200.0, 20.0, 360.0, 10.0, 1.0, -2.0)
    baseline = CostBreakdown(1000.0, 230.0, 25.0, 400.0, 12.0, 0.0, 0.0)
    return Plan(
        id="p1",
        site_id="demo",
        site_revision="abc",
        model_version="v1",
        created=NOW,
        start=NOW,
        step=timedelta(minutes=15),
        schedule={"site.power_kw": (400.0, 410.0, 420.0, 430.0)},
        baseline={"site.power_kw": (440.0, 450.0, 460.0, 470.0)},
        modes={"plant-1": ("FREE", "FREE", "PARTIAL", "PARTIAL")},
        cost=cost,
        baseline_cost=baseline,
        bound=228.0,
        binding_limits={"rack inlet max": ("hall-a",)},
        shortfalls=(LimitShortfall("rack inlet max", 1.5, "K", NOW),),
    )


def recommend(*levers: LeverSaving, points: PointIndex | None = None):  # type: ignore[no-untyped-def]
    index = points or PointIndex([point("crah-1", writable=True), point("crah-2", writable=False)])
    return recommendations_of(plan(), levers, index, timedelta(minutes=30))


def test_a_lever_names_only_the_points_an_engineer_allowed() -> None:
    (made,) = recommend(lever())
    assert made.points == (f"crah-1.{SETPOINT}",)
    assert (made.equipment, made.current, made.recommended) == ("hall-a", 20.0, 23.0)
    assert made.expires == NOW + timedelta(minutes=30)
    assert made.plan_id == "p1" and made.site_revision == "abc"


def test_moves_within_the_deadband_are_not_recommended_and_unknown_present_values_are() -> None:
    assert not recommend(lever(current=22.9))
    assert len(recommend(lever(current=None))) == 1


def test_the_largest_saving_comes_first() -> None:
    small = lever(equipment="hall-b", saving_cost_per_day=Interval(5.0, 1.0, 9.0))
    assert [made.equipment for made in recommend(small, lever())] == ["hall-a", "hall-b"]


def test_a_saving_whose_interval_holds_zero_is_said_to_be_indistinguishable() -> None:
    (made,) = recommend(lever(saving_cost_per_day=Interval(1.0, -2.0, 4.0)))
    assert "not distinguishable from zero" in made.reason
    (sure,) = recommend(lever())
    assert "not distinguishable" not in sure.reason


def test_a_move_larger_than_the_engineer_allows_at_once_says_in_how_many() -> None:
    allowed = Writable(18, 27, 1.0, 900, "bms")
    index = PointIndex([dataclasses.replace(point("crah-1", writable=True), writable=allowed)])
    (made,) = recommend(lever(), points=index)
    assert "in 3 moves of at most 1 degC" in made.reason
    (small,) = recommend(lever(current=22.0), points=index)
    assert "moves" not in small.reason


def test_a_move_that_saves_nothing_by_itself_is_dropped_and_a_follower_is_not() -> None:
    in_vain = lever(saving_cost_per_day=Interval(-0.2, -3.0, 2.6))
    follower = lever(saving_cost_per_day=Interval(0.0, 0.0, 0.0))
    assert not recommend(in_vain)
    assert list(dropped([in_vain, follower, lever(), lever(recommended=20.0)])) == [in_vain]
    assert len(recommend(follower)) == 1


def test_rows_are_flat_and_in_site_time() -> None:
    (row,) = recommendation_rows(recommend(lever()))
    assert row["saving_kw"] == 4.0 and row["saving_kw_low"] == 2.0 and row["saving_kw_high"] == 6.0
    rows = schedule_rows(plan(), ZoneInfo("Europe/Berlin"), every=2)
    assert [r["time"] for r in rows] == ["2026-11-23T19:00+01:00", "2026-11-23T19:30+01:00"]
    assert rows[1]["plant-1.mode"] == "PARTIAL" and rows[1]["baseline site.power_kw"] == 460.0


def test_interim_pue_is_a_ratio_of_energies_with_an_interval_that_time_does_not_shrink() -> None:
    series = {
        "site.it_power_kw": (100.0, 300.0),
        "site.interim_pue": (1.5, (150.0 + 330.0) / 400.0),
        "site.power_half_width_kw": (4.0, 12.0),
    }
    found = interim_pue(series)
    assert found is not None
    assert (found.value, found.low, found.high) == (1.2, 1.16, 1.24)
    assert interim_pue({"site.power_kw": (400.0,)}) is None


def test_costs_add_up_and_the_document_is_json() -> None:
    rows = {row["item"]: row for row in cost_rows(plan())}
    assert rows["total_cost"]["plan"] == 229.0
    assert rows["total_cost"]["saved"] == 38.0
    document = json.loads(json.dumps(plan_document(plan(), recommend(lever()), ZoneInfo("UTC"), "EUR")))
    assert document["shortfalls"] == ["rack inlet max short by 1.5 K at 2026-11-23 18:00 UTC"]
    assert abs(document["gap_frac"] - 1.0 / 229.0) < 1e-12


def test_a_plan_cut_short_says_until_when_and_what_cannot_be_met_after() -> None:
    short = LimitShortfall("plant-1 chiller capacity", 30.0, "kW", NOW + timedelta(hours=3), NOW + timedelta(hours=1))
    cut = dataclasses.replace(plan(), unmet=(short,))
    document = json.loads(json.dumps(plan_document(cut, [], ZoneInfo("UTC"), "EUR")))
    assert document["planned_until"] == "2026-11-23T19:00:00+00:00"
    assert document["unmet"] == [
        {
            "limit": "plant-1 chiller capacity",
            "amount": 30.0,
            "unit": "kW",
            "at": "2026-11-23T21:00:00+00:00",
            "since": "2026-11-23T19:00:00+00:00",
        }
    ]
    until, named = wording.cut_short(cut, ZoneInfo("Europe/Berlin"))
    assert "planned only until 2026-11-23 20:00 CET" in until
    assert "short by 30 kW at 2026-11-23 21:00 UTC, first at 2026-11-23 19:00 UTC" in named
    assert wording.cut_short(plan(), ZoneInfo("UTC")) == []
    assert explanation_rows(cut, [], "EUR")[0]["topic"] == "cannot be met"


def test_the_same_words_everywhere() -> None:
    (made,) = recommend(lever())
    assert (wording.setting(made), wording.current(made), wording.recommended(made)) == (
        "supply air temperature",
        "20.0 °C",
        "23.0 °C",
    )
    assert wording.savings(made) == ("4.0 (2.0 to 6.0)", "20.00", "38.0")
    nothing = Interval(0.0, 0.0, 0.0)
    (follower,) = recommend(lever(saving_kw=nothing, saving_cost_per_day=nothing, saving_kgco2_per_day=nothing))
    assert wording.savings(follower) == (wording.FOLLOWS, "", "")
    (mode,) = recommend(lever(quantity="economizer_mode_command", unit="enum", current=0.0, recommended=2.0))
    assert (wording.setting(mode), wording.current(mode), wording.recommended(mode)) == (
        "economizer mode",
        "mechanical",
        "free",
    )
    (fans,) = recommend(lever(quantity="fan_speed_setpoint_frac", unit="frac", current=None, recommended=0.45))
    assert (wording.current(fans), wording.recommended(fans)) == ("?", "45 %")
