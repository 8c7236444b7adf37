"""A try counts as done when history shows its setpoint held and the plant with it, whatever was approved."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from facility.history.telemetry import TelemetryStore
from facility.prepare.commissioning_done import outcomes
from facility.records import Interval, Recommendation, RecommendationKind
from facility.site_file import LoadedSite
from tests.prepare.conftest import write

BEGINS = datetime(2026, 11, 20, 6, tzinfo=UTC)
ENDS = BEGINS + timedelta(hours=3)
SETPOINT, MEASURED = "leaving_chilled_water_temperature_setpoint_degc", "leaving_chilled_water_temperature_degc"
NOTHING = Interval(0.0, 0.0, 0.0)


def tried(demo: LoadedSite) -> Recommendation:
    point = demo.points.one("plant-1", SETPOINT)
    assert point is not None
    return Recommendation(
        id="r1", plan_id="p1", site_revision="", created=BEGINS, expires=ENDS, equipment="plant-1", quantity=SETPOINT,
        points=(point.id,), current=8.0, recommended=9.0, unit="degC", saving_kw=NOTHING, saving_cost_per_day=NOTHING,
        saving_kgco2_per_day=NOTHING, binding_limit=None, reason="", kind=RecommendationKind.COMMISSIONING,
        begins=BEGINS, ends=ENDS,
    )  # fmt: skip


def stepped(at: float) -> Callable[[datetime], float]:
    return lambda time: at if time >= BEGINS + timedelta(minutes=30) else 8.0


@pytest.mark.parametrize(
    ("asked", "plant", "reached"),
    [
        (9.0, 9.1, 9.0),
        (8.8, 8.8, 8.8),  # most of the way
        (8.0, 8.0, None),  # nobody did it
        (9.0, 8.1, None),  # the plant stayed where it was
        (7.0, 7.0, None),  # the other way
    ],
)
def test_what_history_shows(
    demo: LoadedSite, store: TelemetryStore, asked: float, plant: float, reached: float | None
) -> None:
    measured = demo.points.one("plant-1", MEASURED)
    assert measured is not None
    item = tried(demo)
    courses = {item.points[0]: stepped(asked), measured.id: stepped(plant)}
    write(store, courses, BEGINS - timedelta(hours=1), ENDS + timedelta(hours=1), timedelta(minutes=5))
    (outcome,) = outcomes(demo, store, [item])
    assert outcome.done is (reached is not None)
    assert outcome.reached == (None if reached is None else pytest.approx(reached))


def test_a_try_of_points_that_are_gone_is_left_out(demo: LoadedSite, store: TelemetryStore) -> None:
    assert list(outcomes(demo, store, [dataclasses.replace(tried(demo), points=("gone",))])) == []
