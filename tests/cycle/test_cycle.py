from __future__ import annotations

import csv
import io
import json
import shutil
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from facility.cli import main
from facility.clock import SystemClock
from facility.cycle import run_cycle
from facility.environment import open_environment
from facility.errors import ModelError, NotEnoughDataError
from facility.history.dispatch_records import LockOut, Said
from facility.learn.learned import load_learned
from facility.learn.twin import NAMEPLATE
from facility.prepare.present import inputs_at
from facility.records import RecommendationState
from facility.site_file import LoadedSite, load_site
from facility.site_journal import open_dispatch_book
from facility.state import StateFolder
from tests.cycle.lived_in import DEMO, changed_site, live


@pytest.fixture
def state(lived: Path, tmp_path: Path) -> Path:
    """A copy of the lived-in state that a test may change."""
    return shutil.copytree(lived, tmp_path / "state")


def recommend(capsys: pytest.CaptureFixture[str], site: Path, state: Path, form: str = "json") -> tuple[int, str, str]:
    code = main(["recommend", str(site), "--state", str(state), "--format", form])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_a_cycle_plans_recommends_and_journals_and_the_next_supersedes(demo: LoadedSite, state: Path) -> None:
    with open_environment(demo, StateFolder(state), SystemClock()) as environment:
        first = run_cycle(environment, "cycle-1")
        second = run_cycle(environment, "cycle-2")
        proposed = environment.journal.recommendations(RecommendationState.PROPOSED)
        superseded = environment.journal.recommendations(RecommendationState.SUPERSEDED)
        stored = environment.journal.latest_plan()
    assert first.recommendations, "two weeks of fixed setpoints leave something to gain"
    assert {one.id for one in proposed} == {one.id for one in second.recommendations}
    assert {one.id for one in superseded} == {one.id for one in first.recommendations}
    assert stored == second.plan
    assert second.plan.site_revision == demo.revision and second.plan.model_version == NAMEPLATE
    assert second.plan.cost.total_cost < second.plan.baseline_cost.total_cost
    assert second.plan.surrogate_cost is not None
    assert second.plan.bound <= second.plan.surrogate_cost * (1.0 + 1e-6)
    assert all(len(series) == 192 for series in second.plan.schedule.values())


def test_what_people_have_locked_out_is_not_planned_with(demo: LoadedSite, state: Path) -> None:
    clock = SystemClock()
    with closing(open_dispatch_book(demo, StateFolder(state))) as book:
        said = Said("S. Kim", "belt", clock.now())
        book.lock_out(LockOut("crah-7", said, clock.now() + timedelta(hours=8)))
    with open_environment(demo, StateFolder(state), clock) as environment:
        outcome = run_cycle(environment, "cycle-1")
    assert outcome.condition.locked_out == {"crah-7"}
    planned = {name.split(".")[0] for name in outcome.plan.schedule}
    assert "crah-7" not in planned and "crah-8" in planned


def test_a_cycle_keeps_what_it_expected_as_it_was_issued(demo: LoadedSite, state: Path) -> None:
    with open_environment(demo, StateFolder(state), SystemClock()) as environment:
        plan = run_cycle(environment, "cycle-1").plan
        halls = [f"{hall.id}.it_power_kw" for hall in demo.site.halls]
        kept = {
            quantity: environment.archive.as_of(quantity, plan.created)
            for quantity in ("outdoor_temperature_degc", "outdoor_wet_bulb_degc", "price_per_kwh", *halls)
        }
    for quantity, forecast in kept.items():
        assert forecast is not None and forecast.issued == plan.created, quantity
        assert len(forecast.values) == 192
    wet_bulb, load = kept["outdoor_wet_bulb_degc"], kept[halls[0]]
    assert wet_bulb is not None and list(wet_bulb.values) == pytest.approx(plan.schedule["site.outdoor_wet_bulb_degc"])
    assert load is not None and load.quantiles


def test_recommendations_keep_to_what_engineers_let_be_written(demo: LoadedSite, state: Path) -> None:
    with open_environment(demo, StateFolder(state), SystemClock()) as environment:
        outcome = run_cycle(environment, "cycle-1")
    checked = 0
    for recommendation in outcome.recommendations:
        for point in recommendation.points:
            allowed = demo.points[point].writable
            assert allowed is not None
            assert allowed.low - 1e-6 <= recommendation.recommended <= allowed.high + 1e-6, recommendation
            checked += 1
    assert checked >= 6


