"""What it costs to tabulate all operating states of a 48-hour plan of the demo site."""

from __future__ import annotations

import time

from facility.plan.case import ItCase
from facility.plan.tabulate import tables_of
from tools.bench.plan_instance import demo_inputs
from tools.bench.rows import Row, compared

HOURS, WET_BULB_DEGC = 48.0, 8.0
MOST_CPU_S = 0.5
RUNS = 5


def rows(quick: bool) -> list[Row]:
    """Measure the least CPU time of some runs: all that disturbs only adds."""
    it = ItCase.of(demo_inputs(HOURS, WET_BULB_DEGC))
    tables_of(it)  # imports and first calls are not what is measured
    least = min(_cpu_s(it) for _ in range(1 if quick else RUNS))
    return [compared("tabulate_cpu_seconds", least, "CPU s", MOST_CPU_S)]


def _cpu_s(it: ItCase) -> float:
    began = time.process_time()
    tables_of(it)
    return time.process_time() - began
