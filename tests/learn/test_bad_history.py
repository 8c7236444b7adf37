"""Training on a history with bad readings: what is wrong is left out by name, and the rest teaches what it would have taught."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta

import pytest

from facility.clock import SystemClock
from facility.history.telemetry import TelemetryStore
from facility.learn.model_store import ModelStore
from facility.learn.training import TrainingOutcome, train_site
from facility.ports import Telemetry
from facility.site_file import LoadedSite, load_site
from facility.site_history import open_site_history
from facility.state import StateFolder
from models.card import ModelCard
from tests.cycle.lived_in import DEMO, live
from tests.learn.changed_plant import ChangedPlant

pytestmark = pytest.mark.slow
METER, FAN = "utility.power_kw", "crah-2.fan_power_kw"


@pytest.fixture(scope="module")
def demo() -> LoadedSite:
    return load_site(DEMO)


@pytest.fixture(scope="module")
def telemetry(demo: LoadedSite, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TelemetryStore]:
    state = StateFolder(tmp_path_factory.mktemp("lived") / "state")
    live(demo, state, days=6.0)
    with closing(open_site_history(demo, state, SystemClock())) as opened:
        yield opened


@pytest.fixture(scope="module")
def now(telemetry: TelemetryStore) -> datetime:
    return max(reading.time for reading in telemetry.latest().values())


@pytest.fixture(scope="module")
def clean(
    demo: LoadedSite, telemetry: TelemetryStore, now: datetime, tmp_path_factory: pytest.TempPathFactory
) -> TrainingOutcome:
    return train_site(demo, telemetry, ModelStore(tmp_path_factory.mktemp("clean")), now)


@pytest.fixture(scope="module")
def spoiled(
    demo: LoadedSite, telemetry: TelemetryStore, now: datetime, tmp_path_factory: pytest.TempPathFactory
) -> TrainingOutcome:
    """The same history: a day of the main meter in W, half a day of a fan in W, a CRAH silent for a day, three days ago."""
    began = now - timedelta(days=3)
    bad: Telemetry = ChangedPlant(telemetry, [METER], began, 1000.0, began + timedelta(days=1))
    bad = ChangedPlant(bad, [FAN], began, 1000.0, began + timedelta(hours=12))
    silent = [point.id for point in demo.points if point.equipment == "crah-3"]
    bad = ChangedPlant(bad, silent, began + timedelta(days=1), float("nan"), began + timedelta(days=2))
    return train_site(demo, bad, ModelStore(tmp_path_factory.mktemp("bad")), now)


def card(outcome: TrainingOutcome, name: str) -> ModelCard:
    return next(one for one in outcome.cards if one.name == name)


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ("demo.whole", "facility_kw speaks W instead of kW"),
        ("plant-1.crah_fan.hall-1", f"{FAN} speaks W instead of kW"),
        ("plant-1.crah_fan.hall-1", "crah-3 missing"),
        ("hall-1.rack_inlets", "crah-3 missing"),
    ],
)
def test_what_is_left_out_is_named_on_the_cards_that_it_concerns(
    clean: TrainingOutcome, spoiled: TrainingOutcome, part: str, said: str
) -> None:
    assert not any(said in note for note in card(clean, part).notes)
    assert any(said in note and "left out" in note for note in card(spoiled, part).notes), card(spoiled, part).notes
    assert not any(said in note for note in card(spoiled, "plant-1.crah_fan.hall-2").notes)


@pytest.mark.parametrize("part", ["demo.whole", "plant-1.crah_fan.hall-1", "hall-1.rack_inlets"])
def test_the_rest_teaches_what_it_would_have_taught(
    clean: TrainingOutcome, spoiled: TrainingOutcome, part: str
) -> None:
    before, after = card(clean, part), card(spoiled, part)
    assert before.test is not None and after.test is not None
    assert after.test.rmse < 1.5 * before.test.rmse
