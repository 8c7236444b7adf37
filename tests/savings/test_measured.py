"""Savings measured from readings and a journal: the truth is inside, what is deferred or out of the ordinary is named."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from facility.errors import ConfigurationError, JournalError, NotEnoughDataError
from facility.history.journal import SqlJournal, open_journal
from facility.records import RecommendationState
from facility.savings.boundary import Option, boundary_of
from facility.savings.changes import SETTLING, changes_of
from facility.savings.collect import collect
from facility.savings.measured import NOTHING, MeasuredSaving
from facility.savings.month import check_month
from facility.savings.report import saving_row, savings_document
from facility.savings.rows import read_savings_rows
from facility.site_file import LoadedSite, load_site
from facility.state import StateFolder
from tests.api.records_for_tests import plan, recommendation
from tests.savings.course import APPLIED, BACK, NOW, START, applied, telemetry
from tools.closed_loop.memory_telemetry import MemoryTelemetry

DEMO = Path(__file__).parents[2] / "site_configs" / "demo.yaml"


@pytest.fixture(scope="module")
def loaded() -> LoadedSite:
    return load_site(DEMO)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[SqlJournal]:
    with closing(open_journal(None, StateFolder(tmp_path))) as opened:
        yield opened


def one(loaded: LoadedSite, readings: MemoryTelemetry, journal: SqlJournal, now: datetime = NOW) -> MeasuredSaving:
    found = collect(loaded, readings, journal, now, recommendation="rec-a")
    assert found.unmeasured == []
    (saving,) = found.savings
    return saving


def test_a_saving_is_found_beside_its_promise(loaded: LoadedSite, journal: SqlJournal) -> None:
    applied(journal, loaded, {"rec-a": APPLIED})
    saving = one(loaded, telemetry(loaded, saved_kw=6.0, until=BACK + SETTLING), journal)
    assert saving.saved_kw.low < 6.0 < saving.saved_kw.high
    assert (saving.verdict, saving.hours, saving.ends) == ("saved", 12, BACK + SETTLING)
    assert saving.promised_kw.value == pytest.approx(11.2 * 10 / 12)  # of the hours in force, over all that are counted
    assert saving.saved_kwh.value == pytest.approx(12 * saving.saved_kw.value)
    assert saving.saved_kgco2.value == pytest.approx(0.340 * saving.saved_kwh.value)
    assert 0.11 < saving.saved_cost.value / saving.saved_kwh.value < 0.24  # the demo's tariff
    assert "IPMVP option C" in saving.against
    assert "192 hours from 2026-07-01" in saving.against


def test_nothing_is_not_distinguishable_from_nothing(loaded: LoadedSite, journal: SqlJournal) -> None:
    applied(journal, loaded, {"rec-a": APPLIED})
    saving = one(loaded, telemetry(loaded, saved_kw=0.0), journal)
    assert saving.verdict == NOTHING
    assert saving.saved_kw.low < 0.0 < saving.saved_kw.high


def test_what_server_fans_eat_is_no_saving(loaded: LoadedSite, journal: SqlJournal) -> None:
    """Cooling saves 4 kW and the racks' fans take 10: taken for load, these would hide the loss."""
    applied(journal, loaded, {"rec-a": APPLIED})
    saving = one(loaded, telemetry(loaded, saved_kw=-6.0, server_fans_kw=10.0, until=BACK + SETTLING), journal)
    assert saving.verdict == "cost more"
    assert saving.saved_kw.low < -6.0 < saving.saved_kw.high


def test_heat_that_halls_still_owe_is_taken_off(loaded: LoadedSite, journal: SqlJournal) -> None:
    applied(journal, loaded, {"rec-a": APPLIED}, back=None)
    now = APPLIED + timedelta(hours=10)
    cold, warm = (
        one(loaded, telemetry(loaded, saved_kw=6.0, until=NOW, warmer_k=rise), journal, now) for rise in (0.0, 2.0)
    )
    mass = sum(hall.thermal_mass_kwh_per_k for hall in loaded.site.halls)
    assert cold.deferred_kwh == pytest.approx(0.0)
    assert 0.2 * 2.0 * mass < warm.deferred_kwh < 0.3 * 2.0 * mass  # cooling takes a quarter of what racks take
    assert cold.saved_kwh.value - warm.saved_kwh.value == pytest.approx(warm.deferred_kwh)


