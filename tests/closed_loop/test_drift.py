"""Ours as an arm looks for drift as the service does: fans that begin to draw more are found, journaled and learned anew."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from facility.signals.outlook import SiteSignals
from facility.site_file import load_site
from tools.closed_loop.baselines import GoodPractice
from tools.closed_loop.drive import Drive
from tools.closed_loop.memory_telemetry import MemoryTelemetry
from tools.closed_loop.ours import Ours, open_product
from tools.closed_loop.plant import Key
from tools.simulated_site.closed_loop_plant import factory, own_conditions

DEMO = Path(__file__).parents[2] / "site_configs" / "demo.yaml"
FIRST = datetime(2025, 5, 5, tzinfo=UTC)
BEGINS = FIRST + timedelta(days=3)
CHANGE = BEGINS + timedelta(hours=4)
PART = "plant-1.crah_fan.hall-2"
CRAHS = ("crah-4", "crah-5", "crah-6")


@dataclass
class FoulFilters:
    """Good practice until ours begins; from a time on, fans draw more than they did."""

    practice: GoodPractice
    readings: MemoryTelemetry
    ours: Ours | None = None

    def decide(self, time: datetime, measured: Mapping[Key, float]) -> Mapping[Key, float]:
        if self.ours is None:
            self.readings.record(time, measured)
            return self.practice.decide(time, measured)
        factor = 1.3 if time >= CHANGE else 1.0
        more = {(crah, "fan_power_kw"): factor * measured[crah, "fan_power_kw"] for crah in CRAHS}
        return self.ours.decide(time, {**measured, **more})


@pytest.mark.slow
def test_fans_that_draw_more_are_found_within_a_day_and_learned_anew(tmp_path: Path) -> None:
    loaded = load_site(DEMO)
    conditions = own_conditions(loaded, 1, FIRST, BEGINS + timedelta(days=4), timedelta(minutes=15))
    readings = MemoryTelemetry(loaded.points, loaded.revision)
    operator = FoulFilters(GoodPractice(loaded), readings)
    drive = Drive(factory(loaded, conditions, 1, FIRST), operator, [])
    drive.run(BEGINS)
    with open_product(loaded, readings, SiteSignals(loaded, readings), tmp_path, BEGINS) as product:
        operator.ours = ours = Ours(product, readings, operator.practice, timedelta(hours=12))
        drive.run(CHANGE + timedelta(hours=18))
        (found,) = [event for event in product.journal.events(kind="model.drift") if event.subject == PART]
        whys = [event.detail["why"] for event in product.journal.events(kind="model.trained")]
    since = datetime.fromisoformat(str(found.detail["since"]))
    assert abs(since - CHANGE) <= timedelta(hours=1)
    assert whys[0] == "no model yet"
    assert any(f"drift of {PART} +" in str(why) for why in whys[1:])
    assert any(f"drift of {PART} +" in note for note in ours.diary.notes)
    assert len(ours.diary.train_seconds) == len(whys)
