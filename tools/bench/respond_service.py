"""The demo's simulated site behind real sockets with some days of history, and `facility serve` on it, told what it may promise."""

from __future__ import annotations

import os
import secrets
import signal
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Any

import yaml

from facility.heartbeat import read_health
from facility.respond.settings import settings_path
from facility.site_file import LoadedSite, load_site
from facility.state import StateFolder
from tools.demo.backfill import backfill, resume_or_begin
from tools.demo.children import ROOT, Children
from tools.demo.files import write_secrets, write_site
from tools.demo.ports import WEB, pick_ports
from tools.demo.readiness import answers, await_ready, devices_listen
from tools.simulated_site import snapshot

SEED = 11
SENDER, SECRET = "aggregator", "FACILITY_BENCH_AGGREGATOR"
PROMISED, ASKED = "promised", "asked"  # a program whose rule accepts, and one that a person answers
MOST_KW, PENALTY_PER_KWH = 50.0, 5.0


@dataclass(frozen=True, slots=True)
class History:
    """How long the site has lived; `trained` on it before it is served, and how the program says what it would have drawn."""

    days: float
    trained: bool
    baseline: str


@dataclass(frozen=True, slots=True)
class Service:
    """A service that runs, seen from outside."""

    loaded: LoadedSite
    state: StateFolder
    url: str
    secret: str

    def said(self, process: str) -> Mapping[str, Any]:
        """Return what a process last said of itself; nothing before it has said anything."""
        health = read_health(self.state, datetime.now(UTC))
        return next((one.detail for one in health if one.process == process), {})

    def kill_api(self) -> None:
        """Kill the process of the API as it stands; its supervisor starts another."""
        os.kill(self.said("supervisor")["workers"]["api"]["pid"], signal.SIGKILL)


@contextmanager
def served(history: History) -> Iterator[Service]:
    """Serve the site on the disk of the working folder until the end."""
    with tempfile.TemporaryDirectory(dir=Path.cwd(), prefix=".bench-") as name:
        folder, secret = Path(name), secrets.token_hex()
        environment = write_secrets(folder / "secrets") | {SECRET: secret}
        example = ROOT / "site_configs" / "demo.yaml"
        places = pick_ports(load_site(example).site.devices, folder / "ports.json")
        write_site(example, places, folder / "secrets", folder / "site.yaml")
        loaded, state = load_site(folder / "site.yaml"), StateFolder(folder / "state")
        settings_path(loaded).write_text(yaml.safe_dump(_settings(history.baseline)), encoding="utf-8")
        _live(loaded, state, folder / "memory.json", history.days)
        with (folder / "log").open("ab") as log, Children(environment) as children:
            site = (str(loaded.path), "--state", str(state.root))
            memory = ("--seed", str(SEED), "--state", str(folder / "memory.json"))
            devices = children.start("tools.simulated_site", str(loaded.path), *memory, log=log)
            await_ready(devices, lambda: devices_listen(places.values()), "the simulated devices")
            if history.trained:
                _train(children, site, log)
            web = places[WEB]
            service = children.start("facility", "serve", *site, "--port", str(web["port"]), log=log)
            await_ready(service, lambda: answers(web), "the service")
            yield Service(loaded, state, f"http://{web['host']}:{web['port']}", secret)


def _settings(baseline: str) -> Mapping[str, Any]:
    terms = {"penalty_per_kwh": PENALTY_PER_KWH, "baseline": {"method": baseline}}
    rule = {"most_kw": MOST_KW}
    return {
        "programs": [{"name": PROMISED, "accept": rule, **terms}, {"name": ASKED, **terms}],
        "senders": [{"name": SENDER, "secret": f"env:{SECRET}", "programs": [PROMISED, ASKED]}],
    }


def _live(loaded: LoadedSite, state: StateFolder, memory: Path, days: float) -> None:
    simulation = resume_or_begin(loaded, SEED, memory, state.root, datetime.now(UTC) - timedelta(days=days))
    backfill(loaded, simulation, state, lambda _time: None)
    snapshot.save(memory, simulation.memory())


def _train(children: Children, site: tuple[str, ...], log: IO[bytes]) -> None:
    training = children.start("facility", "train", *site, log=log)
    if training.wait() != 0:
        raise RuntimeError(f"the models of the site were not trained: exit code {training.returncode}")


def wait_until(condition: Callable[[], bool], what: str, within_s: float = 300.0) -> None:
    """Wait for something to happen.

    Raises
    ------
    TimeoutError
        If it does not.
    """
    deadline_s = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > deadline_s:
            raise TimeoutError(f"{what}: not within {within_s:.0f} s")
        time.sleep(0.1)
