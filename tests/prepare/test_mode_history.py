"""Dampers as they are measured, and how often modes changed in the past day."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pytest

from facility.learn.twin import Learned, plant_models
from facility.points import PointIndex
from facility.prepare.mode_history import breathing_as_measured, held_min, measured_dampers, mode_changes_h, own_dampers
from facility.prepare.situation import Situation
from facility.site_file import LoadedSite, load_site
from tests.prepare.conftest import DEMO, NOW
from tools.closed_loop.memory_telemetry import MemoryTelemetry


@pytest.fixture(scope="module")
def breathing() -> LoadedSite:
    return load_site(DEMO.with_name("air_economizer.yaml"))


def situation(**values: float) -> Situation:
    return Situation(
        NOW, {f"{name.replace('_', '-')}.economizer_mode": value for name, value in values.items()}, (), None
    )


def test_only_halls_whose_dampers_are_measured_breathe(breathing: LoadedSite) -> None:
    plants = plant_models(breathing, Learned(), None, {})
    assert measured_dampers(plants, situation(ase_1=1.0)) == {"ase-1": True}
    (plant,) = breathing_as_measured(plants, situation(ase_1=0.0))
    assert [hall.airside is not None for hall in plant.hall_parts] == [True, False]


def test_dampers_without_a_point_for_commands_follow_their_own_control(breathing: LoadedSite) -> None:
    points = PointIndex(point for point in breathing.points if point.id != "ase-2.economizer_mode_command")
    plants = plant_models(replace(breathing, points=points), Learned(), None, {})
    assert own_dampers(plants) == {"ase-2"}
    assert measured_dampers(plants, situation(ase_1=1.0, ase_2=0.0)) == {"ase-1": True}
    (plant,) = breathing_as_measured(plants, situation())
    assert [hall.airside is not None for hall in plant.hall_parts] == [False, True]


def test_a_hall_on_two_plants_or_with_its_dampers_locked_out_does_not_breathe(breathing: LoadedSite) -> None:
    site = breathing.site
    second = site.plants[0].model_copy(update={"id": "plant-2"})
    crahs = (site.crahs[0].model_copy(update={"plant": "plant-2"}), *site.crahs[1:])
    shared = replace(breathing, site=site.model_copy(update={"crahs": crahs, "plants": (*site.plants, second)}))
    first, _ = plant_models(shared, Learned(), None, {})
    assert [hall.airside is not None for hall in first.hall_parts] == [False, True]


def recorded(loaded: LoadedSite, modes: dict[str, list[tuple[float, float]]]) -> MemoryTelemetry:
    """Return readings of damper modes: by economizer, hours before now and the mode from then on, every ten minutes."""
    telemetry = MemoryTelemetry(loaded.points, loaded.revision)
    start = NOW - timedelta(hours=30)
    for number in range(180):
        time = start + number * timedelta(minutes=10)
        telemetry.record(time, {(unit, "economizer_mode"): _then(course, time) for unit, course in modes.items()})
    return telemetry


def _then(course: list[tuple[float, float]], time: datetime) -> float:
    return [mode for hours, mode in course if time >= NOW - timedelta(hours=hours)][-1]


def test_changes_of_the_past_day_are_those_of_all_dampers_together(breathing: LoadedSite) -> None:
    telemetry = recorded(
        breathing,
        {
            "ase-1": [(40.0, 0.0), (26.0, 1.0), (10.0, 0.0), (3.0, 1.0)],
            "ase-2": [(40.0, 0.0), (9.0, 1.0), (6.0, 0.0)],
        },
    )
    plant = breathing.site.plants[0]
    changed_h = mode_changes_h(breathing, telemetry, plant, {"ase-1": True, "ase-2": False}, NOW)
    np.testing.assert_allclose(changed_h, [10.0, 9.0, 6.0, 3.0], atol=0.2)  # shut, open, shut, open
    assert held_min(changed_h) == pytest.approx(180.0, abs=10.0)


def test_without_a_change_the_mode_was_always_held(breathing: LoadedSite) -> None:
    plant = breathing.site.plants[0]
    telemetry = recorded(breathing, {"ase-1": [(40.0, 1.0)]})
    assert mode_changes_h(breathing, telemetry, plant, {"ase-1": True}, NOW) == ()
    assert mode_changes_h(breathing, telemetry, plant, {}, NOW) == ()
    assert held_min(()) == np.inf
