"""Which models a day was planned with: those in service then, or trained on nothing but the history before."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from facility.backtest.models_then import TRAINED_EVERY, ModelsThen
from facility.backtest.recorded import Recorded
from facility.learn.model_store import REPLACED, ModelStore
from facility.learn.twin import NAMEPLATE
from tests.backtest.retold import retold
from tests.backtest.toy_days import DAY, ToyDays, environment
from tests.closed_loop.making import START
from tools.closed_loop.memory_telemetry import MemoryTelemetry

EMPTY_DAYS = START - 100 * DAY


def models_then(days: ToyDays, folder: Path, readings: MemoryTelemetry | None = None) -> ModelsThen:
    with environment(days, folder / "state", START + 8 * DAY, readings) as here:
        recorded = Recorded(here.loaded, here.telemetry, here.archive, here.clock.now())
        return ModelsThen(recorded, here.models, ModelStore(folder / "scratch"))


def save(store: ModelStore, version: str, trained: datetime, replaced: str | None) -> None:
    store.save(version, {}, {"version": version, "trained": trained.isoformat(), "parts": [], REPLACED: replaced})


def test_the_version_in_service_then_is_the_one_that_the_next_found_there(toy_days: ToyDays, tmp_path: Path) -> None:
    models = models_then(toy_days, tmp_path)
    first, refused, third = (EMPTY_DAYS + number * DAY for number in range(3))
    save(models.store, "first", first, None)
    save(models.store, "refused", refused, "first")  # it was no better, and never served
    save(models.store, "third", third, "first")
    models.store.serve("third")
    asked = [first, refused + timedelta(hours=1), third - timedelta(seconds=1), third, third + 9 * DAY]
    found = [models.at(at) for at in asked]
    assert [learned.version for learned, _ in found] == ["first", "first", "first", "third", "third"]
    assert {words for _, words in found} == {"first, in service then", "third, in service then"}


def test_before_the_first_version_and_without_history_nameplates_served(toy_days: ToyDays, tmp_path: Path) -> None:
    models = models_then(toy_days, tmp_path)
    save(models.store, "first", EMPTY_DAYS, None)
    models.store.serve("first")
    learned, words = models.at(EMPTY_DAYS - DAY)
    assert learned.version == NAMEPLATE
    assert "history did not teach" in words


@pytest.mark.slow
def test_training_for_a_day_sees_nothing_after_it_and_serves_for_a_week(toy_days: ToyDays, tmp_path: Path) -> None:
    at = START + 7 * DAY
    cards = []
    for name, readings in (("as it was", toy_days.readings), ("retold", retold(toy_days, at, 3))):
        models = models_then(toy_days, tmp_path / name, readings)
        learned, words = models.at(at)
        assert words == f"{learned.version}, trained on history before it"
        later, _ = models.at(at + TRAINED_EVERY - timedelta(hours=1))
        assert later.version == learned.version
        cards.append([{**part} for part in models.scratch.card(learned.version)["parts"]])
    assert cards[0] == cards[1]