@pytest.mark.slow
def test_single_jobs_of_a_file_are_planned_and_shown(
    capsys: pytest.CaptureFixture[str], state: Path, tmp_path: Path
) -> None:
    now = SystemClock().now()
    entry = {"pool": "pool-air", "power_kw": 3.0, "energy_kwh": 6.0, "arrives": now.isoformat()}
    jobs = [
        entry | {"id": "index", "due": (now + timedelta(hours=9)).isoformat()},
        entry | {"id": "impossible", "due": (now + timedelta(hours=1)).isoformat()},
    ]
    path = tmp_path / "jobs.json"
    path.write_text(json.dumps(jobs))
    code = main(["recommend", str(DEMO), "--state", str(state), "--jobs", str(path), "--format", "json"])
    document = json.loads(capsys.readouterr().out)
    assert code == 0
    runs = {row["job"]: row for row in document["jobs"]}
    assert runs["index"]["late_h"] == 0.0 and runs["impossible"]["late_h"] > 0.9
    assert any(said.startswith("impossible due time short by") for said in document["shortfalls"])
    assert main(["recommend", str(DEMO), "--state", str(state), "--jobs", str(path)]) == 0
    assert "Jobs, in site time" in capsys.readouterr().out
    with open_environment(load_site(DEMO), StateFolder(state), SystemClock()) as environment:
        stored = environment.journal.latest_plan()
    assert stored is not None and {run.job.id for run in stored.jobs} == {"index", "impossible"}


@pytest.mark.slow
def test_the_batch_job_speaks_json_and_csv(capsys: pytest.CaptureFixture[str], state: Path) -> None:
    code, out, _ = recommend(capsys, DEMO, state)
    document: dict[str, Any] = json.loads(out)
    assert code == 0
    assert document["site"] == "demo" and document["currency"] == "EUR" and len(document["schedule"]) == 192
    assert {row["item"] for row in document["costs"]} >= {"energy_kwh", "carbon_kg", "total_cost"}
    code, out, _ = recommend(capsys, DEMO, state, "csv")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert code == 0 and rows
    assert {
        "equipment",
        "quantity",
        "current",
        "recommended",
        "saving_kw_low",
        "saving_kw_high",
        "binding_limit",
    } <= set(rows[0])
    code, out, _ = recommend(capsys, DEMO, state, "table")
    assert code == 0 and "Recommendations" in out and "limit that binds" in out and "Schedule" in out


def test_training_puts_a_version_in_service_that_the_next_plan_uses(
    capsys: pytest.CaptureFixture[str], demo: LoadedSite, state: Path
) -> None:
    assert main(["train", str(DEMO), "--state", str(state), "--format", "json"]) == 0
    card = json.loads(capsys.readouterr().out)
    assert {part["name"] for part in card["parts"]} >= {"hall-1.rack_inlets", "plant-1.chiller", "plant-1.tower"}
    assert card["whole"]["measured"]["value"] > 1.0 and card["whole"]["power_ratio_mae"] < 0.1
    with open_environment(demo, StateFolder(state), SystemClock()) as environment:
        assert environment.models.serving() == card["version"]
        learned, now = load_learned(environment.models, demo.site), environment.clock.now()
        known = environment.telemetry, environment.signals, learned, now
        planned = inputs_at(demo, *known, archive=None, correlation_id="test").site
    racks = [rack for hall in planned.halls for rack in hall.racks]
    liquid = {rack.id: rack.liquid_frac for rack in racks if rack.liquid_loop}
    assert liquid == learned.liquid_frac and all(0.6 < share < 0.75 for share in liquid.values())
    in_service = {part["name"] for part in card["parts"] if part["qualified"]} - {"demo.whole"}  # no plan takes it
    assert in_service == (
        {f"{hall}.rack_inlets" for hall in learned.inlets}
        | {f"{hall}.server_fans" for hall in learned.server_fans}
        | {f"{plant}.coils" for plant in learned.coils}
        | {f"{rack.liquid_loop}.liquid_share" for rack in racks if rack.id in learned.liquid_frac}
        | {f"{plant}.{name}" for plant, parts in learned.corrections.items() for name in parts}
    )
    code, out, _ = recommend(capsys, DEMO, state)
    assert code == 0 and json.loads(out)["model_version"] == card["version"]