def test_faults_and_unseen_load_are_left_out_and_named(loaded: LoadedSite, journal: SqlJournal) -> None:
    applied(journal, loaded, {"rec-a": APPLIED})
    tripped = (APPLIED + timedelta(hours=2), APPLIED + timedelta(hours=4))
    saving = one(loaded, telemetry(loaded, saved_kw=6.0, fault=tripped, until=BACK + SETTLING), journal)
    assert saving.saved_kw.low < 6.0 < saving.saved_kw.high
    assert "2 hours left out: chiller-1 reported a fault" in saving.notes
    busier = telemetry(loaded, saved_kw=6.0, busier_from=APPLIED + timedelta(hours=6), until=BACK + SETTLING)
    stepped = one(loaded, busier, journal)
    assert stepped.hours == 6
    assert any(note.startswith("6 hours left out: load outside") for note in stepped.notes)


def test_work_is_that_of_servers_awake(loaded: LoadedSite) -> None:
    kept, site = MemoryTelemetry(loaded.points, loaded.revision), loaded.site
    meters = {("utility", "power_kw"): 300.0, ("battery-1", "charge_power_kw"): 0.0, ("hp-1", "power_kw"): 0.0}
    weather = {("weather", "outdoor_temperature_degc"): 20.0, ("weather", "outdoor_relative_humidity_frac"): 0.5}
    racks = {(rack.id, "power_kw"): 7.0 for hall in site.halls for rack in hall.racks}
    for hour, asleep_frac in enumerate((0.0, 0.5)):
        share = 0.4 / (1 - asleep_frac)  # the same work on fewer servers
        busy = {(pool.id, "utilisation_frac"): share for pool in site.server_pools}
        awake = {(pool.id, "awake_servers"): pool.servers * (1 - asleep_frac) for pool in site.server_pools}
        kept.record(APPLIED + timedelta(hours=hour), {**meters, **weather, **racks, **busy, **awake})
    table = read_savings_rows(loaded, kept, APPLIED, APPLIED + timedelta(hours=2)).table
    first, second = table["work_kw"].dropna()
    assert first == pytest.approx(second)
    assert first == pytest.approx(0.4 * (480 * 0.25 + 64 * 3.4))


def test_hours_with_gaps_are_named(loaded: LoadedSite, journal: SqlJournal) -> None:
    applied(journal, loaded, {"rec-a": APPLIED})
    silent = (APPLIED + timedelta(hours=3), APPLIED + timedelta(hours=4, minutes=30))
    saving = one(loaded, telemetry(loaded, saved_kw=6.0, silent=silent, until=BACK + SETTLING), journal)
    assert saving.hours == 10
    assert "2 hours left out: not everything was measured" in saving.notes


def chilled_water(journal: SqlJournal, loaded: LoadedSite) -> None:
    name = "leaving_chilled_water_temperature_setpoint_degc"
    made = replace(recommendation(loaded, 1, NOW), id="rec-a", created=START, equipment="chiller-1", quantity=name)
    journal.save_plan(plan(loaded, START), [replace(made, points=())], "correlated")
    for state in (RecommendationState.APPROVED, RecommendationState.APPLIED):
        journal.transition("rec-a", state, actor="test", reason="", at=APPLIED)
    journal.transition("rec-a", RecommendationState.ROLLED_BACK, actor="test", reason="", at=BACK)


def test_the_plants_own_meters_are_enough_where_only_the_plant_answers(loaded: LoadedSite, journal: SqlJournal) -> None:
    """All that is saved is saved in the plant; of the rest, which moves by itself, option B sees nothing."""
    chilled_water(journal, loaded)
    readings = telemetry(loaded, saved_kw=6.0, until=BACK + SETTLING, in_plant=True)
    chosen, whole = (
        collect(loaded, readings, journal, NOW, recommendation="rec-a", option=option).savings[0]
        for option in (None, Option.C)
    )
    assert (chosen.option, whole.option) == ("B", "C")
    assert "option B: only the cooling plant answers" in chosen.against
    for saving in (chosen, whole):
        assert saving.saved_kw.low < 6.0 < saving.saved_kw.high
    assert chosen.saved_kw.high - chosen.saved_kw.low < 0.5 * (whole.saved_kw.high - whole.saved_kw.low)


