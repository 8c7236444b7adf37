"""Which recommendations ask for two people, and which savings are unsure."""

from __future__ import annotations

from dataclasses import replace

import pytest

from facility.records import Interval, RecommendationKind
from facility.review.risk import _BY_QUANTITY, RiskLevel, risk_of
from tests.history.decisions import plan, recommendation

ONE = recommendation("a", plan(1))
SURE = Interval(3.5, 1.0, 6.0)

# quantity, before -> after that ask for two people, before -> after that do not
MOVES = {
    "economizer_mode_command": ([(0.0, 2.0), (2.0, 0.0), (1.0, 2.0)], [(1.0, 1.0)]),
    "chillers_staged_command": ([(2.0, 1.0), (1.0, 0.0)], [(1.0, 2.0), (2.0, 2.0)]),
    "outdoor_air_dampers_command": ([(0.0, 1.0)], [(1.0, 0.0)]),
    "heat_output_setpoint_kw": ([(0.0, 80.0), (80.0, 0.0)], [(80.0, 60.0), (0.0, 0.4)]),
    "awake_servers_command": ([(40.0, 36.0)], [(36.0, 40.0)]),
    "supply_air_temperature_setpoint_degc": ([], [(18.0, 27.0), (27.0, 18.0)]),
    "leaving_chilled_water_temperature_setpoint_degc": ([], [(8.0, 16.0)]),
    "level_2_servers_command": ([], [(0.0, 12.0)]),
}


def level(quantity: str, before: float | None, after: float) -> RiskLevel:
    return risk_of(replace(ONE, quantity=quantity, current=before, recommended=after)).level


@pytest.mark.parametrize("quantity", MOVES)
def test_moves_that_ask_for_two_people(quantity: str) -> None:
    high, normal = MOVES[quantity]
    assert {level(quantity, *move) for move in high} <= {RiskLevel.HIGH}
    assert {level(quantity, *move) for move in normal} == {RiskLevel.NORMAL}


def test_every_rule_is_tried_here() -> None:
    assert set(_BY_QUANTITY) == {quantity for quantity, (high, _) in MOVES.items() if high}


@pytest.mark.parametrize("quantity", _BY_QUANTITY)
def test_where_nobody_knows_the_present_value_two_people_look(quantity: str) -> None:
    assert level(quantity, None, 1.0) is RiskLevel.HIGH


def test_a_try_asks_for_two_people_and_gives_each_reason() -> None:
    tried = replace(ONE, kind=RecommendationKind.COMMISSIONING)
    assert [why.partition(":")[0] for why in risk_of(tried).why] == ["a try"]
    both = replace(tried, quantity="awake_servers_command", current=40.0, recommended=36.0)
    assert [why.partition(":")[0] for why in risk_of(both).why] == ["servers go to sleep", "a try"]


def test_a_correction_follows_the_same_rules() -> None:
    correction = replace(ONE, kind=RecommendationKind.CORRECTION, quantity="chillers_staged_command")
    assert risk_of(replace(correction, current=1.0, recommended=2.0)).level is RiskLevel.NORMAL
    assert risk_of(replace(correction, current=2.0, recommended=1.0)).level is RiskLevel.HIGH


@pytest.mark.parametrize(
    ("saving", "unsure"),
    [
        (Interval(3.5, -0.25, 6.0), True),
        (Interval(3.5, 0.0, 6.0), True),
        (Interval(-1.0, -3.0, 0.0), True),
        (SURE, False),
        (Interval(0.0, 0.0, 0.0), False),  # goes with others, where its saving is counted
    ],
)
def test_a_saving_whose_interval_includes_zero_is_unsure_but_no_reason_for_two_people(
    saving: Interval, unsure: bool
) -> None:
    risk = risk_of(replace(ONE, saving_cost_per_day=saving))
    assert (risk.low_confidence, risk.level) == (unsure, RiskLevel.NORMAL)


def test_what_is_not_to_save_has_no_unsure_saving() -> None:
    correction = replace(ONE, kind=RecommendationKind.CORRECTION, saving_cost_per_day=Interval(1.0, -1.0, 2.0))
    assert not risk_of(correction).low_confidence
