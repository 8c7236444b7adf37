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
from facility.history.dispatch_records import (
    RELEASED,
    Application,
    ApplicationState,
    LockOut,
    Said,
    Target,
    TargetState,
)
from facility.history.journal import open_journal
from facility.history.workload_book import WorkloadBook
from facility.records import Event, Finding, Interval, LimitShortfall, LocalOverride
from facility.respond.workload.commands import CarriedOut, Failure
from facility.respond.workload.settings import WorkloadSettings
from facility.service.alarm_sources import SOURCES, Facts, Kept
from facility.service.alarms import pause_s
from facility.site_journal import open_write_ledger
from tests.api.records_for_tests import plan
from tests.history import decisions
from tests.respond.grid_events import SETTINGS, grid_event
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


def test_a_provider_that_fails_and_a_signal_that_is_lost(site: WatchedSite) -> None:
    said = {"name": "entsoe x", "error": "status 503", "fetched": "2026-10-24", "fallback": "the tariff's flat price"}
    site.said["planner"] = {"signals": [{**said, "state": "failing"}]}
    site.pass_by(minutes=11)
    assert site.alarms() == {"signal_failing:entsoe x": RAISED}
    site.said["planner"] = {"signals": [{**said, "state": "fallback"}]}
    site.pass_by(minutes=6)
    assert site.alarms()["signal_lost:entsoe x"] == RAISED
    assert "the tariff's flat price stands in" in site.book.alarm("signal_lost:entsoe x").text
    site.said["planner"] = {"signals": [{**said, "state": "fresh", "error": None}]}
    site.pass_by(minutes=1)
    assert set(site.alarms().values()) == {"returned_unacknowledged"}


def test_a_vtn_that_does_not_answer(site: WatchedSite) -> None:
    """Its readings fail at once, or what reads it hangs: the alarm comes when nothing was heard for ten minutes."""
    began = site.clock.at.isoformat()
    said = {
        "name": "utility", "began": began, "last_contact": None, "last_error": "status 503", "broke": None, "poll_s": 60.0,
    }  # fmt: skip
    site.said["alarms"] = {"vens": [said]}
    site.pass_by(minutes=9)
    assert site.alarms() == {}
    site.pass_by(minutes=2)
    assert site.alarms() == {"vtn_silent:utility": RAISED}
    assert "status 503; last answer never" in site.book.alarm("vtn_silent:utility").text
    site.said["alarms"] = {"vens": [{**said, "last_contact": site.clock.at.isoformat(), "last_error": None}]}
    site.look(2)
    assert site.alarms() == {"vtn_silent:utility": "returned_unacknowledged"}
    site.said["alarms"]["vens"][0]["broke"] = "KeyError: 'id'"
    site.look()
    assert site.alarms()["ven_broken:utility"] == RAISED
    assert "KeyError" in site.book.alarm("ven_broken:utility").text


def test_an_accepted_event_that_no_plan_holds(site: WatchedSite) -> None:
    book = site.view.grid_events
    book.settings = SETTINGS
    book.receive([grid_event()], site.clock.at)
    book.tell_planned(1, "0 like days", site.clock.at)
    site.look(2)
    assert site.alarms() == {"event_not_planned:1": RAISED}
    assert "peak from 2026-03-10 14:00 UTC: 0 like days" in site.book.alarm("event_not_planned:1").text
    book.tell_planned(1, None, site.clock.at)
    site.look(2)
    assert site.alarms() == {"event_not_planned:1": "returned_unacknowledged"}


def test_a_node_that_the_scheduler_did_not_put_to_sleep(site: WatchedSite) -> None:
    site.view.grid_events.settings = SETTINGS.model_copy(update={"workload": WorkloadSettings(adapter="slurm")})
    book, at = WorkloadBook(site.view.state.workload, "slurm"), site.clock.at
    book.keep(CarriedOut(slept={"n3": "maybe"}, failed={"n3": Failure("sleep", at, "exit code 3: budget of web")}))
    site.look(2)
    assert site.alarms() == {"workload_failed:n3": RAISED}
    assert "slurm: sleep failed at" in (text := site.book.alarm("workload_failed:n3").text) and "budget of web" in text
    book.keep(CarriedOut(slept={"n3": "sure"}))
    site.look(2)
    assert site.alarms() == {"workload_failed:n3": "returned_unacknowledged"}


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


def test_a_setting_that_is_rolled_back_and_one_that_a_device_does_not_take_back(site: WatchedSite) -> None:
    of, book = decisions.plan(1), site.view.dispatch.book
    site.view.journal.save_plan(of, [decisions.recommendation("r-1", of)], "c")
    said = Said("R. Weber", "a reason", NOW)
    one = Application(
        id="r-1", equipment="hall-1", quantity="supply_air_temperature_setpoint_degc", value=22.0, unit="degC",
        saving_kw=Interval(3.0, 1.0, 5.0), ordered=said, state=ApplicationState.WRITING, since=NOW,
        targets=(Target(WRITABLE, TargetState.WRITTEN, 18.0),),
    )  # fmt: skip
    book.open([one])
    stuck = Target(WRITABLE, TargetState.WRITTEN, 18.0, "the device does not answer")
    book.keep(replace(one, state=ApplicationState.ROLLING_BACK, why="inlets too warm", targets=(stuck,)), said)
    site.pass_by(minutes=4)
    setting = "hall-1.supply_air_temperature_setpoint_degc"
    assert site.alarms() == {f"point_not_put_back:{setting}": RAISED}
    assert site.book.alarm(f"point_not_put_back:{setting}").text == f"{WRITABLE}: the device does not answer"
    back = replace(stuck, state=TargetState.PUT_BACK)
    ended = replace(
        one, state=ApplicationState.ROLLED_BACK, since=site.clock.at, why="inlets too warm", targets=(back,)
    )
    book.keep(ended, said)
    site.pass_by(minutes=2)
    assert site.alarms()[f"rolled_back:{setting}"] == RAISED
    assert site.alarms()[f"point_not_put_back:{setting}"] == "returned_unacknowledged"
    assert "inlets too warm" in site.book.alarm(f"rolled_back:{setting}").text
    book.keep(replace(ended, why=f"{RELEASED}: a try"), said)  # by a person, who knows of it
    site.pass_by(minutes=2)
    assert site.alarms()[f"rolled_back:{setting}"] == "returned_unacknowledged"


def test_a_dispatch_that_waits_for_a_person(site: WatchedSite) -> None:
    book, said = site.view.dispatch.book, Said("R. Weber", "smoke in hall 1", NOW)
    book.suspend(said)
    site.look()
    assert site.alarms() == {"dispatch_suspended:dispatch": RAISED}
    assert "smoke in hall 1" in site.book.alarm("dispatch_suspended:dispatch").text
    book.resume(said)
    site.look(7)
    assert site.alarms() == {"dispatch_suspended:dispatch": "returned_unacknowledged"}


def test_a_lock_out_that_ended_by_itself_until_somebody_returns_it(site: WatchedSite) -> None:
    book, said = site.view.dispatch.book, Said("S. Kim", "belt", NOW)
    book.lock_out(LockOut("crah-1", said, site.clock.at + timedelta(minutes=5)))
    site.look()
    assert site.alarms() == {}
    site.pass_by(minutes=6)
    assert site.alarms()["lock_out_ended:crah-1"] == RAISED
    assert "locked out by S. Kim" in site.book.alarm("lock_out_ended:crah-1").text
    book.return_to_service("crah-1", said)
    site.pass_by(minutes=2)
    assert site.alarms()["lock_out_ended:crah-1"] == "returned_unacknowledged"


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