def test_option_b_says_what_it_does_not_see(loaded: LoadedSite, journal: SqlJournal) -> None:
    """Server fans take 10 kW and the plant saves 4: its meters see the 4 only."""
    applied(journal, loaded, {"rec-a": APPLIED})
    readings = telemetry(loaded, saved_kw=-6.0, server_fans_kw=10.0, until=BACK + SETTLING, in_plant=True)
    found = collect(loaded, readings, journal, NOW, recommendation="rec-a", option=Option.B)
    (saving,) = found.savings
    assert saving.saved_kw.low < 4.0 < saving.saved_kw.high
    assert any("server fans, is not counted" in note for note in saving.notes)
    by_default = collect(loaded, readings, journal, NOW, recommendation="rec-a").savings[0]
    assert by_default.option == "C" and "is not only the cooling plant" in by_default.against
    with pytest.raises(NotEnoughDataError, match="no option B"):
        boundary_of(changes_of(journal)[0].recommendations, ["facility_kw"], Option.B)


def test_what_was_applied_together_is_one_change(loaded: LoadedSite, journal: SqlJournal) -> None:
    later = APPLIED + timedelta(hours=5)
    applied(journal, loaded, {"rec-a": APPLIED, "rec-b": APPLIED + timedelta(minutes=5), "rec-c": later}, back=None)
    first, second = changes_of(journal)
    assert [each.id for each in first.recommendations] == ["rec-a", "rec-b"]
    assert first.promised_kw.value == pytest.approx(2 * second.promised_kw.value)
    saving = one(loaded, telemetry(loaded, saved_kw=6.0, until=NOW), journal)
    assert (saving.name, saving.ends) == ("rec-a, rec-b", later)


def test_a_month_and_the_newest(loaded: LoadedSite, journal: SqlJournal) -> None:
    applied(journal, loaded, {"rec-a": APPLIED})
    readings = telemetry(loaded, saved_kw=6.0, until=BACK + SETTLING)
    found = collect(loaded, readings, journal, NOW)
    assert [each.name for each in found.savings] == ["rec-a", "2026-07"]
    month = found.savings[1]
    assert month.hours == 12
    assert month.saved_kw.low < 6.0 < month.saved_kw.high
    empty = collect(loaded, readings, journal, NOW, month="2026-06")
    assert empty.savings == []
    assert "applied recommendation in 2026-06" in empty.unmeasured[0][1]
    document = savings_document("demo", "EUR", found.savings, empty.unmeasured)
    assert document["savings"][0]["verdict"] == "saved"
    assert document["unmeasured"][0]["name"] == "2026-06"


def test_a_whole_month_sums_its_changes_beside_their_promises(loaded: LoadedSite, journal: SqlJournal) -> None:
    spans = [(APPLIED + timedelta(days=day), BACK + timedelta(days=day)) for day in (0, 3, 9, 10, 17)]
    names = {f"rec-{number}": begins for number, (begins, _) in enumerate(spans)}
    made = [replace(recommendation(loaded, 1, NOW), id=name, created=START, points=()) for name in names]
    journal.save_plan(plan(loaded, START), made, "correlated")
    for name, (begins, ends) in zip(names, spans, strict=True):
        for state in (RecommendationState.APPROVED, RecommendationState.APPLIED):
            journal.transition(name, state, actor="test", reason="", at=begins)
        journal.transition(name, RecommendationState.ROLLED_BACK, actor="test", reason="", at=ends)
    later = START + timedelta(days=33)
    found = collect(loaded, telemetry(loaded, saved_kw=6.0, on=spans, end=later), journal, later, month="2026-07")
    (month,) = found.savings
    in_force_h, counted_h = 5 * 10, 5 * 12  # and two hours each until all is as before
    assert (month.hours, month.ends - month.begins) == (counted_h, timedelta(days=31))
    assert month.saved_kwh.low < 6.0 * in_force_h < month.saved_kwh.high
    assert month.promised_kwh.value == pytest.approx(11.2 * in_force_h)
    row = saving_row(month)
    assert row["promised_kwh_low"] < row["promised_kwh"] < row["promised_kwh_high"]


def test_too_short_a_past_is_said(loaded: LoadedSite, journal: SqlJournal) -> None:
    early = APPLIED - timedelta(days=7)
    applied(journal, loaded, {"rec-a": early}, back=None)
    found = collect(loaded, telemetry(loaded, saved_kw=6.0), journal, NOW, recommendation="rec-a")
    assert found.savings == []
    assert "48 whole hours without a change" in found.unmeasured[0][1]


def test_what_was_never_applied_is_refused(loaded: LoadedSite, journal: SqlJournal) -> None:
    with pytest.raises(JournalError, match="never applied"):
        collect(loaded, MemoryTelemetry(loaded.points, ""), journal, NOW, recommendation="rec-z")
    assert collect(loaded, MemoryTelemetry(loaded.points, ""), journal, NOW).savings == []
    with pytest.raises(ConfigurationError, match="2026-07"):
        check_month("2026-13")
