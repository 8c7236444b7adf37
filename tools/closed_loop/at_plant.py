"""The product at a plant, as far as somebody wants: it can be kept on the way, and gone on with from there in several ways."""

from __future__ import annotations

import copy
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from facility.environment import Environment
from tools.closed_loop.case import Case
from tools.closed_loop.cases import Setting
from tools.closed_loop.delivered import Delivered, MeterWatch, delivered
from tools.closed_loop.drive import Drive
from tools.closed_loop.facility_run import beside_of
from tools.closed_loop.grid_calls import GridCall, GridEar, call_settings
from tools.closed_loop.judge import Judge
from tools.closed_loop.ours import Ours, open_product
from tools.closed_loop.plant import Plant, Rewindable, Truth
from tools.closed_loop.prologue import Prologue, new_plant
from tools.closed_loop.result import RunResult


@dataclass(frozen=True, slots=True, eq=False)
class Stage:
    """A plant, what it measured, its own controls and the files of the product, at a time; each who goes on has a copy."""

    time: datetime
    past: Prologue
    files: Path | None = None  # None: the product begins


@dataclass(slots=True)
class AtPlant:
    """The product runs a plant; what it is asked may be added on the way."""

    case: Case
    product: Environment
    ours: Ours
    plant: Plant
    past: Prologue
    ear: GridEar
    folder: Path
    calls: list[GridCall]
    meter: MeterWatch = field(default_factory=MeterWatch)
    _judge: Judge = field(init=False)
    _begin: Truth = field(init=False)
    _drive: Drive = field(init=False)

    def __post_init__(self) -> None:
        """Begin to drive, and to judge."""
        self._judge, self._begin = Judge(self.case, self.past.month_peak_kw), copy.deepcopy(self.plant.truth())
        self._drive = Drive(self.plant, self.ours, [self.meter, self._judge])

    def until(self, time: datetime) -> None:
        """Run to a time."""
        self._drive.run(time)

    @contextmanager
    def stage(self) -> Iterator[Stage]:
        """Keep how it stands, for as long as the context lasts."""
        assert isinstance(self.plant, Rewindable)
        past = Prologue(
            copy.deepcopy(self.past.readings),
            copy.deepcopy(self.past.local),
            self.past.month_peak_kw,
            copy.deepcopy(self.plant.memory()),
        )
        with tempfile.TemporaryDirectory(prefix="stage-") as folder:
            files = Path(folder) / "product"
            shutil.copytree(self.folder, files)
            yield Stage(self.plant.time, past, files)

    def delivered(self, ramp: timedelta) -> list[Delivered]:
        """Return what was delivered of the calls so far, by each of their baselines, after a ramp."""
        return delivered(self.meter.means(), self.calls, self.ear.baselines(), ramp)

    def judged(self) -> RunResult:
        """Return the figures of what was run from the stage on."""
        return self._judge.result(begin=self._begin, end=self.plant.truth())


@contextmanager
def at_plant(setting: Setting, stage: Stage) -> Iterator[AtPlant]:
    """Let the product run a plant from a stage on; the plant has to be `Rewindable`."""
    case, past = setting.case, copy.deepcopy(stage.past)
    with tempfile.TemporaryDirectory(prefix="at-plant-") as name:
        folder = Path(name) / "product"
        if stage.files is None:
            folder.mkdir()
        else:
            shutil.copytree(stage.files, folder)
        respond = call_settings(case.terms)
        with open_product(case.loaded, past.readings, setting.signals, folder, stage.time, respond=respond) as product:
            assert product.grid_events is not None
            calls: list[GridCall] = []
            ear = GridEar(product.grid_events, calls, beside_of(case, product))
            ours = Ours(product, past.readings, past.local, case.replan, plans_alone=case.plans_alone, ear=ear)
            plant = _recalled(case, stage.time, past.memory)
            try:
                yield AtPlant(case, product, ours, plant, past, ear, folder, calls)
            finally:
                plant.close()


def _recalled(case: Case, time: datetime, memory: Any) -> Plant:
    plant = new_plant(case, time)
    assert isinstance(plant, Rewindable)
    plant.recall(memory)
    return plant
