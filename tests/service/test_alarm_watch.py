"""What is measured, planned, written and said of the service becomes alarms, and what explains another is told alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog

from facility.alarms.alarm import Priority
from facility.alarms.catalogue import CATALOGUE
from facility.findings import write_findings
from facility.history.journal import open_journal
from facility.records import Event, Finding, LimitShortfall, LocalOverride
from facility.service.alarm_sources import SOURCES, Facts, Kept
from facility.service.alarms import pause_s
from facility.site_journal import open_write_ledger
from tests.api.records_for_tests import plan
from tests.service.watched_site import NOW, WatchedSite, watched_site

WRITABLE = "crah-1.supply_air_temperature_setpoint_degc"
RAISED = "unacknowledged"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[WatchedSite]:
    with watched_site(tmp_path) as opened:
        yield opened


def test_a_site_on_which_all_is_well_has_no_alarm(site: WatchedSite) -> None:
    site.pass_by(minutes=12)
    assert site.alarms() == {}


LIMITS: tuple[tuple[Mapping[str, float], str], ...] = (
    ({"a01.inlet_temperature_degc": 32.4}, "inlet_above_allowable:a01"),
    ({"a01.inlet_temperature_degc": 27.4}, "inlet_above_limit:hall-1"),
    ({"a01.inlet_temperature_degc": 17.4}, "inlet_below_limit:hall-1"),
    ({"ups-1.output_power_kw": 5000.0}, "ups_overloaded:ups-1"),
    ({"hall-1.smoke_status": 1.0}, "emergency:hall-1.smoke_status:smoke"),
    ({"chiller-1.fault_status": 1.0}, "plant_abnormal:chiller-1.fault_status:chiller_trip"),
    ({"cdu-1.secondary_supply_temperature_degc": 60.0}, "loop_too_warm:loop-1"),
    ({"cdu-1.secondary_supply_temperature_degc": 11.0}, "loop_condensing:loop-1"),
)


@pytest.mark.parametrize(("changes", "alarm"), LIMITS, ids=[alarm for _, alarm in LIMITS])
def test_a_limit_of_the_site_file_that_is_passed(site: WatchedSite, changes: Mapping[str, float], alarm: str) -> None:
    before = {name: site.values[point.id] for name in changes for point in site.loaded.points.of(*name.split(".", 1))}
    site.look()
    site.set(changes)
    site.pass_by(minutes=1)
    raised = [name for name, state in site.alarms().items() if state == RAISED]
    assert raised == [alarm]
    assert site.book.alarm(alarm).text
    site.set(before)
    site.pass_by(minutes=1)
    assert site.alarms()[alarm] == "returned_unacknowledged"


def test_a_hall_too_damp_and_a_hall_too_dry(site: WatchedSite) -> None:
    racks = [rack.id for rack in site.loaded.site.halls[0].racks]
    others = [rack.id for rack in site.loaded.site.halls[1].racks]
    site.set({f"{rack}.inlet_relative_humidity_frac": 0.75 for rack in racks})
    site.set({f"{rack}.inlet_relative_humidity_frac": 0.02 for rack in others})
    site.pass_by(minutes=1)
    assert site.alarms() == {"hall_humid:hall-1": RAISED, "hall_dry:hall-2": RAISED}
    assert "dampest rack 75%, limit 70%" in site.book.alarm("hall_humid:hall-1").text


def test_around_a_limit_an_alarm_does_not_chatter(site: WatchedSite) -> None:
    for index in range(120):
        site.set({"a01.inlet_temperature_degc": 27.3 if index % 12 < 8 else 26.7})
        site.look()
    assert len(site.book.annunciated(NOW)) == 1  # 26.7 is within the deadband of 0.5 K below 27


def test_a_rack_beyond_allowable_suppresses_the_alarm_of_its_hall(site: WatchedSite) -> None:
    site.set({"a01.inlet_temperature_degc": 33.0})
    site.pass_by(minutes=1)
    assert site.alarms() == {
        "inlet_above_allowable:a01": RAISED,
        "inlet_above_limit:hall-1": "suppressed_by_design",
    }
    site.set({"a01.inlet_temperature_degc": 30.0})
    site.pass_by(minutes=1)
    assert site.alarms()["inlet_above_limit:hall-1"] == RAISED


def test_a_silent_device_is_one_alarm_and_a_dead_poller_too(site: WatchedSite) -> None:
    site.look()
    device = site.loaded.points["crah-1.supply_air_temperature_degc"].device
    site.silent = {point.id for point in site.loaded.points.of_device(device)}
    site.devices[device] = 3
    site.pass_by(minutes=8)
    alarms = site.alarms()
    assert [name for name, state in alarms.items() if state == RAISED] == [f"device_silent:{device}"]
    assert "timed out" in site.book.alarm(f"device_silent:{device}").text
    assert alarms["readings_stale:crah-1"] == "suppressed_by_design"
    del site.said["poller"]
    site.pass_by(minutes=3)
    assert site.alarms()["process_down:poller"] == RAISED
    assert site.alarms()[f"device_silent:{device}"] == "suppressed_by_design"
    assert site.alarms()["readings_stale:crah-1"] == "suppressed_by_design"


def test_readings_that_fail_though_the_device_answers(site: WatchedSite) -> None:
    site.silent = {"a01.inlet_temperature_degc"}
    site.pass_by(minutes=4)
    assert site.alarms() == {}
    site.pass_by(minutes=3)
    assert site.alarms() == {"readings_stale:a01": RAISED}
    assert "inlet_temperature_degc" in site.book.alarm("readings_stale:a01").text


def test_what_is_not_believed_raises_no_alarm_of_a_limit(site: WatchedSite) -> None:
    (point,) = site.loaded.points.of("a01", "inlet_temperature_degc")
    finding = Finding(point.id, "stuck", NOW - timedelta(hours=3), "33.1 degC for 3 h, neighbours moved 1.2 K")
    write_findings(site.state.findings, [finding], [None])
    site.set({"a01.inlet_temperature_degc": 33.1})
    site.pass_by(minutes=12)
    assert site.alarms() == {f"reading_untrusted:{point.id}": RAISED}
    write_findings(site.state.findings, [], [])
    site.set({"a01.inlet_temperature_degc": 22.0})
    site.look(2)
    assert site.alarms() == {f"reading_untrusted:{point.id}": "returned_unacknowledged"}


SERVICE: tuple[tuple[str, Mapping[str, Any], str | None], ...] = (
    ("planner", {"last_error": "no plan can meet: ...", "last_error_kind": "InfeasibleError"}, "planner_failed:demo"),
    ("planner", {"follow_error": "history: disk is gone"}, "plan_not_followed:demo"),
    ("trainer", {"last_error": "model v3 cannot be read", "last_error_kind": "ModelError"}, "training_failed:trainer"),
    ("trainer", {"last_error": "not enough data", "last_error_kind": "NotEnoughDataError"}, None),
)


@pytest.mark.parametrize(("process", "said", "alarm"), SERVICE)
def test_what_processes_say(site: WatchedSite, process: str, said: Mapping[str, Any], alarm: str | None) -> None:
    site.said[process] = dict(said)
    site.pass_by(minutes=11)
    assert site.alarms() == ({} if alarm is None else {alarm: RAISED})
    if alarm is not None:
        assert next(str(value) for value in said.values()) in site.book.alarm(alarm).text


def test_a_process_that_is_down(site: WatchedSite) -> None:
    site.look()
    del site.said["trainer"]
    site.pass_by(minutes=2)
    assert site.alarms() == {"process_down:trainer": RAISED}
    site.said["trainer"] = {}
    site.pass_by(minutes=1)
    assert site.alarms() == {"process_down:trainer": "returned_unacknowledged"}


def test_a_table_that_is_behind_and_readings_that_are_lost(site: WatchedSite) -> None:
    site.oldest = (NOW - timedelta(hours=1)).isoformat()
    site.dropped = 7  # before this watch began: not now
    site.pass_by(minutes=1)
    assert site.alarms() == {"table_behind:table": RAISED}
    site.dropped = 9
    site.look()
    assert site.alarms()["readings_lost:store"] == RAISED
    site.pass_by(minutes=9)
    assert site.alarms()["readings_lost:store"] == RAISED
    site.pass_by(minutes=1)
    assert site.alarms()["readings_lost:store"] == "returned_unacknowledged"


def test_a_plan_cut_short_without_spare_until_one_that_is_whole(site: WatchedSite) -> None:
    short = LimitShortfall("inlet temperature", 1.2, "K", NOW + timedelta(hours=9))
    cut = replace(plan(site.loaded), unmet=(short,), spare_waived={"plant-1 chillers": "no state bears a loss in 3 h"})
    with closing(open_journal(None, site.state)) as journal:
        journal.save_plan(cut, [], "cycle-1")
        site.look()
        assert site.alarms() == {"plan_cut_short:demo": RAISED, "spare_not_kept:plant-1.chillers": RAISED}
        assert "inlet temperature short by 1.2 K" in site.book.alarm("plan_cut_short:demo").text
        journal.save_plan(replace(plan(site.loaded), id="plan-2"), [], "cycle-2")
    site.look(7)
    assert set(site.alarms().values()) == {"returned_unacknowledged"}


def test_drift_until_other_models_serve(site: WatchedSite) -> None:
    detail: dict[str, str | float] = {"version": "v7", "since": NOW.isoformat(), "size": 12.5, "unit": "kW"}
    with closing(open_journal(None, site.state)) as journal:
        journal.append(Event(NOW, "model.drift", "chiller-1", "trainer", detail))
        site.look()
        assert site.alarms() == {"model_drift:chiller-1": RAISED}
        assert "+12.5 kW" in site.book.alarm("model_drift:chiller-1").text
        journal.append(Event(site.clock.at, "model.served", "v8", "trainer", {"instead_of": "v7"}))
    site.look(7)
    assert site.alarms() == {"model_drift:chiller-1": "returned_unacknowledged"}


def test_a_setpoint_that_somebody_changed_until_it_is_cleared(site: WatchedSite) -> None:
    point = next(point.id for point in site.loaded.points if point.writable is not None)
    with closing(open_write_ledger(site.loaded, site.state)) as ledger:
        ledger.overridden(LocalOverride(point, NOW, 18.5, 24.0))
        site.look()
        assert site.alarms() == {f"setpoint_overridden:{point}": RAISED}
        assert "18.5 was written, 24 found" in site.book.alarm(f"setpoint_overridden:{point}").text
        ledger.clear(point, actor="R. Weber", reason="commissioning", at=site.clock.at)
    site.look(7)
    assert site.alarms() == {f"setpoint_overridden:{point}": "returned_unacknowledged"}


@pytest.mark.parametrize("outcome", ["refused", "mismatched", "in_doubt"])
def test_a_write_that_failed_until_one_succeeds(site: WatchedSite, outcome: str) -> None:
    detail: dict[str, str | float | None] = {"value": 18.5, "before": 20.0, "read_back": None, "note": "illegal value"}
    with closing(open_journal(None, site.state)) as journal:
        journal.append(Event(NOW, f"write.{outcome}", WRITABLE, "R. Weber", detail))
        site.look()
        assert site.alarms() == {f"write_failed:{WRITABLE}": RAISED}
        assert "illegal value" in site.book.alarm(f"write_failed:{WRITABLE}").text
        journal.append(Event(site.clock.at, "write.written", WRITABLE, "R. Weber", detail))
    site.look(7)
    assert site.alarms() == {f"write_failed:{WRITABLE}": "returned_unacknowledged"}


def test_a_source_that_cannot_look_leaves_its_alarms_and_says_so_once(site: WatchedSite) -> None:
    site.set({"a01.inlet_temperature_degc": 32.4})
    site.pass_by(minutes=1)
    site.state.findings.write_text("damaged")
    with structlog.testing.capture_logs() as logs:
        site.pass_by(minutes=5)
    assert site.alarms()["inlet_above_allowable:a01"] == RAISED
    said = [entry for entry in logs if entry["event"] == "alarms stay as they are"]
    assert len(said) == len({tuple(entry["conditions"]) for entry in said}) >= 4


def test_notices_that_nobody_takes_are_an_alarm_themselves(site: WatchedSite) -> None:
    site.set({"ups-1.output_power_kw": 5000.0})
    site.pass_by(minutes=13)
    assert site.alarms() == {"ups_overloaded:ups-1": RAISED, "notices_waiting:notices": RAISED}


def test_a_look_that_takes_long_is_had_less_often() -> None:
    assert [pause_s(took_s) for took_s in (0.01, 1.0, 4.0)] == [10.0, 10.0, 36.0]


def test_every_condition_has_its_source_and_four_fifths_of_what_can_be_raised_are_low(site: WatchedSite) -> None:
    assert sorted(condition for source in SOURCES for condition in source.conditions) == sorted(CATALOGUE)
    site.look()
    facts = Facts(site.view, Kept(), site.clock.now())
    seen = [one for source in SOURCES for one in source.look(facts)]
    counts = dict.fromkeys(Priority, 0)
    for one in seen:
        counts[CATALOGUE[one.condition].priority] += 1
    # Points that are not believed, parts that drift and setpoints that are overridden come when they come: all of them low.
    counts[Priority.LOW] += len(site.loaded.points)
    shares = {priority: count / sum(counts.values()) for priority, count in counts.items()}
    assert shares[Priority.HIGH] <= 0.06
    assert shares[Priority.MEDIUM] <= 0.15
    assert shares[Priority.LOW] >= 0.80
