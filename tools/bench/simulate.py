"""Simulation: how much faster than real time the example sites run, and CPU seconds of a day of the closed loop."""

from __future__ import annotations

import copy
import resource
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from facility.site_file import load_site
from tools.bench.rows import Row, compared
from tools.closed_loop import arms
from tools.closed_loop.arguments import parse
from tools.closed_loop.cases import Setting, read_settings
from tools.closed_loop.drive import CONTROL_EVERY, MINUTE_S
from tools.closed_loop.facility_run import run_facility
from tools.closed_loop.live_run import run_baseline
from tools.closed_loop.prologue import Prologue, drive_prologue
from tools.simulated_site.closed_loop_plant import ClosedLoopPlant, factory, own_conditions

SITES = Path(__file__).parents[2] / "site_configs"
DEMO = "demo"  # its rows have the bare names
LEAST_TIMES = 10_000.0  # real time, on one core
START, SEED = datetime(2026, 7, 14, tzinfo=UTC), 1
RUNS = 3


def run(quick: bool) -> list[Row]:
    """Measure each example site, and a summer day of the demo's arms; `quick` plans four times a day and not every hour."""
    hours = 2 if quick else 24
    rows = [_speed(path, hours, 1 if quick else RUNS) for path in sorted(SITES.glob("*.yaml"), key=_demo_first)]
    return rows + _day("6h" if quick else "1h")


def _demo_first(path: Path) -> tuple[bool, str]:
    return path.stem != DEMO, path.name


def _speed(site_file: Path, hours: int, runs: int) -> Row:
    """Return a site's speed as the closed loop drives it; the best of some runs, because all that disturbs only slows."""
    loaded = load_site(site_file)
    conditions = own_conditions(loaded, SEED, START, START + timedelta(days=4), timedelta(minutes=15))
    plant = factory(loaded, conditions, SEED, START)
    _drive(plant, 2)  # imports, first calls, and the transients of a new plant
    seconds = min(_cpu_s(lambda: _drive(plant, hours)) for _ in range(runs))
    name = "simulate_times_real_time" + ("" if site_file.stem == DEMO else f": {site_file.stem}")
    return compared(name, hours * 3600.0 / seconds, "x", LEAST_TIMES)


def _drive(plant: ClosedLoopPlant, hours: int) -> None:
    """Step as `tools.closed_loop.drive` does: the truth each minute, what sensors say each control interval."""
    every = round(CONTROL_EVERY.total_seconds() / MINUTE_S)
    for minute in range(hours * 60):
        if minute % every == 0:
            plant.measured()
        plant.step(MINUTE_S)
        plant.truth()


def _day(replan: str) -> list[Row]:
    """Return what a day of facility's arm takes, its training and plans included, and one of good practice."""
    words = [str(SITES / f"{DEMO}.yaml"), "--start", f"{START:%Y-%m-%d}", "--days", "1", "--seed", str(SEED)]
    (setting,) = read_settings(parse([*words, "--replan", replan]))
    made: list[Prologue] = []
    prologue_s = _cpu_s(lambda: made.append(drive_prologue(setting.case)))
    past, same_past = made[0], copy.deepcopy(made[0])  # controllers and readings go on from it
    practice_s = _cpu_s(lambda: run_baseline(setting, same_past, arms.GOOD_PRACTICE, _silent))
    facility_s = _cpu_s(lambda: run_facility(setting, past, arms.FACILITY, _silent))
    return [
        Row(f"closed_loop_day_cpu_seconds{_plans(replan, setting)}", facility_s, "CPU s"),
        Row("closed_loop_day_cpu_seconds: good practice", practice_s, "CPU s"),
        Row("closed_loop_past_cpu_seconds: four days that all arms share", prologue_s, "CPU s"),
    ]


def _plans(replan: str, setting: Setting) -> str:
    return "" if setting.case.replan == timedelta(hours=1) else f": a plan every {replan}"


def _silent(_text: str) -> None:
    """Nobody watches."""


def _cpu_s(work: Callable[[], object]) -> float:
    """Return the user and system seconds that work takes in this process and in those that it waits for."""
    before_s = _used_s()
    work()
    return _used_s() - before_s


def _used_s() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)
