"""Carries commands out one after the other, and keeps what each may have done before it is begun.

Whoever is killed in between leaves `MAYBE` behind: the next reduce does it again, a restore undoes it. All commands are such that
doing them twice is the same as once. What fails is kept by node, so that the next plan knows what serves on.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from facility.ports import Clock
from facility.respond.workload.commands import GONE, MAYBE, CarriedOut, Command, Failure

_SHOWN = 300  # characters of what a command said


class Keeper(Protocol):
    """Keeps what was carried out so that it outlives this process."""

    def keep(self, carried_out: CarriedOut) -> None:
        """Replace what is kept, durably."""
        ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a command went; `said` is the end of what it wrote, or why it was not begun."""

    command: Command
    done: bool
    said: str


class _NotBegunError(Exception):
    """There is no such executable, or it may not be run."""


def carry_out(
    commands: Sequence[Command], before: CarriedOut, keeper: Keeper, timeout_s: float, clock: Clock
) -> Iterator[Outcome]:
    """Carry commands out and yield how each went; the first that fails is the last."""
    known = before
    for command in commands:
        maybe = marked(known, command, MAYBE)
        keeper.keep(maybe)
        try:
            fault, said = _run(command.arguments, timeout_s)
        except _NotBegunError as error:
            keeper.keep(_failing(known, command, Failure(command.action, clock.now(), str(error))))
            yield Outcome(command, done=False, said=str(error))
            return
        told = ": ".join(filter(None, (fault, said)))
        if fault:
            known = _failing(maybe, command, Failure(command.action, clock.now(), told))
        else:
            known = _failing(marked(maybe, command, command.leaves), command, None)
        keeper.keep(known)
        yield Outcome(command, done=not fault, said=told)
        if fault:
            return


def marked(carried_out: CarriedOut, command: Command, mark: str) -> CarriedOut:
    """Return what is known once the names of a command have a mark."""
    marks: Mapping[str, str] = {**getattr(carried_out, command.part), **dict.fromkeys(command.names, mark)}
    changed: dict[str, Any] = {command.part: {name: found for name, found in marks.items() if found != GONE}}
    return replace(carried_out, **changed)


def _failing(carried_out: CarriedOut, command: Command, failure: Failure | None) -> CarriedOut:
    """Return what is known once a command on nodes has failed, or has done what one failed to do before.

    What is only half done (`MAYBE` is left) is not done: a node that was cordoned and not drained serves on.
    """
    if command.part != "slept" or (failure is None and command.leaves == MAYBE):
        return carried_out
    names = set(command.names)
    failed = {
        node: one for node, one in carried_out.failed.items() if node not in names or one.action != command.action
    }
    if failure is not None:
        failed |= dict.fromkeys(command.names, failure)
    return replace(carried_out, failed=failed)


def _run(arguments: Sequence[str], timeout_s: float) -> tuple[str, str]:
    """Run a command without a shell and return what was wrong, if anything, and the end of what it said."""
    try:
        process = subprocess.Popen(  # noqa: S603  # names were checked, and no shell reads them
            arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True
        )  # fmt: skip
    except OSError as error:
        raise _NotBegunError(f"{arguments[0]} cannot be run: {error.strerror}") from error
    with process:
        try:
            written, _ = process.communicate(timeout=timeout_s)
        except subprocess.TimeoutExpired:
            _end(process)
            return f"not done within {timeout_s:g} s, ended", ""
        except BaseException:
            _end(process)
            raise
    said = " ".join(written.decode(errors="replace").split())[-_SHOWN:]
    return (f"exit code {process.returncode}" if process.returncode else ""), said


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill a command with all that it began, which would else hold the pipe."""
    os.killpg(process.pid, signal.SIGKILL)
