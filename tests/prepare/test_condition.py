"""What the plant says of itself: abnormal states by their points, and machines that stand with a fault."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from facility.history.dispatch_records import LockOut, Said
from facility.history.telemetry import TelemetryStore
from facility.learn.twin import Learned, plant_models
from facility.prepare.condition import Condition, condition_of, holds, inputs_of
from facility.prepare.locked_out import with_lock_outs
from facility.site import AbnormalInput, Availability
from facility.site_file import LoadedSite, load_site
from tests.conftest import EXAMPLE
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


def test_one_of_several_sensors_is_named_with_its_tag(store: TelemetryStore) -> None:
    example = load_site(EXAMPLE / "site.yaml")
    one = example.points["rack-01.feed-a.power_kw"]
    named = AbnormalInput(state="veto", point=one.id, above=one.low)
    switched = replace(example, site=example.site.model_copy(update={"abnormal_states": (named,)}))
    assert inputs_of(switched, named) == (one,)
    assert condition_of(switched, store, NOW).abnormal == frozenset()
    write(store, {one.id: one.high}, NOW - MINUTE, NOW, MINUTE / 6)
    assert condition_of(switched, store, NOW).abnormal == {f"veto ({one.id})"}


def test_what_was_reported_long_ago_or_is_doubted_tells_nothing(demo: LoadedSite, store: TelemetryStore) -> None:
    reported(store, ago=timedelta(hours=2), utility__utility_status=2.0)
    assert condition_of(demo, store, NOW) == Condition()


@pytest.mark.parametrize("status", [1.0, 2.0])
def test_a_lost_utility_is_an_abnormal_state(demo: LoadedSite, store: TelemetryStore, status: float) -> None:
    reported(store, utility__utility_status=status)
    assert condition_of(demo, store, NOW).abnormal == {"utility_lost (utility.utility_status)"}


def test_a_lock_out_counts_for_plans_until_it_ends(demo: LoadedSite, store: TelemetryStore) -> None:
    lock_out = LockOut("crah-1", Said("S. Kim", "belt", NOW), NOW + timedelta(hours=2))
    locked = with_lock_outs(demo, {"crah-1": lock_out}, NOW)
    assert not locked.site.in_service("crah-1", NOW) and locked.revision == demo.revision
    crahs = [crah.id for plant in plant_models(locked, Learned(), NOW, {}) for crah in plant.hall_parts[0].crahs]
    assert crahs == ["crah-2", "crah-3"]
    assert with_lock_outs(demo, {"crah-1": lock_out}, lock_out.until) is demo
    before, now = condition_of(demo, store, NOW), condition_of(locked, store, NOW)
    assert now.against(before) == ["crah-1 is locked out since the plan was made"]
    assert before.against(now) == ["crah-1 is returned to service since the plan was made"]


def test_a_lock_out_says_more_than_the_file(demo: LoadedSite) -> None:
    entry = Availability(equipment="crah-1", state="in_service")
    filed = replace(demo, site=demo.site.model_copy(update={"availability": (entry,)}))
    lock_out = LockOut("crah-1", Said("S. Kim", "belt", NOW), NOW + timedelta(hours=2))
    (only,) = with_lock_outs(filed, {"crah-1": lock_out}, NOW).site.availability
    assert (only.state, only.by) == ("locked_out", "S. Kim")
