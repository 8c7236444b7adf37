"""The second check objects to each thing on its own, and names limit, number and way out."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import facility.dispatch
from facility.acquire.writing.rules import WriteRules
from facility.dispatch.check import check
from facility.dispatch.facts import Facts, LeanedOn, PointFacts
from facility.dispatch.refusal import Refusal, RefusalKind
from facility.history.dispatch_records import LockOut, Mode, Posture, ReversionTest, Said
from facility.records import (
    Interval,
    LocalOverride,
    Permit,
    PointStanding,
    Quality,
    Reading,
    Recommendation,
    RecommendationKind,
    RecommendationState,
)
from tests.history.decisions import plan, recommendation

NOW = datetime(2026, 7, 1, 7, tzinfo=UTC)
POINT = "crah-1.supply_air_temperature_setpoint_degc"
SAID = Said("R. Weber", "a reason", NOW - timedelta(hours=1))
RULES = WriteRules(POINT, "degC", 17.0, 25.0, 1.0, 0.0, 900.0, 24, "the site file", 0.1)
STANDING = PointStanding(POINT, Permit("R. Weber", "", NOW - timedelta(days=1), None), writes_last_day=3)
TEST = ReversionTest(POINT, "beat", SAID, NOW + timedelta(days=1), True, 60.0, 31.0, "")
FACTS = Facts(
    now=NOW,
    site_revision="abc123",
    posture=Posture(Mode.AUTO),
    abnormal=frozenset(),
    vetoes=frozenset(),
    lock_outs={},
    points=[PointFacts(POINT, "crah-1", RULES, STANDING, 18.0, "bms", TEST)],
    leaned_on=[LeanedOn("rack-1.inlet_temperature_degc", Reading("", NOW, 22.0, Quality.GOOD), timedelta(minutes=1))],
    watched=1,
)
SAVES = Interval(9.0, 4.0, 14.0)
GOOD = replace(
    recommendation("r-1", plan(1)), state=RecommendationState.APPROVED, expires=NOW + timedelta(minutes=10),
    saving_cost_per_day=SAVES, recommended=20.0,
)  # fmt: skip


def point(**changes: Any) -> Facts:
    return replace(FACTS, points=[replace(FACTS.points[0], **changes)])


def late(by: timedelta) -> Facts:
    old = replace(FACTS.leaned_on[0], reading=Reading("", NOW - by, 22.0, Quality.GOOD))
    return replace(FACTS, leaned_on=[old])


def posture(**changes: Any) -> Facts:
    return replace(FACTS, posture=replace(FACTS.posture, **changes))


def test_nothing_is_objected_to_what_is_in_order() -> None:
    assert check(GOOD, FACTS, automatic=True) == ()
    assert check(GOOD, FACTS, automatic=False) == ()


CASES: dict[str, tuple[Facts, Recommendation, RefusalKind, str]] = {
    "observe": (posture(mode=Mode.OBSERVE), GOOD, RefusalKind.MODE, "it is observe"),
    "suspended": (posture(suspended=SAID), GOOD, RefusalKind.SUSPENDED, "a reason"),
    "vetoed": (posture(vetoed=SAID), GOOD, RefusalKind.VETO, "R. Weber"),
    "veto input": (replace(FACTS, vetoes=frozenset({"veto (panel.x)"})), GOOD, RefusalKind.VETO, "panel.x"),
    "abnormal": (replace(FACTS, abnormal=frozenset({"leak (hall-1)"})), GOOD, RefusalKind.ABNORMAL, "leak (hall-1)"),
    "the machine is locked out": (
        replace(FACTS, lock_outs={"crah-1": LockOut("crah-1", SAID, NOW + timedelta(hours=1))}),
        GOOD, RefusalKind.LOCKED_OUT, "2026-07-01 08:00",
    ),
    "the hall is locked out": (
        replace(FACTS, lock_outs={"hall-1": LockOut("hall-1", SAID, NOW + timedelta(hours=1))}),
        GOOD, RefusalKind.LOCKED_OUT, "hall-1",
    ),
    "rejected": (FACTS, replace(GOOD, state=RecommendationState.REJECTED), RefusalKind.STATE, "rejected"),
    "expired": (FACTS, replace(GOOD, expires=NOW), RefusalKind.EXPIRY, "2026-07-01 07:00"),
    "of another site file": (replace(FACTS, site_revision="other"), GOOD, RefusalKind.EXPIRY, "abc123 then, other now"),
    "no points": (FACTS, replace(GOOD, points=()), RefusalKind.LIMIT, "none"),
    "may as well save nothing": (
        FACTS, replace(GOOD, saving_cost_per_day=Interval(3.5, -0.25, 6.0)), RefusalKind.CONFIDENCE,
        "3.5 a day, 90 % between -0.25 and 6",
    ),
    "unknown saving": (
        FACTS, replace(GOOD, saving_cost_per_day=Interval(3.5, float("nan"), 6.0)), RefusalKind.CONFIDENCE, "nan"
    ),
    "old readings": (late(timedelta(seconds=61)), GOOD, RefusalKind.FRESHNESS, "0 of 1"),
    "too warm": (FACTS, replace(GOOD, recommended=25.1), RefusalKind.LIMIT, "25.1 degC"),
    "no number": (FACTS, replace(GOOD, recommended=float("nan")), RefusalKind.LIMIT, "nan"),
    "not writable": (point(rules="not listed"), GOOD, RefusalKind.LIMIT, "not listed"),
    "no leave": (point(standing=PointStanding(POINT)), GOOD, RefusalKind.PERMISSION, "nobody does"),
    "leave is over": (
        point(standing=replace(STANDING, permit=Permit("R. Weber", "", NOW, NOW))), GOOD, RefusalKind.PERMISSION,
        "the leave of R. Weber has ended",
    ),
    "overridden": (
        point(standing=replace(STANDING, override=LocalOverride(POINT, NOW, 20.0, 18.0))), GOOD, RefusalKind.OVERRIDE,
        "18 found, 20 written",
    ),
    "too many writes": (
        point(standing=replace(STANDING, writes_last_day=23)), GOOD, RefusalKind.RATE, "2 needed, 1 left"
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("automatic", [True, False])
def test_each_objection_stands_alone_and_names_its_number(name: str, automatic: bool) -> None:
    facts, one, kind, number = CASES[name]
    refusals = check(one, facts, automatic=automatic)
    assert [refusal.kind for refusal in refusals] == [kind]
    assert number in str(refusals[0])
    assert all((refusals[0].subject, refusals[0].limit, refusals[0].number, refusals[0].fix))


AUTO_ONLY: dict[str, tuple[Facts, RefusalKind, str]] = {
    "advise": (posture(mode=Mode.ADVISE), RefusalKind.MODE, "it is advise"),
    "nobody takes it back": (point(reversion="none"), RefusalKind.REVERSION, "the site file says none"),
    "never tested": (point(test=None), RefusalKind.REVERSION, "never tested"),
    "tested long ago": (point(test=replace(TEST, expires=NOW)), RefusalKind.REVERSION, "expired at 2026-07-01 07:00"),
    "failed": (
        point(test=replace(TEST, passed=False, note="it stayed")), RefusalKind.REVERSION, "failed: it stayed"
    ),
    "nothing to watch": (replace(FACTS, watched=0), RefusalKind.FRESHNESS, "none of hall or loop"),
}  # fmt: skip


@pytest.mark.parametrize("name", AUTO_ONLY)
def test_a_person_may_order_what_auto_may_not(name: str) -> None:
    facts, kind, number = AUTO_ONLY[name]
    (refusal,) = check(GOOD, facts, automatic=True)
    assert refusal.kind is kind and number in str(refusal)
    assert check(GOOD, facts, automatic=False) == ()


def test_one_silent_rack_of_many_is_borne_and_a_silent_gateway_is_not() -> None:
    def silent(count: int) -> tuple[Refusal, ...]:
        fresh, old = FACTS.leaned_on[0], late(timedelta(hours=1)).leaned_on[0]
        return check(GOOD, replace(FACTS, leaned_on=[old] * count + [fresh] * (20 - count)), automatic=True)

    assert silent(2) == ()
    assert [one.kind for one in silent(3)] == [RefusalKind.FRESHNESS]


@pytest.mark.parametrize("kind", [RecommendationKind.CORRECTION, RecommendationKind.COMMISSIONING])
def test_what_claims_no_saving_is_not_dropped_for_it(kind: RecommendationKind) -> None:
    one = replace(GOOD, kind=kind, saving_cost_per_day=Interval(0.0, -1.0, 1.0))
    assert check(one, FACTS, automatic=False) == ()


def test_what_goes_with_another_setting_is_for_people_to_order() -> None:
    one = replace(GOOD, saving_cost_per_day=Interval(0.0, 0.0, 0.0))
    assert check(one, FACTS, automatic=False) == ()
    (refusal,) = check(one, FACTS, automatic=True)
    assert refusal.kind is RefusalKind.CONFIDENCE
    assert "counted with another setting" in str(refusal)


def test_what_is_written_already_does_not_expire_on_the_way() -> None:
    assert check(replace(GOOD, state=RecommendationState.APPLIED, expires=NOW), FACTS, automatic=True) == ()


def test_an_unknown_present_value_needs_at_least_one_write() -> None:
    full: Callable[[int], Facts] = lambda used: point(  # noqa: E731
        present=None, standing=replace(STANDING, writes_last_day=used)
    )
    assert check(GOOD, full(23), automatic=False) == ()
    assert [one.kind for one in check(GOOD, full(24), automatic=False)] == [RefusalKind.RATE]


def test_dispatch_knows_nothing_of_the_planner() -> None:
    imported = set()
    for path in Path(facility.dispatch.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module:
                imported.add(node.module)
    assert imported and not any(name.startswith(("facility.plan", "facility.advise")) for name in imported)
