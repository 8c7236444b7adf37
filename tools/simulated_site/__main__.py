"""`python -m tools.simulated_site SITE.yaml`: serve a site's devices until SIGTERM, and remember where it stopped."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from facility.errors import FacilityError
from facility.site_file import load_site
from tools.simulated_site import snapshot
from tools.simulated_site.fault_file import FaultFile
from tools.simulated_site.faults import FaultRefusedError
from tools.simulated_site.serving import DeviceServers, Readout
from tools.simulated_site.simulation import LONGEST_STEP_S, SimulatedSite
from tools.simulated_site.watchdog import Watchdog, read_watchdogs, without_network

TICK_S = 1.0
SAVE_EVERY_S = 60.0
MOST_CATCHING_UP = timedelta(days=1)  # a longer absence is not relived: the clock jumps, the plant stays as it was


def main() -> int:
    """Parse the command line and serve."""
    parser = argparse.ArgumentParser(prog="python -m tools.simulated_site", description=__doc__)
    parser.add_argument("site", type=Path, help="site file; its devices' addresses are where the servers listen")
    parser.add_argument("--seed", type=int, default=1, help="draws weather, work and hidden parameters")
    parser.add_argument("--speed", type=float, default=1.0, help="simulated seconds a second")
    parser.add_argument("--state", type=Path, help="file to resume from, and to keep the state in")
    parser.add_argument(
        "--faults", type=Path, help="JSON file {target: fault}, read as it changes; docs/simulated_site.md lists them"
    )
    parser.add_argument(
        "--watchdogs", type=Path, help="dispatch file; its heartbeats are watched, their points go back without them"
    )
    arguments = parser.parse_args()
    try:
        simulation = _simulation(arguments.site, arguments.seed, arguments.state)
        watchdogs = {} if arguments.watchdogs is None else read_watchdogs(arguments.watchdogs, simulation.setpoints)
        faults = FaultFile(arguments.faults)
        asyncio.run(_serve(simulation, arguments.speed, arguments.state, faults, watchdogs))
    except (FacilityError, snapshot.SnapshotError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def _simulation(site_file: Path, seed: int, state: Path | None) -> SimulatedSite:
    """Return the site as it was left, moved on to now, or a new one."""
    now = datetime.now(UTC)
    site = load_site(site_file).site
    if state is None or not state.exists():
        return SimulatedSite(site, seed, now)
    memory = snapshot.load(state)
    simulation = SimulatedSite(site, seed, datetime.fromisoformat(memory["time"]))
    simulation.recall(memory)
    simulation.time = max(simulation.time, now - MOST_CATCHING_UP)
    simulation.step(max((now - simulation.time).total_seconds(), 0.0))
    return simulation


async def _serve(
    simulation: SimulatedSite, speed: float, state: Path | None, faults: FaultFile, watchdogs: Mapping[str, Watchdog]
) -> None:
    readout = Readout(simulation)
    boots = int(time.time())  # rises with every start without being kept anywhere
    servers = DeviceServers(simulation, readout, faults, boots, watchdogs)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    count = await servers.start()
    print(f"serving {count} devices of {simulation.site.id}, process {os.getpid()}", flush=True)
    await _run(simulation, readout, speed, state, faults=faults, watchdogs=watchdogs, stop=stop)
    await servers.stop()
    if state is not None:
        snapshot.save(state, without_network(simulation.memory(), watchdogs))


async def _run(
    simulation: SimulatedSite,
    readout: Readout,
    speed: float,
    state: Path | None,
    *,
    faults: FaultFile,
    watchdogs: Mapping[str, Watchdog],
    stop: asyncio.Event,
) -> None:
    """Advance the site with the clock until told to stop."""
    loop = asyncio.get_running_loop()
    last_s = saved_s = loop.time()
    said = ""
    while not stop.is_set():
        await _pause(stop)
        now_s = loop.time()
        left_s, last_s = (now_s - last_s) * speed, now_s
        said = _call_faults(simulation, faults, said)
        for watchdog in watchdogs.values():
            watchdog.look()  # also while nobody asks
        while left_s > 0.0 and not stop.is_set():
            simulation.step(min(left_s, LONGEST_STEP_S))
            left_s -= LONGEST_STEP_S
            await asyncio.sleep(0)  # answer requests between steps, however fast the clock runs
        readout.refresh()
        if state is not None and now_s - saved_s > SAVE_EVERY_S:
            snapshot.save(state, without_network(simulation.memory(), watchdogs))
            saved_s = now_s


def _call_faults(simulation: SimulatedSite, faults: FaultFile, said: str) -> str:
    """Let the faults of the file befall the plant; return what is wrong with them, printed where it was not `said` before.

    A fault that its target cannot have is left out.
    """
    try:
        simulation.faults.replace(faults.calls(), simulation.time.timestamp())
        wrong = faults.complaint
    except FaultRefusedError as error:
        wrong = str(error)
    if wrong and wrong != said:
        print(f"fault refused: {wrong}", file=sys.stderr, flush=True)
    return wrong


async def _pause(stop: asyncio.Event) -> None:
    try:
        await asyncio.wait_for(stop.wait(), TICK_S)
    except TimeoutError:
        return


if __name__ == "__main__":
    sys.exit(main())
