"""All jobs of all cases, side by side in processes: what is ready and longest first, nothing left behind."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess

from tools.closed_loop import arms
from tools.closed_loop.job import Job, Said, work
from tools.closed_loop.progress import Progress

GRACE_S = 10.0
# Processes share the cores: a library that takes them all for itself slows everybody down.
ONE_THREAD = dict.fromkeys(
    (
        "OMP_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "MKL_NUM_THREADS",
        "NUMEXPR_NUM_THREADS",
        "RAYON_NUM_THREADS",
        "VECLIB_MAXIMUM_THREADS",
    ),
    "1",
)
Place = tuple[int, str]  # number of the case, name of the job


@dataclass(slots=True)
class Finished:
    """What was finished before, what now, and why the rest was not."""

    kept: list[Place] = field(default_factory=list)
    done: list[Place] = field(default_factory=list)
    failed: dict[Place, str] = field(default_factory=dict)
    wrong_input: list[str] = field(default_factory=list)  # what was given that a job cannot work with


@dataclass(slots=True)
class _Running:
    job: Job
    process: SpawnProcess
    connection: Connection
    last: Said | None = None


class Runner:
    """Does jobs.

    Parameters
    ----------
    jobs
        By case number and name; what a job needs (`arms.needs`) and is not here counts as done.
    at_a_time
        How many processes.
    resume
        Whether what is on disk already counts as done.
    """

    def __init__(self, jobs: Mapping[Place, Job], at_a_time: int, progress: Progress, *, resume: bool) -> None:
        self.finished, self._progress, self._at_a_time = Finished(), progress, at_a_time
        self._waiting = dict(jobs)
        self._running: dict[Place, _Running] = {}
        if resume:
            self._take_kept()
        for job in self._waiting.values():
            job.kept.forget(job.name)
        progress.begin(len(jobs), len(self.finished.kept))

    def run(self) -> Finished:
        """Do everything; a job that fails takes along only what cannot go on without it."""
        try:
            while self._waiting or self._running:
                self._start_ready()
                self._listen()
        finally:
            self._end_all()
        return self.finished

    def _take_kept(self) -> None:
        """Count as done what is finished; a past that nobody waits for any more is not needed."""
        for place, job in list(self._waiting.items()):
            if job.done:
                self.finished.kept.append(place)
                del self._waiting[place]
        still = {case for case, name in self._waiting if name != arms.PROLOGUE}
        for place in [place for place in self._waiting if place[1] == arms.PROLOGUE and place[0] not in still]:
            self.finished.kept.append(place)
            del self._waiting[place]

    def _start_ready(self) -> None:
        ready = sorted(
            (place for place in self._waiting if self._is_ready(place)),
            key=lambda place: (arms.LONGEST_FIRST.index(place[1]), place[0]),
        )
        for place in ready[: max(self._at_a_time - len(self._running), 0)]:
            self._start(place, self._waiting.pop(place))

    def _is_ready(self, place: Place) -> bool:
        case, name = place
        running = [other for number, other in (*self._waiting, *self._running) if number == case]
        return not any(needed in running for needed in arms.needs(name))

    def _start(self, place: Place, job: Job) -> None:
        case, _ = place
        lost = [needed for needed in (arms.PROLOGUE, *job.starts[:1]) if (case, needed) in self.finished.failed]
        if lost and job.name not in lost:
            self._fail(place, job, f"{lost[0]} failed")
            return
        starts = tuple(start for start in job.starts if (case, start) not in self.finished.failed)
        job = replace(job, starts=starts)
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe(duplex=False)
        process = context.Process(target=work, args=(job, theirs), name=f"closed loop {place}")
        with _environment(ONE_THREAD), _without_interrupts():
            process.start()
        theirs.close()
        self._running[place] = _Running(job, process, ours)
        self._progress.started(place, job)

    def _listen(self) -> None:
        """Take in what processes say, or wait a moment for it."""
        heard = wait([running.connection for running in self._running.values()], timeout=0.5)
        for place, running in list(self._running.items()):
            if running.connection not in heard:
                continue
            try:
                running.last = running.connection.recv()
            except EOFError:
                self._ended(place)
                continue
            self._progress.said(place, running.last.text)
        self._progress.now_and_then()

    def _ended(self, place: Place) -> None:
        running = self._running.pop(place)
        running.connection.close()
        running.process.join()
        last = running.last
        if last is not None and last.over:
            self.finished.done.append(place)
            self._progress.finished(place, last.text)
            return
        code = running.process.exitcode
        said = last.text if last is not None and last.failed else f"its process ended with code {code}"
        if last is not None and last.wrong_input:
            self.finished.wrong_input.append(last.text)
        self._fail(place, running.job, said)

    def _fail(self, place: Place, job: Job, why: str) -> None:
        self.finished.failed[place] = why
        self._progress.failed(place, f"{job.setting.name}: {job.name}: {why}")

    def _end_all(self) -> None:
        for running in self._running.values():
            running.process.terminate()
        for running in self._running.values():
            running.process.join(GRACE_S)
            if running.process.is_alive():
                running.process.kill()
                running.process.join()
            running.connection.close()
        self._running.clear()


@contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextmanager
def _without_interrupts() -> Iterator[None]:
    """Let Ctrl-C wait. A process that is started meanwhile never hears it: whoever started it ends it."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
