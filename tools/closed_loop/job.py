"""One piece of a case's work, as a process of its own does it: what it needs is on disk, and so is what it finds."""

from __future__ import annotations

import importlib
import os
import pickle
import signal
import sys
import threading
import time
import traceback
from dataclasses import dataclass, replace
from multiprocessing import parent_process
from multiprocessing.connection import Connection
from typing import Any

from facility.errors import ConfigurationError
from tools.closed_loop import arms
from tools.closed_loop.arm_run import Tell
from tools.closed_loop.cases import Setting
from tools.closed_loop.kept import Kept
from tools.closed_loop.prologue import Prologue, drive_prologue

TELL_EVERY_S = 0.5


@dataclass(frozen=True, slots=True)
class Said:
    """What a process tells whoever started it; the last word has `over` or `failed`."""

    text: str
    over: bool = False
    failed: bool = False
    wrong_input: bool = False  # failed because of what was given


@dataclass(frozen=True, slots=True)
class Job:
    """What to do: something of `tools.closed_loop.arms`, of one case."""

    setting: Setting
    kept: Kept
    name: str
    starts: tuple[str, ...] = ()  # of a reference: arms whose schedules it begins from
    cpu_seconds: float = 0.0

    @property
    def made_of(self) -> dict[str, Any]:
        """Return what, besides the case, the outcome depends on."""
        if self.name not in arms.REFERENCES:
            return {}
        return {"starts": list(self.starts), "cpu_seconds": self.cpu_seconds}

    @property
    def done(self) -> bool:
        """Whether it is on disk."""
        return self.kept.has(self.name, self.made_of)


def work(job: Job, connection: Connection) -> None:
    """Do a job in a process of its own, tell how far it is, and end when told to or when nobody is left to tell."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that plants are closed
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _write_to(job)
    began = time.monotonic()
    try:
        remark = do(job, _throttled(lambda text: connection.send(Said(text))))
    except ConfigurationError as error:  # it says itself what is wrong
        connection.send(Said(str(error), failed=True, wrong_input=True))
    except Exception as error:  # noqa: BLE001 - whatever it is: the other arms go on, and the log has the traceback
        traceback.print_exc()
        where = f"{type(error).__name__}: {error} (see {job.kept.log(job.name)})"
        connection.send(Said(where, failed=True))
    else:
        connection.send(Said(f"{time.monotonic() - began:.0f} s" + (f"; {remark}" if remark else ""), over=True))


def do(job: Job, tell: Tell) -> str:
    """Do a job in this process; return a remark on how it was done, if there is one."""
    setting, kept, name = job.setting, job.kept, job.name
    if name == arms.PROLOGUE:
        zone = setting.case.loaded.site.zone
        prologue = drive_prologue(setting.case, lambda now: tell(f"{now.astimezone(zone):%m-%d %H:%M}"))
        storable, remark = _storable(prologue)
        kept.save_prologue(name, storable, job.made_of)
        return remark
    prologue = kept.prologue(arms.PROLOGUE)
    if name == arms.LOWER_BOUND:
        kept.save_bound(name, _module("bound_of_case").bound_of_case(setting.case, prologue), job.made_of)
        return ""
    if name in arms.REFERENCES:
        module, good_practice = _module("reference_run"), kept.arm(arms.GOOD_PRACTICE).result
        starts = [kept.arm(start).schedule for start in job.starts]
        known = module.Known(good_practice, starts, name == arms.COOLING_ONLY_REFERENCE)
        run = module.run_reference(setting.case, prologue, known, job.cpu_seconds, tell)
    elif name in (arms.AS_COMMISSIONED, arms.GOOD_PRACTICE):
        run = _module("live_run").run_baseline(setting, prologue, name, tell)
    else:
        run = _module("facility_run").run_facility(setting, prologue, name, tell)
    kept.save_arm(name, run, job.made_of)
    return ""


def _module(name: str) -> Any:
    """Import what an arm needs and others do not: the product and its solvers take seconds in every process."""
    return importlib.import_module(f"tools.closed_loop.{name}")


def _storable(prologue: Prologue) -> tuple[Prologue, str]:
    """Return a past that fits into a file: a plant whose memory does not is driven through its past again by each arm."""
    if prologue.memory is None:
        return prologue, "the plant cannot go back: each arm drives the past again"
    try:
        pickle.dumps(prologue.memory)
    except (pickle.PicklingError, TypeError, AttributeError) as error:
        remark = f"the plant's memory cannot be stored ({error}): each arm drives the past again"
        return replace(prologue, memory=None), remark
    return prologue, ""


def _throttled(tell: Tell) -> Tell:
    last = -TELL_EVERY_S

    def told(text: str) -> None:
        nonlocal last
        if time.monotonic() - last >= TELL_EVERY_S:
            last = time.monotonic()
            tell(text)

    return told


def _write_to(job: Job) -> None:
    """Let everything that libraries print go to the job's log."""
    with job.kept.log(job.name).open("wb") as log:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
            os.dup2(log.fileno(), stream.fileno())


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
