"""Two plans side by side, with figures worked out by hand."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from facility.advise.comparison import comparison_document
from facility.explanation import DecisionChange, Explanation, InputChange, SinceLast
from facility.records import Plan
from tests.history.decisions import NOW, plan

AIR, CHILLERS = "hall-1.supply_air_temperature_setpoint_degc", "plant-1.chillers_staged_command"
POWER = "site.power_kw"
QUARTER = timedelta(minutes=15)
BERLIN = ZoneInfo("Europe/Berlin")

OLD = replace(
    plan(1),
    start=NOW,
    schedule={AIR: (22.0, 22.0, 24.0, 24.0), CHILLERS: (1.0, 1.0, 1.0, 2.0), POWER: (400.0, 401.0, 402.0, 403.0)},
    modes={"plant-1": ("FREE", "FREE", "FREE", "PARTIAL")},
)
SINCE = SinceLast(
    OLD.id,
    (DecisionChange(AIR, 24.0, 26.0, 0.25),),
    (InputChange("energy price", 0.01, 0.08, "EUR/kWh", 1.25),),
    "energy price (1.25 of the 1.30 EUR it saves)",
)
NEW = replace(
    plan(2),
    start=NOW + QUARTER,  # its first step is the second of the old one
    schedule={AIR: (22.2, 26.0, 27.0, 27.0), CHILLERS: (1.0, 1.0, 1.0, 1.0), POWER: (390.0, 391.0, 392.0, 393.0)},
    modes={"plant-1": ("FREE", "PARTIAL", "PARTIAL", "FREE")},
    cost=replace(plan(2).cost, energy_cost=1390.0),
    explanation=Explanation(since_last=SINCE),
)


def compared(one: Plan, other: Plan) -> dict[str, Any]:
    return comparison_document(one, other, BERLIN, "EUR")


def test_the_other_plan_is_shown_at_the_same_times() -> None:
    found = compared(NEW, OLD)
    assert found["times"] == [f"2026-07-01T08:{minute}+02:00" for minute in (30, 45)] + [
        f"2026-07-01T09:{minute}+02:00" for minute in ("00", "15")
    ]
    assert found["schedule"] == {
        "plant-1.mode": {"plan": ["FREE", "PARTIAL", "PARTIAL", "FREE"], "with": ["FREE", "FREE", "PARTIAL", None]},
        AIR: {"plan": [22.2, 26.0, 27.0, 27.0], "with": [22.0, 24.0, 24.0, None]},
        CHILLERS: {"plan": [1.0, 1.0, 1.0, 1.0], "with": [1.0, 1.0, 2.0, None]},
        POWER: {"plan": [390.0, 391.0, 392.0, 393.0], "with": [401.0, 402.0, 403.0, None]},
    }


def test_settings_that_differ_by_what_is_worth_a_write_are_told() -> None:
    mode, air, chillers = compared(NEW, OLD)["changed"]
    assert {key: value for key, value in mode.items() if key != "largest"} == {
        "name": "plant-1.mode", "at": "2026-07-01T08:45+02:00", "plan": "PARTIAL", "with": "FREE", "hours": 0.25,
    }  # fmt: skip
    assert math.isnan(mode["largest"])
    assert air == {
        "name": AIR, "at": "2026-07-01T08:45+02:00", "plan": 26.0, "with": 24.0, "largest": 3.0, "hours": 0.5,
    }  # fmt: skip  # not at 08:30: 0.2 K is within the deadband
    assert chillers == {
        "name": CHILLERS, "at": "2026-07-01T09:00+02:00", "plan": 1.0, "with": 2.0, "largest": 1.0, "hours": 0.25,
    }  # fmt: skip


def test_costs_are_side_by_side() -> None:
    costs = {row["item"]: row for row in compared(NEW, OLD)["costs"]}
    assert costs["energy_cost"] == {"item": "energy_cost", "plan": 1390.0, "with": 1398.25, "difference": -8.25}
    assert costs["total_cost"]["difference"] == -8.25
    assert costs["carbon_kg"]["difference"] == 0.0


def test_steps_of_another_length_hold_until_the_next() -> None:
    hourly = replace(OLD, step=4 * QUARTER, schedule={AIR: (21.0, 23.0)}, modes={})
    schedule = compared(NEW, hourly)["schedule"]
    assert schedule[AIR]["with"] == [21.0, 21.0, 21.0, 23.0]
    assert schedule[POWER]["with"] == [None] * 4


def test_a_series_that_only_the_other_has_is_shown_and_no_change() -> None:
    found = compared(replace(NEW, schedule={POWER: NEW.schedule[POWER]}), OLD)
    assert found["schedule"][AIR] == {"plan": [None] * 4, "with": [22.0, 24.0, 24.0, None]}
    assert [row["name"] for row in found["changed"]] == ["plant-1.mode"]


def test_plans_that_do_not_meet_have_nothing_to_compare() -> None:
    found = compared(NEW, replace(OLD, start=NOW - timedelta(days=3)))
    assert found["changed"] == []
    assert {tuple(each["with"]) for each in found["schedule"].values()} == {(None,) * 4}


def test_why_is_what_the_newer_one_told_whichever_is_asked_for() -> None:
    told = compared(NEW, OLD)["why"]
    assert told == [
        {"about": f"plan {OLD.id}", "statement": "energy price (1.25 of the 1.30 EUR it saves)"},
        {"about": "hall-1 supply air temperature", "statement": "26.0 °C instead of 24.0 °C, 0.25 h ahead"},
        {
            "about": "energy price",
            "statement": "+0.01 EUR/kWh on average, +0.08 at most; worth +1.25 EUR to the change",
        },
    ]
    assert compared(OLD, NEW)["why"] == told


def test_where_no_reason_is_known_it_says_so() -> None:
    elder = replace(OLD, id="an-elder", created=OLD.created - timedelta(hours=1))
    assert compared(NEW, elder)["why"] == [
        {"about": f"plan {NEW.id}", "statement": f"tells only what changed since plan {OLD.id}"}
    ]
    (first,) = compared(replace(NEW, explanation=Explanation()), OLD)["why"]
    assert first["statement"] == "no plan before this one covers its hours"
    (kept,) = compared(replace(NEW, explanation=None), OLD)["why"]
    assert kept["statement"] == "made by a version that kept no reasons"
