"""How far it is, on standard error: a live table in a terminal, else a line now and then."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.table import Table

from tools.closed_loop.job import Job

LINE_EVERY_S = 30.0


class Progress:
    """Shows what runs. Use it as a context; it says nothing before `begin`."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live = Live(console=console, refresh_per_second=4, transient=True) if console.is_terminal else None
        self._running: dict[tuple[int, str], tuple[str, str, float, str]] = {}
        self._all, self._over, self._last_line_s = 0, 0, time.monotonic()

    def __enter__(self) -> Self:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def begin(self, count: int, kept: int) -> None:
        """Take in how many jobs there are, and how many of them are on disk already."""
        self._all, self._over = count, kept
        if kept:
            self._say(f"{kept} of {count} jobs are finished already")

    def started(self, place: tuple[int, str], job: Job) -> None:
        """Show a job that begins."""
        self._running[place] = (job.setting.name, job.name, time.monotonic(), "")

    def said(self, place: tuple[int, str], text: str) -> None:
        """Show how far a job is."""
        case, name, began, _ = self._running[place]
        self._running[place] = (case, name, began, text)

    def finished(self, place: tuple[int, str], text: str) -> None:
        """Show that a job is over."""
        case, name, _, _ = self._running.pop(place)
        self._over += 1
        self._say(f"{self._over} of {self._all}: {case}: {name}, {text}")

    def failed(self, place: tuple[int, str], text: str) -> None:
        """Show that a job failed, and why."""
        self._running.pop(place, None)
        self._over += 1
        self._say(f"{self._over} of {self._all}: {text}", style="bold red")

    def now_and_then(self) -> None:
        """Show what runs."""
        if self._live is not None:
            self._live.update(self._table())
        elif time.monotonic() - self._last_line_s >= LINE_EVERY_S:
            for case, name, _, text in self._running.values():
                self._say(f"{case}: {name}: {text or 'begins'}")

    def _say(self, text: str, style: str = "") -> None:
        self._last_line_s = time.monotonic()
        self._console.print(text, style=style, markup=False, highlight=False, soft_wrap=True)

    def _table(self) -> Table:
        table = Table(title=f"{self._over} of {self._all} done", title_justify="left")
        for heading in ("case", "arm", "seconds", "now"):
            table.add_column(heading, justify="right" if heading == "seconds" else "left", no_wrap=True)
        for case, name, began, text in self._running.values():
            table.add_row(case, name, f"{time.monotonic() - began:.0f}", text)
        return table
