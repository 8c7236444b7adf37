"""A watchdog in a controller: when a register is no longer written anew, what came over the network is taken back.

Local control is what a setpoint held before the network first set it. A 0 in the register hands the points back at once; what
somebody has set at the machine since stays.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tools.simulated_site.setpoints import Key, Setpoints

BEAT = "heartbeat"


@dataclass
class Watchdog:
    """One heartbeat register, and the setpoints that hang on it. `now_s` tells the time of the controller."""

    address: int
    within_s: float
    setpoints: Setpoints
    keys: tuple[Key, ...]
    now_s: Callable[[], float] = time.monotonic
    counted: float = 0.0
    beating: bool = field(default=False, init=False)
    last_s: float = field(default=float("-inf"), init=False)
    reversions: int = 0
    remote: dict[Key, tuple[float, float]] = field(default_factory=dict, init=False)  # held before, set since

    def write(self, number: float) -> None:
        """Take a beat; one that comes too late is the first of a new row."""
        self.look()
        self.counted = number
        self.beating, self.last_s = True, self.now_s()
        if number == 0.0:
            self.last_s = float("-inf")
            self.look()

    def set_remotely(self, key: Key, before: float) -> None:
        """Note that the network has set a point, and what it held before."""
        if key in self.keys:
            held, _ = self.remote.get(key, (before, before))
            self.remote[key] = held, self.setpoints[key]

    def look(self) -> None:
        """Take the points back if nobody has beaten in time."""
        if not self.beating or self.now_s() - self.last_s <= self.within_s:
            return
        taken = self.local()
        self.beating, self.remote = False, {}
        self.reversions += bool(taken)
        self.setpoints.recall(taken)

    def local(self) -> dict[Key, float]:
        """Return what would go back now, and to what; nothing while no heartbeat has begun."""
        remote = self.remote.items() if self.beating else ()
        return {key: before for key, (before, since) in remote if self.setpoints[key] == since != before}


def read_watchdogs(path: Path, setpoints: Setpoints) -> dict[str, Watchdog]:
    """Return the watchdogs that a dispatch file (`NAME.dispatch.yaml`) declares, by device."""
    declared = yaml.safe_load(path.read_text(encoding="utf-8"))["heartbeats"]
    return {
        one["device"]: Watchdog(
            one["address"], one["within_s"], setpoints, tuple(_key(point) for point in one["points"])
        )
        for one in declared
    }


def without_network(memory: Mapping[str, Any], watchdogs: Mapping[str, Watchdog]) -> dict[str, Any]:
    """Return what a site remembers when its power goes: heartbeats are over with it, and their points are where they were."""
    local = {key: value for watchdog in watchdogs.values() for key, value in watchdog.local().items()}
    setpoints = [[*key, local.get((key[0], key[1]), value)] for *key, value in memory["setpoints"]]
    return {**memory, "setpoints": setpoints}


def _key(point: str) -> Key:
    equipment, _, quantity = point.rpartition(".")
    return equipment, quantity
