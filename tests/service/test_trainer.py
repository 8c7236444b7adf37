"""When the trainer trains, and why; what it does when the plant no longer does as the models say."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from facility.heartbeat import Heartbeat
from facility.history.journal import open_journal
from facility.history.telemetry import open_telemetry
from facility.learn.changes import read_changes
from facility.learn.equipment import equipment_of
from facility.learn.model_store import ModelStore
from facility.learn.sample import pack
from facility.records import Quality, ReadingBatch
from facility.service.trainer import find_new_ground, notice_drift, reasons_of
from facility.service.training_due import DRIFT_EVERY, RETRY
from facility.service.worker import Worker
from facility.site_file import LoadedSite, load_site
from facility.state import StateFolder
from models import fan
from models.component_power import ComponentPower
from models.drift import LEAST_LIMIT
from models.serialise import dump_model
from tests.api.records_for_tests import FixedClock
from tests.cycle.lived_in import DEMO, changed_site

NOON = datetime(2026, 7, 14, 12, tzinfo=UTC)
NIGHT = datetime(2026, 7, 15, 1, tzinfo=UTC)  # three o'clock in Berlin
STEP = timedelta(minutes=15)
PART = "plant-1.crah_fan.hall-1"
TRAINED = NOON - timedelta(days=2)


@pytest.fixture
def loaded() -> LoadedSite:
    return load_site(DEMO)


@pytest.fixture
def worker(loaded: LoadedSite, tmp_path: Path) -> Worker:
    state, clock = StateFolder(tmp_path / "state"), FixedClock()
    clock.at = NOON
    return Worker(state, clock, Heartbeat(state, "trainer", clock), loaded)


def serve_fan_model(worker: Worker, **card: Any) -> None:
    """Put a version in service whose fans draw a tenth more than the nameplate says."""
    times = pd.date_range(TRAINED - timedelta(days=4), TRAINED, freq="15min")
    law = 3 * fan.power_kw(speeds(times), 3.6)
    power = 1.1 * law + np.random.default_rng(5).normal(0, 0.02, len(times))
    model = ComponentPower("crah_fan.hall-1").fit(
        pd.DataFrame({"prior_kw": law}, index=times), pd.Series(power, index=times)
    )
    entry: dict[str, Any] = {
        **model.card_.as_dict(),
        "name": PART,
        "trained_in": "v1",
        "fitted_until": times[-1].isoformat(),
        "usual_miss": {"half_width": 0.1, "limit": LEAST_LIMIT},
        "equipment": equipment_of(worker.loaded.site, PART),
        **card,
    }
    name = "component~plant-1~crah_fan.hall-1.skops"
    models = ModelStore(worker.state.models)
    models.save("v1", {name: dump_model(model)}, {"parts": [entry]}, pictures=pack({}))
    models.serve("v1")


def speeds(times: pd.DatetimeIndex) -> np.ndarray:
    return 0.7 + 0.15 * np.sin(np.asarray(times.hour, float) / 24 * 2 * np.pi)


def record_fans(worker: Worker, factor: float, since: datetime) -> None:
    """Keep two days of the fans' history, in which they draw more by a factor from a time on."""
    times = pd.date_range(TRAINED, NOON, freq="15min", inclusive="left")
    values: dict[str, np.ndarray] = {}
    for crah in ("crah-1", "crah-2", "crah-3"):
        power = 1.1 * fan.power_kw(speeds(times), 3.6) * np.where(times >= pd.Timestamp(since), factor, 1.0)
        values |= {f"{crah}.fan_speed_frac": speeds(times), f"{crah}.fan_power_kw": power}
        values[f"{crah}.supply_air_temperature_degc"] = np.full(len(times), 20.0)
    for rack in worker.loaded.site.halls[0].racks:
        for quantity, value in (("power_kw", 5.0), ("inlet_temperature_degc", 21.0)):
            values |= {point.id: np.full(len(times), value) for point in worker.loaded.points.of(rack.id, quantity)}
    batches = [
        ReadingBatch(
            points=[point] * len(times),
            time_us=times.as_unit("us").asi8,
            values=column,
            quality=np.full(len(times), Quality.GOOD, np.uint8),
            site_revision=worker.loaded.revision,
        )
        for point, column in values.items()
    ]
    with closing(open_telemetry(worker.state, table_uri=None, raw_retention_days=90, clock=worker.clock)) as telemetry:
        telemetry.load(batches)


def test_without_a_model_it_trains_at_once_and_every_hour(worker: Worker) -> None:
    reasons = reasons_of(worker)
    assert reasons.due(worker.loaded, NOON) == "no model yet"
    assert reasons.due(worker.loaded, NOON + timedelta(minutes=59)) == ""
    assert reasons.due(worker.loaded, NOON + RETRY) == "no model yet"


