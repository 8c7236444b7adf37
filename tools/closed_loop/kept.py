"""Finished arms on disk, by the code that made them, the case and the arm; written whole or not at all."""

from __future__ import annotations

import json
import os
import pickle
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Any

import numpy as np
import pandas as pd

from tools.closed_loop.arguments import Options
from tools.closed_loop.arm_run import ArmRun
from tools.closed_loop.cases import Setting
from tools.closed_loop.code_key import KEY, contents, digest, plant_files
from tools.closed_loop.delivered import Delivered
from tools.closed_loop.prologue import Prologue
from tools.closed_loop.result import Cost, RunResult
from tools.closed_loop.schedule import Schedule

COMMITS = 3  # whose results are kept


@dataclass(frozen=True, slots=True)
class Kept:
    """The folder of one case under one state of the code."""

    folder: Path

    def has(self, name: str, made_of: Mapping[str, Any]) -> bool:
        """Tell whether something is finished, and was made of the same."""
        path = self.folder / f"{name}.json"
        try:
            said = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):  # not there, or torn by a power loss
            return False
        return isinstance(said, dict) and said.get("made_of") == dict(made_of)

    def log(self, name: str) -> Path:
        """Return where a process writes what it has to say."""
        self.folder.mkdir(parents=True, exist_ok=True)
        return self.folder / f"{name}.log"

    def forget(self, name: str) -> None:
        """Take something off before it is made anew."""
        (self.folder / f"{name}.json").unlink(missing_ok=True)

    def save_prologue(self, name: str, prologue: Prologue, made_of: Mapping[str, Any]) -> None:
        """Keep the past that all arms share."""
        self._write(f"{name}.pickle", lambda file: pickle.dump(prologue, file))
        self._finish(name, made_of, {"month_peak_kw": prologue.month_peak_kw})

    def prologue(self, name: str) -> Prologue:
        """Return it."""
        with (self.folder / f"{name}.pickle").open("rb") as file:
            found: Prologue = pickle.load(file)  # noqa: S301 - we wrote it, and only we read it
        return found

    def save_arm(self, name: str, run: ArmRun, made_of: Mapping[str, Any]) -> None:
        """Keep a finished arm."""
        keys, values = np.array(run.schedule.keys, dtype=np.str_).reshape(-1, 2), run.schedule.values
        self._write(f"{name}.npz", lambda file: np.savez_compressed(file, keys=keys, values=values))
        self._write(f"{name}.parquet", run.frame.to_parquet)
        said: dict[str, Any] = {"plan_failures": list(run.plan_failures), "notes": list(run.notes)}
        said["delivered"] = [asdict(one) for one in run.delivered]
        start = {"schedule_start": run.schedule.start.isoformat()}
        self._finish(name, made_of, {"result": asdict(run.result), **said, **start})

    def arm(self, name: str) -> ArmRun:
        """Return a finished arm."""
        said = json.loads((self.folder / f"{name}.json").read_text(encoding="utf-8"))
        result = RunResult(**{**said["result"], "cost": Cost(**said["result"]["cost"])})
        with np.load(self.folder / f"{name}.npz") as stored:
            keys = tuple((str(equipment), str(quantity)) for equipment, quantity in stored["keys"])
            start = datetime.fromisoformat(said["schedule_start"])
            schedule = Schedule(start, keys, stored["values"])
        frame = pd.read_parquet(self.folder / f"{name}.parquet")
        met = tuple(said["plan_failures"]), tuple(said["notes"])
        return ArmRun(result, schedule, frame, *met, tuple(Delivered(**one) for one in said["delivered"]))

    def save_bound(self, name: str, cost: float | None, made_of: Mapping[str, Any]) -> None:
        """Keep a lower bound, or that there is none."""
        self._finish(name, made_of, {"lower_bound_cost": cost})

    def bound(self, name: str) -> float | None:
        """Return a lower bound."""
        found: float | None = json.loads((self.folder / f"{name}.json").read_text(encoding="utf-8"))["lower_bound_cost"]
        return found

    def _finish(self, name: str, made_of: Mapping[str, Any], content: Mapping[str, Any]) -> None:
        """Write what says that the other files are whole, last."""
        text = json.dumps({"made_of": dict(made_of), **content}, indent=1)
        self._write(f"{name}.json", lambda file: file.write(text.encode()))

    def _write(self, name: str, write: Callable[[IO[bytes]], object]) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        number, beside = tempfile.mkstemp(dir=self.folder, prefix=f".{name}-")
        try:
            with os.fdopen(number, "wb") as file:
                write(file)
            Path(beside).replace(self.folder / name)
        except BaseException:
            Path(beside).unlink(missing_ok=True)
            raise


def kept_of(options: Options, code: str, setting: Setting) -> Kept:
    """Return where a case's results are kept: everything that all arms share is in the folder's name."""
    case = setting.case
    parts = [
        case.loaded.revision,
        case.plant,
        case.start.isoformat(),
        str(
            (
                case.days,
                case.seed,
                case.replan / timedelta(minutes=1),
                case.plans_alone,
                case.ramp / timedelta(minutes=1),
                case.history / timedelta(days=1),
            )
        ),
        case.terms.model_dump_json(),
    ]
    beside = sorted(options.site.parent.glob(f"{options.site.stem}.*"))  # such as the mapping of an EnergyPlus model
    site = case.loaded.site
    referred = [site.tariff.price_file, site.carbon.intensity_file, *(one.demand_file for one in site.heat_contracts)]
    files = [*beside, *(options.site.parent / path for path in referred if path is not None)]
    given = [options.weather, options.prices, options.carbon, options.load, options.failures, options.events]
    described = [b"-" if path is None else path.read_bytes() for path in given]
    key = digest([*(part.encode() for part in parts), *contents(files), *described, *contents(plant_files(case.plant))])
    name = f"{case.loaded.site.id}-{case.start:%Y%m%dT%H%MZ}-{case.days}d-seed{case.seed}-{key}"
    return Kept(options.folder / code / name)


def prune(folder: Path, code: str) -> None:
    """Remove results of old code; those of the last few states of it stay, and of this one."""
    current = folder / code
    current.mkdir(parents=True, exist_ok=True)
    os.utime(current)
    known = [path for path in folder.iterdir() if path.is_dir() and KEY.fullmatch(path.name)]
    for old in sorted(known, key=lambda path: path.stat().st_mtime, reverse=True)[COMMITS:]:
        shutil.rmtree(old, ignore_errors=True)
