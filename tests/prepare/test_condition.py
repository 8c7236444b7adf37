"""What the plant says of itself: abnormal states by their points, and machines that stand with a fault."""

from __future__ import annotations

from datetime import timedelta

import pytest

from facility.history.telemetry import TelemetryStore
from facility.prepare.condition import Condition, condition_of, holds
from facility.site import AbnormalInput
from facility.site_file import LoadedSite
from tests.prepare.conftest import NOW, write

MINUTE = timedelta(minutes=1)


def reported(store: TelemetryStore, ago: timedelta = timedelta(0), **values: float) -> None:
    named = {name.replace("__", ".").replace("_of_", "-"): value for name, value in values.items()}
    write(store, named, NOW - ago - MINUTE, NOW - ago, MINUTE / 6)


def test_an_abnormal_state_holds_by_value_or_above() -> None:
    equals = AbnormalInput(state="ups_on_battery", point="ups-1.output_source", equals=(5.0,))
    above = AbnormalInput(state="smoke", point="hall-1.smoke_status", above=0.5)
    assert [holds(equals, value) for value in (5.0, 3.0)] == [True, False]
    assert [holds(above, value) for value in (1.0, 0.5, float("nan"))] == [True, False, False]


def test_a_tripped_chiller_is_an_abnormal_state_and_a_machine_out_of_order(
    demo: LoadedSite, store: TelemetryStore
) -> None:
    assert condition_of(demo, store, NOW) == Condition(), "silence tells nothing"
    reported(store, chiller_of_1__fault_status=3.0, chiller_of_1__on_status=0.0, utility__utility_status=0.0)
    trip = "chiller_trip (chiller-1.fault_status)"
    assert condition_of(demo, store, NOW) == Condition(frozenset({trip}), frozenset({"chiller-1"}))


def test_what_was_reported_long_ago_or_is_doubted_tells_nothing(demo: LoadedSite, store: TelemetryStore) -> None:
    reported(store, ago=timedelta(hours=2), utility__utility_status=2.0)
    assert condition_of(demo, store, NOW) == Condition()


@pytest.mark.parametrize("status", [1.0, 2.0])
def test_a_lost_utility_is_an_abnormal_state(demo: LoadedSite, store: TelemetryStore, status: float) -> None:
    reported(store, utility__utility_status=status)
    assert condition_of(demo, store, NOW).abnormal == {"utility_lost (utility.utility_status)"}
