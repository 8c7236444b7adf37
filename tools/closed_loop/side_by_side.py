"""From cases to what they come to: the jobs of all of them, run side by side, and what was kept of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rich.console import Console

from facility.errors import ConfigurationError
from tools.closed_loop import arms
from tools.closed_loop.arguments import Options
from tools.closed_loop.cases import Setting
from tools.closed_loop.code_key import code_key
from tools.closed_loop.comparison import Outcome, compare
from tools.closed_loop.cooling_only import has_other_levers
from tools.closed_loop.job import Job
from tools.closed_loop.kept import Kept, kept_of, prune
from tools.closed_loop.progress import Progress
from tools.closed_loop.runner import Finished, Place, Runner

CODE_CHANGED = "the code changed while this ran: its arms may be of different code, and are kept as if of the first"


def compare_all(options: Options, settings: Sequence[Setting]) -> list[Outcome]:
    """Run cases side by side and return what they come to.

    Raises
    ------
    facility.errors.ConfigurationError
        If a plant refuses what it was given.
    """
    code = code_key()
    prune(options.folder, code)
    folders = [kept_of(options, code, setting) for setting in settings]
    jobs = {
        (number, job.name): job
        for number, (setting, kept) in enumerate(zip(settings, folders, strict=True))
        for job in jobs_of(options, setting, kept)
    }
    with Progress(Console(stderr=True)) as progress:
        finished = Runner(jobs, options.jobs, progress, resume=options.resume).run()
    if finished.wrong_input:
        raise ConfigurationError(finished.wrong_input[0])
    if code_key() != code:  # somebody works on it
        settings = [replace(one, notes=(*one.notes, CODE_CHANGED)) for one in settings]
    return [_outcome(number, setting, folders[number], finished) for number, setting in enumerate(settings)]


def jobs_of(options: Options, setting: Setting, kept: Kept) -> list[Job]:
    """Return what is to be done for a case. Where a site has nothing but cooling, cooling only is what all levers are."""
    chosen = options.arms
    if not has_other_levers(setting.case.loaded):
        chosen = tuple(arm.removeprefix(arms.COOLING_ONLY) for arm in chosen)
    running = arms.with_yardstick(chosen)
    return [
        Job(
            setting,
            kept,
            name,
            starts=arms.starts_of(name, running) if name in arms.REFERENCES else (),
            cpu_seconds=options.reference_cpu_s if name in arms.REFERENCES else 0.0,
        )
        for name in (arms.PROLOGUE, *running, arms.LOWER_BOUND)
    ]


def _outcome(number: int, setting: Setting, kept: Kept, finished: Finished) -> Outcome:
    def mine(places: Sequence[Place]) -> list[str]:
        return [name for case, name in places if case == number]

    here = mine([*finished.kept, *finished.done])
    runs = {arm: kept.arm(arm) for arm in arms.ARMS if arm in here}
    bound = kept.bound(arms.LOWER_BOUND) if arms.LOWER_BOUND in here else None
    failed = {name: finished.failed[number, name] for name in mine(list(finished.failed))}
    return compare(setting, runs, bound, failed)
