"""The demo site over nine days: nights that bring nothing new, a plant that changes, equipment that is added, damage."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from facility.clock import SystemClock
from facility.errors import ModelError
from facility.history.telemetry import TelemetryStore
from facility.learn.changes import note_change
from facility.learn.compare import compare_versions
from facility.learn.drift_watch import find_drift
from facility.learn.learned import equipment_changes, load_learned
from facility.learn.model_events import training_events
from facility.learn.model_store import ModelStore
from facility.learn.sample import unpack
from facility.learn.training import TrainingOutcome, train_site
from facility.learn.version import put_back
from facility.site_file import LoadedSite, load_site
from facility.site_history import open_site_history
from facility.state import StateFolder
from tests.cycle.lived_in import DEMO, changed_site, live
from tests.learn.changed_plant import ChangedPlant

pytestmark = pytest.mark.slow
DAYS = 9.0
PART = "plant-1.crah_fan.hall-2"  # runs whatever the season is in which this is tested
CRAHS = ["crah-4", "crah-5", "crah-6"]
POINTS = [f"{crah}.fan_power_kw" for crah in CRAHS]


@pytest.fixture(scope="module")
def demo() -> LoadedSite:
    return load_site(DEMO)


@pytest.fixture(scope="module")
def telemetry(demo: LoadedSite, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TelemetryStore]:
    state = StateFolder(tmp_path_factory.mktemp("lived") / "state")
    live(demo, state, DAYS)
    with closing(open_site_history(demo, state, SystemClock())) as opened:
        yield opened


@pytest.fixture(scope="module")
def now(telemetry: TelemetryStore) -> datetime:
    """Between two readings, so that a second later there is nothing new to learn."""
    return max(reading.time for reading in telemetry.latest().values()) - timedelta(minutes=1)


@pytest.fixture(scope="module")
def lived(
    demo: LoadedSite, telemetry: TelemetryStore, now: datetime, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, TrainingOutcome, TrainingOutcome]:
    """A store with a version of five days and one of seven."""
    store = ModelStore(tmp_path_factory.mktemp("versions") / "models")
    first = train_site(demo, telemetry, store, now - timedelta(days=4))
    second = train_site(demo, telemetry, store, now - timedelta(days=2), "night")
    return store.folder, first, second


@pytest.fixture
def first(lived: tuple[Path, TrainingOutcome, TrainingOutcome]) -> TrainingOutcome:
    return lived[1]


@pytest.fixture
def second(lived: tuple[Path, TrainingOutcome, TrainingOutcome]) -> TrainingOutcome:
    return lived[2]


@pytest.fixture
def models(lived: tuple[Path, TrainingOutcome, TrainingOutcome], tmp_path: Path) -> ModelStore:
    """A copy of it, to do with as a test likes."""
    return ModelStore(shutil.copytree(lived[0], tmp_path / "models"))


def entry(models: ModelStore, version: str, part: str) -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in models.card(version)["parts"] if one["name"] == part)
    return found


def test_training_again_on_the_same_history_changes_nothing(
    demo: LoadedSite, telemetry: TelemetryStore, models: ModelStore, now: datetime, second: TrainingOutcome
) -> None:
    assert second.serves
    again = train_site(demo, telemetry, models, now - timedelta(days=2) + timedelta(seconds=1), "night")
    assert not again.serves
    assert models.serving() == second.version
    assert models.versions()[-1] == again.version
    assert not any(decision.changes for decision in again.decisions.values())
    kinds = [event.kind for event in training_events(again, "trainer", now)]
    assert kinds == ["model.trained", "model.kept"]


def test_the_card_says_where_a_version_comes_from_and_its_points_are_those_of_its_test(
    demo: LoadedSite, models: ModelStore, first: TrainingOutcome, second: TrainingOutcome
) -> None:
    card = models.card(first.version)
    assert card["site_revision"] == demo.revision
    assert (card["why"], card["reason"], card["replaced"]) == ("asked for", "the first version", None)
    assert card["cpu_s"] > 0 and card["code_version"]
    later = models.card(second.version)
    assert (later["why"], later["replaced"]) == ("night", first.version)
    found = entry(models, first.version, PART)
    assert set(found["equipment"]) == set(CRAHS)
    sample = unpack(models.pictures(first.version))[PART]
    assert 48 <= len(sample.times) == min(found["test"]["rows"], 400)
    rmse = float(((sample.measured - sample.predicted) ** 2).mean() ** 0.5)
    assert rmse == pytest.approx(found["test"]["rmse"])
    assert list(sample.conditions) == list(found["features"])


def test_a_part_that_got_worse_keeps_the_one_in_service_in_the_new_version(
    demo: LoadedSite, telemetry: TelemetryStore, models: ModelStore, now: datetime, second: TrainingOutcome
) -> None:
    """The fans' old readings were spoilt meanwhile: what is learned of them now is nonsense."""
    spoilt = ChangedPlant(telemetry, POINTS, now - timedelta(days=DAYS + 1), 1.25)
    mended = ChangedPlant(spoilt, POINTS, now - timedelta(days=2), 1 / 1.25)
    before = entry(models, second.version, PART)["trained_in"]
    third = train_site(demo, mended, models, now)
    assert third.decisions[PART].taken == "kept"
    assert entry(models, third.version, PART)["trained_in"] == before
    new = [part for part, decision in third.decisions.items() if decision.taken == "new"]
    assert third.serves and new
    assert all(entry(models, third.version, part)["trained_in"] == third.version for part in new)
    name = "component~plant-1~crah_fan.hall-2.skops"
    assert models.artefacts(third.version)[name] == models.artefacts(second.version)[name]
    points = [unpack(models.pictures(version))[PART].measured for version in (second.version, third.version)]
    assert points[0].tolist() == points[1].tolist()