def test_with_a_model_it_trains_at_night_once(worker: Worker) -> None:
    serve_fan_model(worker)
    reasons = reasons_of(worker)
    assert reasons.due(worker.loaded, NOON) == ""
    assert reasons.due(worker.loaded, NIGHT - timedelta(seconds=1)) == ""
    assert reasons.due(worker.loaded, NIGHT) == "night"
    assert reasons.due(worker.loaded, NIGHT + timedelta(minutes=1)) == ""
    assert reasons.due(worker.loaded, NIGHT + timedelta(days=1)) == "night"


def test_other_equipment_is_a_reason_a_price_is_none(worker: Worker, tmp_path: Path) -> None:
    serve_fan_model(worker)
    reasons = reasons_of(worker)
    assert reasons.due(worker.loaded, NOON) == ""
    worker.take_over(load_site(changed_site(tmp_path, {"name": "Another name"})))
    assert reasons.due(worker.loaded, NOON + timedelta(minutes=1)) == ""
    crahs = [crah.model_dump(mode="json", exclude_defaults=True) for crah in worker.loaded.site.crahs]
    crahs[0]["rated_fan_kw"] = 5.0
    worker.take_over(load_site(changed_site(tmp_path, {"crahs": crahs})))
    why = reasons.due(worker.loaded, NOON + timedelta(minutes=2))
    assert why == f"equipment changed: {PART}: nameplate of crah-1 changed"
    later = NOON + timedelta(minutes=3)
    assert reasons.due(worker.loaded, later) == ""  # told once: a training that cannot help is not repeated


def test_a_version_that_cannot_be_read_is_a_reason(worker: Worker) -> None:
    serve_fan_model(worker)
    (worker.state.models / "v1" / "card.json").write_text("{")
    assert "card.json is damaged" in reasons_of(worker).due(worker.loaded, NOON)


def test_drift_is_journaled_kept_and_a_reason_once(worker: Worker) -> None:
    serve_fan_model(worker)
    since = NOON - timedelta(hours=20)
    record_fans(worker, 1.2, since)
    reasons = reasons_of(worker)
    why = reasons.due(worker.loaded, NOON)
    assert why.startswith(f"drift of {PART} +")
    assert "since 2026-07-13 16:00 UTC" in why
    with closing(open_journal(None, worker.state)) as journal:
        (event,) = journal.events(kind="model.drift")
    assert (event.subject, event.actor, event.detail["since"]) == (PART, "trainer", since.isoformat())
    assert event.detail["size"] == pytest.approx(0.2 * 1.1 * 3 * 3.6 * 0.36, rel=0.35)
    assert read_changes(worker.state.models) == {PART: [since]}
    assert reasons.due(worker.loaded, NOON + DRIFT_EVERY) == ""


def test_air_where_no_version_has_been_is_a_reason_once(worker: Worker) -> None:
    serve_fan_model(worker)
    seen = {"name": "hall-1.rack_inlets", "features": {"supply_air_degc": (23.0, 24.0)}}
    ModelStore(worker.state.models).save("v0", {}, {"parts": [seen]}, pictures=pack({}))
    record_fans(worker, 1.0, NOON)
    reasons = reasons_of(worker)
    assert reasons.due(worker.loaded, NOON) == "beyond what models have seen: hall-1.rack_inlets: supply air of 20 degC"
    assert reasons.due(worker.loaded, NOON + DRIFT_EVERY) == ""


@pytest.mark.parametrize("seen_degc", [(19.5, 24.0), (18.0, 19.5)])
def test_air_near_what_one_version_has_seen_is_none(worker: Worker, seen_degc: tuple[float, float]) -> None:
    serve_fan_model(worker)
    seen = {"name": "hall-1.rack_inlets", "features": {"supply_air_degc": seen_degc}}
    ModelStore(worker.state.models).save("v0", {}, {"parts": [seen]}, pictures=pack({}))
    record_fans(worker, 1.0, NOON)
    assert find_new_ground(worker) == ""


def test_fans_that_draw_what_they_did_are_no_drift(worker: Worker) -> None:
    serve_fan_model(worker)
    record_fans(worker, 1.0, NOON)
    assert notice_drift(worker) == ""
    assert read_changes(worker.state.models) == {}


def test_what_the_card_allows_for_is_no_drift(worker: Worker) -> None:
    serve_fan_model(worker, half_width=1.0)
    record_fans(worker, 1.2, NOON - timedelta(hours=20))
    assert notice_drift(worker) == ""


def test_conditions_that_the_model_has_not_seen_are_no_drift(worker: Worker) -> None:
    serve_fan_model(worker, features={"prior_kw": (0.0, 0.5)})
    record_fans(worker, 1.2, NOON - timedelta(hours=20))
    assert notice_drift(worker) == ""
