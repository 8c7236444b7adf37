"""Changes on simulated sites whose true saving is known: the same site runs on without the change, from the same moment.

A site runs for some days without a change. From moments on the way it is run once more with one; what sensors said so far and
in the changed hours is all that is measured with. Setpoints go back two hours before a window ends, so that warm halls and
waiting work are in the same state as without the change, and what was only deferred is counted.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from facility.savings.rows import SavingsRows, read_savings_rows
from facility.site import Site
from facility.site_file import LoadedSite, load_site
from tools.bench.inlet_days import put
from tools.closed_loop.baselines import FAN_SPEED, LEAVING_WATER, SUPPLY_AIR, Fixed, GoodPractice, as_commissioned
from tools.closed_loop.memory_telemetry import MemoryTelemetry
from tools.closed_loop.plant import Key
from tools.simulated_site import SimulatedSite
from tools.simulated_site.recollection import Recollection

SITES = Path(__file__).parents[2] / "site_configs"
NAMES = ("demo", "air_economizer", "liquid_ai")
READ_EVERY, SETTLING, PAST = timedelta(minutes=5), timedelta(hours=12), timedelta(days=5)
APART = timedelta(hours=6)  # of the moments at which changes begin
WINDOWS_H = (6, 12)
BACK = timedelta(hours=2)  # before a window ends
WORK_WINDOW, PAUSE = timedelta(hours=18), timedelta(hours=3)  # work that was held back is done well within
MOVES = {  # kind: quantity and by how much
    "supply air": (SUPPLY_AIR, 2.0),
    "chilled water": (LEAVING_WATER, 2.0),
    "fan speed": (FAN_SPEED, -0.1),
    "fan speed up": (FAN_SPEED, 0.1),
}
NOTHING, WORK = "nothing", "work shifted"
KINDS = (*MOVES, NOTHING, WORK)
COMMAND = "deferrable_power_command_kw"


@dataclass(frozen=True, slots=True)
class Trial:
    """A change: of which kind, from when, until when it holds, and where its window ends."""

    kind: str
    begins: datetime
    back: datetime
    ends: datetime


@dataclass(frozen=True, slots=True, eq=False)
class SavingCase:
    """What was measured before and during a change, and the mean power that it truly saved over its window."""

    name: str  # of the site, and how it is run
    trial: Trial
    rows: SavingsRows
    true_kw: float


@dataclass(slots=True)
class _Run:
    """A site with its control, what its sensors said, and what its meter should have said."""

    loaded: LoadedSite
    site: SimulatedSite
    control: Fixed | GoodPractice
    telemetry: MemoryTelemetry
    true_kw: dict[datetime, float] = field(default_factory=dict)

    def until(self, end: datetime, trial: Trial | None = None) -> None:
        """Run to a time, with a change if there is one."""
        start = dict(self.site.setpoints.values())
        while self.site.time < end:
            measured = self.site.measured()
            changed = {} if trial is None else _changed(self.site.site, start, trial, self.site.time)
            put(self.site, {**self.control.decide(self.site.time, measured), **changed})
            self.telemetry.record(self.site.time, measured)
            self.true_kw[self.site.time] = _facility_kw(self.site.site, self.site.values())
            self.site.step(READ_EVERY.total_seconds())


def cases(seed: int, trials: int) -> Iterator[SavingCase]:
    """Yield so many changes of a site, season and control that the seed chooses; each kind as often, as far as they go."""
    draw = random.Random(f"savings/{seed}")
    name, practice = NAMES[seed % len(NAMES)], draw.random() < 0.5
    start = datetime(2026, draw.choice((1, 4, 7, 10)), draw.randint(1, 25), tzinfo=UTC)
    loaded = load_site(SITES / f"{name}.yaml")
    site = SimulatedSite(loaded.site, seed, start, operators=False)
    control = GoodPractice(loaded) if practice else as_commissioned(loaded)
    run = _Run(loaded, site, control, MemoryTelemetry(loaded.points, loaded.revision))
    title = f"{name}, {'good practice' if practice else 'as commissioned'}, {start:%b}"
    run.until(start + SETTLING)
    run.telemetry = MemoryTelemetry(loaded.points, loaded.revision)
    moments = [start + SETTLING + PAST + index * APART for index in range(trials)]
    kinds = [kind for _ in range(0, trials, len(KINDS)) for kind in draw.sample(KINDS, len(KINDS))]
    yield from _tried(run, title, [_trial(draw, kind, moment) for kind, moment in zip(kinds, moments, strict=False)])


def _trial(draw: random.Random, kind: str, begins: datetime) -> Trial:
    hours = draw.choice(WINDOWS_H)
    if kind == WORK:
        return Trial(kind, begins, begins + PAUSE, begins + WORK_WINDOW)
    window = timedelta(hours=hours)
    return Trial(kind, begins, begins + window - BACK, begins + window)


def _tried(run: _Run, title: str, trials: list[Trial]) -> Iterator[SavingCase]:
    memory, done = Recollection(run.site), []
    first = run.site.time
    for trial in trials:
        run.until(trial.begins)
        kept = memory.take()
        changed = _Run(run.loaded, run.site, copy.deepcopy(run.control), copy.deepcopy(run.telemetry))
        changed.until(trial.ends, trial)
        done.append((trial, changed))
        memory.put_back(kept)
    run.until(max(trial.ends for trial in trials))
    for trial, changed in done:
        saved = [run.true_kw[time] - kw for time, kw in changed.true_kw.items()]
        rows = read_savings_rows(run.loaded, changed.telemetry, first, trial.ends)
        yield SavingCase(title, trial, rows, sum(saved) / len(saved))


def _changed(site: Site, start: Mapping[Key, float], trial: Trial, time: datetime) -> dict[Key, float]:
    """Return the setpoints that a change puts in force now; those that go back without a control of their own, too."""
    if trial.kind == WORK:
        return {(work.id, COMMAND): 0.0 if time < trial.back else work.max_power_kw for work in site.deferrable_work}
    if trial.kind == NOTHING or time >= trial.back:
        return {}
    quantity, by = MOVES[trial.kind]
    return {key: value + by for key, value in start.items() if key[1] == quantity}


def _facility_kw(site: Site, values: Mapping[Key, float]) -> float:
    """Return what the site truly draws, as `facility.learn.metered.facility_kw` counts it."""
    taken = sum(values[(one.id, "charge_power_kw")] for one in site.batteries)
    taken += sum(values[(one.id, "power_kw")] for one in site.heat_pumps)
    delivered = sum(values[(one.id, "power_kw")] for one in site.photovoltaics)
    return values[(site.electrical.main_meter, "power_kw")] - taken + delivered
