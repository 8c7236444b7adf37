"""A simulated site in a process of its own, as the demo starts it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml

from facility.site_file import load_site
from tests.simulated_site.conftest import DEMO
from tools.demo.files import COMMUNITY, write_secrets, write_site
from tools.demo.ports import QUIET, Place, pick_ports

ROOT = DEMO.parents[1]
WORKERS = (
    8  # of a test run, with ports of their own: they are free when they are chosen, and listened at only seconds later
)
_WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % WORKERS
OWN_PORTS = QUIET[len(QUIET) // WORKERS * _WORKER : len(QUIET) // WORKERS * (_WORKER + 1)]


@dataclass(frozen=True, slots=True)
class Served:
    """Where it is, and its secrets."""

    folder: Path
    places: dict[str, Place]
    process: subprocess.Popen[str]

    @property
    def site_file(self) -> Path:
        return self.folder / "site.yaml"

    def port(self, device: str) -> int:
        return self.places[device]["port"]

    def secret(self, name: str) -> str:
        return (self.folder / "secrets" / name).read_text()

    def break_device(self, device: str, fault: str, amount: float | None = None) -> None:
        beside = self.folder / "faults.new"
        beside.write_text(json.dumps({device: {"fault": fault, "amount": amount}}))
        beside.replace(self.folder / "faults.json")

    def stop(self) -> int:
        self.process.terminate()
        return self.process.wait(30)


def written_site(folder: Path, interval_s: float | None = None) -> tuple[dict[str, Place], dict[str, str]]:
    """Write the demo site with free ports and secrets; return places and the environment it needs."""
    environment = write_secrets(folder / "secrets")
    places = pick_ports(load_site(DEMO).site.devices, folder / "ports.json", OWN_PORTS)
    write_site(DEMO, places, folder / "secrets", folder / "site.yaml")
    if interval_s is not None:
        data = yaml.safe_load((folder / "site.yaml").read_text())
        for device in data["devices"]:
            device["interval_s"] = interval_s
        (folder / "site.yaml").write_text(yaml.safe_dump(data, sort_keys=False))
    return places, environment


@contextmanager
def served(folder: Path, *options: str) -> Iterator[Served]:
    places, environment = written_site(folder)
    assert environment[COMMUNITY]
    state, faults = folder / "memory.json", folder / "faults.json"
    command = [sys.executable, "-m", "tools.simulated_site", str(folder / "site.yaml"), "--seed", "4"]
    command += ["--state", str(state), "--faults", str(faults), *options]
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **environment}, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith(f"serving {len(places) - 1} devices of demo"), line
        yield Served(folder, places, process)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(10)
        assert process.stdout is not None
        process.stdout.close()


def eventually(condition: object, seconds: float = 15.0) -> bool:
    """Tell whether a condition comes true in time."""
    assert callable(condition)
    deadline_s = time.monotonic() + seconds
    while time.monotonic() < deadline_s:
        if condition():
            return True
        time.sleep(0.1)
    return False
