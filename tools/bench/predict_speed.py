"""What it costs to tabulate all operating states of a 48-hour plan of the demo site, by nameplate and as learned."""

from __future__ import annotations

import dataclasses
import tempfile
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from facility.clock import SystemClock
from facility.learn.learned import load_learned
from facility.learn.model_store import ModelStore
from facility.learn.training import train_site
from facility.learn.twin import Learned, plant_models
from facility.plan.case import ItCase
from facility.plan.inputs import PlanInputs
from facility.plan.tabulate import tables_of
from facility.site_file import load_site
from facility.site_history import open_site_history
from facility.state import StateFolder
from tools.bench.plan_instance import DEMO, demo_inputs
from tools.bench.rows import Row, compared
from tools.demo.backfill import backfill
from tools.simulated_site import SimulatedSite

HOURS, WET_BULB_DEGC = 48.0, 8.0
MOST_CPU_S = 0.5
DAYS, SEED = 4.0, 1
RUNS = 5


def rows(quick: bool) -> list[Row]:
    """Measure the least CPU time of some runs: all that disturbs only adds."""
    inputs, runs = demo_inputs(HOURS, WET_BULB_DEGC), 1 if quick else RUNS
    return [
        compared("tabulate_cpu_seconds", _least_cpu_s(_as_learned(inputs), runs), "CPU s", MOST_CPU_S),
        compared("tabulate_nameplate_cpu_seconds", _least_cpu_s(inputs, runs), "CPU s", MOST_CPU_S),
    ]


def _least_cpu_s(inputs: PlanInputs, runs: int) -> float:
    it = ItCase.of(inputs)
    tables_of(it)  # imports and first calls are not what is measured
    return min(_cpu_s(it) for _ in range(runs))


def _cpu_s(it: ItCase) -> float:
    began = time.process_time()
    tables_of(it)
    return time.process_time() - began


def _as_learned(inputs: PlanInputs) -> PlanInputs:
    """Return inputs with the plants as some days of the simulated demo site teach them."""
    loaded, now = load_site(DEMO), datetime.now(UTC)
    with tempfile.TemporaryDirectory(prefix="bench-speed-") as folder:
        state = StateFolder(Path(folder))
        backfill(loaded, SimulatedSite(loaded.site, SEED, now - timedelta(days=DAYS)), state, lambda _time: None)
        models = ModelStore(state.models)
        with closing(open_site_history(loaded, state, SystemClock())) as telemetry:
            train_site(loaded, telemetry, models, now)
        learned: Learned = load_learned(models, loaded.site)
    return dataclasses.replace(inputs, plants=plant_models(loaded, learned, inputs.start, {}))
