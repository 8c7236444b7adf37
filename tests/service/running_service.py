"""`facility serve` as a process of its own, watched from outside."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import httpx
import psutil

T = TypeVar("T")


class RunningService:
    """Starts on a free port; `url` is known when the constructor returns."""

    def __init__(self, site: Path, state: Path, environment: Mapping[str, str], *words: str) -> None:
        self.state = state
        self.log_path = state.with_suffix(".log")
        command = [sys.executable, "-P", "-m", "facility", "serve", str(site), "--state", str(state), "--port", "0"]
        with self.log_path.open("wb") as log:
            self.process = subprocess.Popen(
                [*command, "--log-format", "json", *words],
                stdout=log,
                stderr=log,
                env={**os.environ, **environment},
                cwd=state.parent,
                start_new_session=True,
            )
        self.url = self.wait_for(lambda: self.logged("serving"))[0]["url"]

    def logged(self, event: str) -> list[dict[str, Any]]:
        lines = self.log_path.read_text(encoding="utf-8").splitlines()
        entries = [json.loads(line) for line in lines if line.startswith("{")]
        return [entry for entry in entries if entry["event"] == event]

    def get(self, path: str, **parameters: Any) -> httpx.Response:
        return httpx.get(self.url.rstrip("/") + path, params=parameters, timeout=10.0)

    def health(self) -> dict[str, Any]:
        answer: dict[str, Any] = self.get("/api/v1/health").json()
        return answer

    def process_health(self, name: str) -> dict[str, Any]:
        return next(each for each in self.health()["processes"] if each["process"] == name)

    def wait_for(self, condition: Callable[[], T], seconds: float = 30.0) -> T:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                if found := condition():
                    return found
            except (httpx.TransportError, StopIteration):
                pass
            time.sleep(0.1)
        raise AssertionError(
            f"did not happen within {seconds} s; log:\n{self.log_path.read_text(encoding='utf-8')[-4000:]}"
        )

    def workers(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def worker(self, role: str) -> psutil.Process | None:
        return next((process for process in self.workers() if role in command_line(process)), None)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> float:
        """Send a signal, and return the seconds until the service ended."""
        began = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(30)
        return time.monotonic() - began


def command_line(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:  # just ended
        return []


def all_gone(processes: list[psutil.Process], within_s: float) -> bool:
    _, alive = psutil.wait_procs(processes, timeout=within_s)
    return not [process for process in alive if process.status() != psutil.STATUS_ZOMBIE]