def test_a_plant_that_changes_is_found_dated_and_learned_anew(
    demo: LoadedSite, telemetry: TelemetryStore, models: ModelStore, now: datetime, first: TrainingOutcome
) -> None:
    change = now - timedelta(days=4)
    changed = ChangedPlant(telemetry, POINTS, change, 1.3)
    models.serve(first.version)
    mean_kw = float(telemetry.read(POINTS, change - timedelta(days=1), change).sum(axis=1).mean())
    found = {one.part: one for one in find_drift(demo, changed, models, change + timedelta(hours=12))}
    assert abs(found[PART].since - change) <= timedelta(hours=1)
    assert found[PART].size == pytest.approx(0.3 * mean_kw, rel=0.1)
    assert found[PART].version == first.version
    note_change(models.folder, PART, found[PART].since)
    later = find_drift(demo, changed, models, change + timedelta(hours=15))
    assert PART not in [one.part for one in later]  # it is known
    after = train_site(demo, changed, models, now, "night")
    learned = entry(models, after.version, PART)
    assert learned["window"][0] >= found[PART].since.isoformat()
    assert "when it changed" in " ".join(learned["notes"])
    assert learned["test"]["rmse"] < 0.5 * learned["prior_test"]["rmse"]


def test_a_pinned_version_stays_whatever_is_trained(
    demo: LoadedSite,
    telemetry: TelemetryStore,
    models: ModelStore,
    now: datetime,
    first: TrainingOutcome,
) -> None:
    assert put_back(models, None, "R. Weber", "it runs hot", now) == first.version
    third = train_site(demo, telemetry, models, now, "night")
    assert not third.serves
    assert third.reason == f"{first.version} is pinned by R. Weber (it runs hot): `facility models rollback --release`"
    assert models.serving() == first.version
    models.release()
    assert train_site(demo, telemetry, models, now + timedelta(seconds=1), "night").serves


def test_what_was_learned_of_other_equipment_is_left_out_and_learned_anew(
    demo: LoadedSite, telemetry: TelemetryStore, models: ModelStore, now: datetime, tmp_path: Path
) -> None:
    crahs = [crah.model_dump(mode="json", exclude_defaults=True) for crah in demo.site.crahs]
    next(crah for crah in crahs if crah["id"] == "crah-5")["rated_fan_kw"] *= 1.2
    other = load_site(changed_site(tmp_path, {"crahs": crahs}))
    assert "crah_fan.hall-2" in load_learned(models, demo.site).corrections["plant-1"]
    assert "crah_fan.hall-2" not in load_learned(models, other.site).corrections["plant-1"]
    assert "chilled_pump" in load_learned(models, other.site).corrections["plant-1"]
    assert equipment_changes(models, demo.site) == ""
    assert equipment_changes(models, other.site) == f"{PART}: nameplate of crah-5 changed"
    after = train_site(other, telemetry, models, now)
    assert after.serves
    assert "of other equipment (nameplate of crah-5 changed)" in after.decisions[PART].reason
    assert equipment_changes(models, other.site) == ""


def test_a_damaged_version_is_named_not_put_in_service_and_replaced_by_the_next_training(
    demo: LoadedSite,
    telemetry: TelemetryStore,
    models: ModelStore,
    now: datetime,
    lived: tuple[Path, TrainingOutcome, TrainingOutcome],
) -> None:
    _, first, second = lived
    for version in (first.version, second.version):
        (models.folder / version / "whole~demo.skops").write_bytes(b"torn")
    with pytest.raises(ModelError, match=r"whole~demo.skops is damaged; `facility models rollback`"):
        load_learned(models, demo.site)
    with pytest.raises(ModelError, match=f"{first.version}: whole~demo.skops is damaged"):
        put_back(models, None, "R. Weber", "mend", now)
    assert (models.serving(), models.pin()) == (second.version, None)
    third = train_site(demo, telemetry, models, now)
    assert third.serves
    assert "cannot be read" in third.reason
    assert load_learned(models, demo.site).version == third.version


def test_versions_side_by_side(
    demo: LoadedSite,
    telemetry: TelemetryStore,
    models: ModelStore,
    now: datetime,
    lived: tuple[Path, TrainingOutcome, TrainingOutcome],
) -> None:
    _, first, second = lived
    versions = (first.version, second.version)
    found = {one.part: one for one in compare_versions(demo, telemetry, models, versions, now)}
    inlets = found["hall-1.rack_inlets"]
    until = [entry(models, version, "hall-1.rack_inlets")["fitted_until"] for version in versions]
    assert inlets.after == datetime.fromisoformat(max(until))
    assert inlets.rows == pytest.approx((now - inlets.after) / timedelta(minutes=15), abs=3)
    assert inlets.nameplate is not None and inlets.common[1] is not None
    assert inlets.common[1] < inlets.nameplate
    assert found[PART].tested[0] == entry(models, first.version, PART)["test"]["rmse"]
    with pytest.raises(ModelError, match=f"no model version 'v9'; there are: {', '.join(versions)}"):
        compare_versions(demo, telemetry, models, (first.version, "v9"), now)
