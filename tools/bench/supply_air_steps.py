"""A plant whose supply air goes through steps, as in commissioning, and what its sensors said meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import numpy.typing as npt

from facility.site_file import LoadedSite
from tools.closed_loop.baselines import GoodPractice
from tools.closed_loop.conditions import Conditions
from tools.closed_loop.drive import Drive
from tools.closed_loop.memory_telemetry import MemoryTelemetry
from tools.closed_loop.plant import Key, PlantFactory

FloatArray = npt.NDArray[np.float64]
OwnConditions = Callable[[LoadedSite, int, datetime, datetime, timedelta], Conditions]

START = datetime(2025, 5, 5, tzinfo=UTC)
UNMOVED, MOVED = timedelta(days=1), timedelta(days=5)
END = START + UNMOVED + MOVED
_STEPS_DEGC = (18.0, 20.0, 22.0, 24.0, 26.0)  # in an order that has nothing to do with the hour
_STEP_FOR = timedelta(hours=4)
_SUPPLY_AIR = "supply_air_temperature_setpoint_degc"


@dataclass(frozen=True, slots=True, eq=False)
class _Stepping:
    """Good practice for all but the supply air, which goes through the steps once the first day has passed."""

    practice: GoodPractice
    readings: MemoryTelemetry
    steps_degc: FloatArray

    def decide(self, time: datetime, measured: Mapping[Key, float]) -> Mapping[Key, float]:
        """Return the setpoints, and keep what is measured."""
        self.readings.record(time, measured)
        setpoints = self.practice.decide(time, measured)
        begun = time - START - UNMOVED
        if begun < timedelta(0):
            return setpoints
        now_degc = float(self.steps_degc[begun // _STEP_FOR])
        return {key: now_degc if key[1] == _SUPPLY_AIR else value for key, value in setpoints.items()}


def stepped(loaded: LoadedSite, factory: PlantFactory, own_conditions: OwnConditions, seed: int) -> MemoryTelemetry:
    """Return the readings of a site from `START` to `END`; the seed draws the steps, and what the site file does not say."""
    conditions = own_conditions(loaded, seed, START, END + timedelta(days=1), timedelta(minutes=5))
    random = np.random.default_rng(seed)
    rounds = -(-MOVED // (_STEP_FOR * len(_STEPS_DEGC)))
    steps = np.concatenate([random.permutation(_STEPS_DEGC) for _ in range(rounds)])
    readings = MemoryTelemetry(loaded.points, loaded.revision)
    plant = factory(loaded, conditions, seed, START)
    try:
        Drive(plant, _Stepping(GoodPractice(loaded), readings, steps), []).run(END)
    finally:
        plant.close()
    return readings
