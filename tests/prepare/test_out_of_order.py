"""A machine that reports a fault and stands is out of service for plans, until it reports none."""

from __future__ import annotations

from datetime import timedelta

import pytest

from facility.history.telemetry import TelemetryStore
from facility.learn.twin import Learned, plant_models
from facility.prepare.out_of_order import as_reported, out_of_order
from facility.site_file import LoadedSite, load_site
from tests.prepare.conftest import DEMO, NOW, write

MINUTE = timedelta(minutes=1)


def reporting(store: TelemetryStore, **values: float) -> None:
    readings = {f"crah-1.{name}": value for name, value in values.items()}
    write(store, readings, NOW - MINUTE, NOW, MINUTE)


def test_a_failed_crah_is_in_no_model(demo: LoadedSite, store: TelemetryStore) -> None:
    reporting(store, fault_status=3.0, on_status=0.0)
    found = as_reported(demo, store, NOW)
    (entry,) = [one for one in found.site.availability if one not in demo.site.availability]
    assert (entry.equipment, entry.state, entry.by) == ("crah-1", "locked_out", "its own fault status")
    crahs = [crah.id for plant in plant_models(found, Learned(), NOW, {}) for crah in plant.hall_parts[0].crahs]
    assert crahs == ["crah-2", "crah-3"]


@pytest.mark.parametrize("values", [{"fault_status": 0.0, "on_status": 0.0}, {"fault_status": 2.0, "on_status": 1.0}])
def test_what_stands_without_a_fault_or_runs_with_one_counts(
    demo: LoadedSite, store: TelemetryStore, values: dict[str, float]
) -> None:
    reporting(store, **values)
    assert as_reported(demo, store, NOW) is demo


def test_a_fault_that_nobody_has_reported_lately_is_over(demo: LoadedSite, store: TelemetryStore) -> None:
    write(store, {"crah-1.fault_status": 3.0}, NOW - timedelta(hours=2), NOW - timedelta(hours=1), MINUTE)
    assert as_reported(demo, store, NOW) is demo


@pytest.mark.parametrize(("flow_lps", "away"), [(6.0, []), (0.0, ["cdu-1"])])
def test_a_cdu_that_pumps_on_with_an_alarm_counts(store: TelemetryStore, flow_lps: float, away: list[str]) -> None:
    liquid = load_site(DEMO.with_name("liquid_ai.yaml"))
    readings = {"cdu-1.fault_status": 2.0, "cdu-1.secondary_flow_lps": flow_lps}
    write(store, readings, NOW - MINUTE, NOW, MINUTE)
    assert out_of_order(liquid, store, NOW) == away
