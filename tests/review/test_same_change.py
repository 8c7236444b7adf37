"""For which changes an approval holds on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from facility.records import RecommendationKind
from facility.review.same_change import is_same_change
from tests.history.decisions import plan, recommendation

POINT = "pool-air.awake_servers_command"
ASLEEP = replace(
    recommendation("a", plan(1)), equipment="pool-air", quantity="awake_servers_command", points=(POINT,), unit="count",
    current=288.0, recommended=214.0,
)  # fmt: skip
STEPS = {POINT: 36.0}


@pytest.mark.parametrize(
    ("recommended", "holds"), [(214.0, True), (213.5, True), (213.0, False), (250.0, True), (251.0, False)]
)
def test_less_by_one_write_at_most_and_never_further(recommended: float, holds: bool) -> None:
    assert is_same_change(ASLEEP, replace(ASLEEP, recommended=recommended), STEPS) is holds


def test_without_a_step_what_is_worth_no_write() -> None:
    assert is_same_change(ASLEEP, replace(ASLEEP, recommended=214.5), {})
    assert not is_same_change(ASLEEP, replace(ASLEEP, recommended=215.0), {})


def test_not_for_the_way_back_or_another_kind() -> None:
    assert not is_same_change(ASLEEP, replace(ASLEEP, current=200.0), STEPS)
    assert not is_same_change(ASLEEP, replace(ASLEEP, kind=RecommendationKind.COMMISSIONING), STEPS)


def test_not_for_more_risk() -> None:
    pump = replace(ASLEEP, equipment="hp-1", quantity="heat_output_setpoint_kw", unit="kW", current=40.0)
    runs, stops = replace(pump, recommended=1.5), replace(pump, recommended=0.9)
    assert not is_same_change(runs, stops, {})  # 0.6 kW less, but it stops the pump