def test_a_stored_model_that_was_tampered_with_is_refused(demo: LoadedSite, state: Path) -> None:
    assert main(["train", str(DEMO), "--state", str(state), "--format", "json"]) == 0
    artefact = next((state / "models").glob("2*/*.skops"))
    artefact.write_bytes(b"cos\nsystem\n(S'true'\ntR.")  # a pickle that would run a command
    with (
        open_environment(demo, StateFolder(state), SystemClock()) as environment,
        pytest.raises(ModelError, match="train again"),
    ):
        load_learned(environment.models, demo.site)


@pytest.mark.parametrize("command", ["train", "recommend"])
def test_an_empty_history_exits_4_and_says_what_is_missing(
    command: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main([command, str(DEMO), "--state", str(tmp_path / "state")]) == 4
    assert "not enough data" in capsys.readouterr().err


def test_a_short_history_plans_from_nameplates_and_trains_nothing(
    capsys: pytest.CaptureFixture[str], demo: LoadedSite, tmp_path: Path
) -> None:
    live(demo, StateFolder(tmp_path), days=0.2)
    assert main(["train", str(DEMO), "--state", str(tmp_path)]) == 4
    assert "at least 3 days are needed" in capsys.readouterr().err
    code, out, _ = recommend(capsys, DEMO, tmp_path)
    assert code == 0 and json.loads(out)["model_version"] == NAMEPLATE


def test_prices_that_end_too_early_exit_4_with_their_end(
    capsys: pytest.CaptureFixture[str], state: Path, tmp_path: Path
) -> None:
    (tmp_path / "prices.csv").write_text("time,price_per_kwh\n2026-01-01T00:00+00:00,0.1\n2026-01-01T01:00+00:00,0.1\n")
    site = changed_site(tmp_path, {"tariff": {"price_file": "prices.csv"}})
    code, _, err = recommend(capsys, site, state)
    assert code == 4
    assert "prices.csv" in err and "ends at 2026-01-01 02:00 UTC" in err


def test_a_price_that_cannot_be_fetched_is_told_by_the_plan_that_goes_by_the_tariff(
    state: Path, tmp_path: Path
) -> None:
    source = {"provider": "entsoe", "area": "10Y1001A1001A82H", "key": "env:NOT_SET"}
    # Of all days: this one may be a Friday, and the next two without a dear evening.
    night = {"days": "all", "start": "22:00", "end": "06:00", "price_per_kwh": 0.11}
    evening = {"days": "all", "start": "17:00", "end": "20:00", "price_per_kwh": 0.24}
    loaded = load_site(changed_site(tmp_path, {"tariff": {"price_source": source, "windows": [night, evening]}}))
    with open_environment(loaded, StateFolder(state), SystemClock()) as environment:
        plan = run_cycle(environment, "cycle-1").plan
    assert plan.notes[0] == "price_per_kwh: entsoe 10Y1001A1001A82H: nothing fetched yet; tariff stands in"
    assert set(plan.schedule["site.price_per_kwh"]) == {0.11, 0.16, 0.24}


def test_a_limit_that_no_plan_can_meet_exits_3_and_is_named(
    capsys: pytest.CaptureFixture[str], state: Path, tmp_path: Path
) -> None:
    halls = [{**hall, "limits": {"inlet_max_degc": 15.0, "inlet_min_degc": 10.0}} for hall in _halls()]
    site = changed_site(tmp_path, {"halls": halls})
    code, _, err = recommend(capsys, site, state)
    assert code == 3
    assert "rack inlet" in err


def test_a_heat_wave_beyond_the_plant_leaves_the_day_before_it_planned_and_is_told_everywhere(
    capsys: pytest.CaptureFixture[str], state: Path, tmp_path: Path
) -> None:
    now = SystemClock().now().replace(minute=0, second=0, microsecond=0)
    rows = [(now + timedelta(hours=hour), 12.0 if hour < 30 else 55.0) for hour in range(-1, 60)]
    lines = [f"{now.isoformat()},{time.isoformat()},{degc},0.6" for time, degc in rows]
    columns = "issued,time,outdoor_temperature_degc,outdoor_relative_humidity_frac"
    (tmp_path / "heat.csv").write_text("\n".join([columns, *lines]), encoding="utf-8")
    site = changed_site(tmp_path, {"weather": {"forecast": "file", "forecast_file": "heat.csv"}})
    code, out, _ = recommend(capsys, site, state)
    document = json.loads(out)
    assert code == 0 and document["recommendations"]
    (unmet,) = document["unmet"]
    assert unmet["limit"].startswith("plant-1 ") and unmet["amount"] > 50.0 and unmet["unit"] == "kW"
    assert unmet["since"] == document["planned_until"]
    until = datetime.fromisoformat(document["planned_until"])
    assert 28.5 <= (until - now) / timedelta(hours=1) <= 30.0  # the forecast rises from one hour to the next
    assert max(datetime.fromisoformat(row["time"]) for row in document["schedule"]) < until
    assert main(["recommend", str(site), "--state", str(state)]) == 0
    shown = capsys.readouterr().out
    assert "planned only until" in shown and f"cannot be met: {unmet['limit']}" in shown
    assert main(["explain", str(site), "--state", str(state), "--format", "csv"]) == 0
    assert f"cannot be met,{unmet['limit']}" in capsys.readouterr().out
    with open_environment(load_site(site), StateFolder(state), SystemClock()) as environment:
        (event,) = environment.journal.events(kind="plan.cut_short")  # told once, not with each plan
    assert unmet["limit"] in str(event.detail["unmet"])


@pytest.mark.parametrize(
    ("locked", "named"),
    [
        (["tower-1", "tower-2"], "plant-1: tower in service"),
        (["cw-pumps"], "plant-1: condenser-water pump in service"),
        (["cdu-1", "cdu-2"], "loop-1: CDU in service"),
        ([f"crah-{number}" for number in range(1, 4)], "hall-1: CRAH on plant-1 in service"),
        (["chiller-1", "chiller-2", "wse-1"], "plant-1: chiller or economizer in service"),
    ],
)
def test_a_plant_without_what_it_needs_exits_3_and_names_it(
    locked: list[str], named: str, capsys: pytest.CaptureFixture[str], lived: Path, tmp_path: Path
) -> None:
    site = changed_site(tmp_path, {"availability": [_locked_out(one) for one in locked]})
    code, _, err = recommend(capsys, site, lived)
    assert code == 3
    assert f"{named} short by 1 unit" in err


@pytest.mark.slow
def test_what_is_locked_out_takes_no_part_in_the_plan(
    capsys: pytest.CaptureFixture[str], state: Path, tmp_path: Path
) -> None:
    locked = [_locked_out(one) for one in ("chiller-1", "chiller-2", "battery-1", "crah-6")]
    code, out, _ = recommend(capsys, changed_site(tmp_path, {"availability": locked}), state)
    document = json.loads(out)
    assert code == 0
    assert {step["plant-1.mode"] for step in document["schedule"]} == {"free"}
    assert "battery-1.charge_power_setpoint_kw" not in document["schedule"][0]
    assert "crah-6.supply_air_temperature_setpoint_degc" not in document["schedule"][0]
    assert "battery-1: not in service; left idle" in document["notes"]


def _locked_out(equipment: str) -> dict[str, Any]:
    return {"equipment": equipment, "state": "locked_out", "by": "a test"}


def test_a_stale_history_names_what_is_not_fresh(demo: LoadedSite, lived: Path) -> None:
    class Later(SystemClock):
        def now(self):  # type: ignore[no-untyped-def]
            return super().now() + timedelta(hours=1)

    with (
        open_environment(demo, StateFolder(lived), Later()) as environment,
        pytest.raises(
            NotEnoughDataError, match=r"a fresh reading of plant-1\.leaving_chilled_water_temperature_setpoint_degc"
        ),
    ):
        run_cycle(environment, "cycle-1")


def _halls() -> list[dict[str, Any]]:
    halls: list[dict[str, Any]] = yaml.safe_load(DEMO.read_text(encoding="utf-8"))["halls"]
    return halls


def test_the_changed_sites_are_still_the_demo(tmp_path: Path) -> None:
    assert load_site(changed_site(tmp_path, {})).revision == load_site(DEMO).revision
