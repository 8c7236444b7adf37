"""Show facility at work on a simulated site: make two weeks of history, then poll, train, recommend and serve as a user would."""

from __future__ import annotations

import argparse
import shutil
import signal
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import FrameType

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from facility.errors import FacilityError
from facility.site_file import LoadedSite, load_site
from facility.state import StateFolder
from tools.demo.backfill import backfill, resume_or_begin
from tools.demo.children import ROOT, Children, CommandFailedError
from tools.demo.files import write_secrets, write_site
from tools.demo.ports import WEB, Place, pick_ports
from tools.demo.readiness import answers, await_ready, devices_listen
from tools.simulated_site import snapshot

SEED = 11
POLL_S = 20
DISPATCH = Path(__file__).with_name("demo.dispatch.yaml")


@dataclass(frozen=True, slots=True)
class Folder:
    """Where the demo keeps what it makes."""

    root: Path

    @property
    def site(self) -> Path:
        """The site file of this run."""
        return self.root / "site.yaml"

    @property
    def dispatch(self) -> Path:
        """How its plant notices that facility is gone."""
        return self.root / "site.dispatch.yaml"

    @property
    def memory(self) -> Path:
        """What the simulated site remembers."""
        return self.root / "simulated_site.json"

    @property
    def product(self) -> Path:
        """The state folder of facility."""
        return self.root / "state"

    @property
    def log(self) -> Path:
        """What the simulated site says."""
        return self.root / "simulated_site.log"


class Teller:
    """Says what happens, with the seconds since the start."""

    def __init__(self) -> None:
        self.console = Console(highlight=False)
        self._start_s = time.monotonic()

    def say(self, text: str) -> None:
        """Print a step."""
        self.console.print(f"[{time.monotonic() - self._start_s:6.1f} s] {text}", markup=False, soft_wrap=True)


def main() -> int:
    """Run the demo."""
    parser = argparse.ArgumentParser(prog="python -m tools.demo", description=__doc__)
    parser.add_argument("--once", action="store_true", help="end after the first recommendations")
    parser.add_argument("--state", type=Path, default=Path("var/demo"), help="folder for everything it makes")
    parser.add_argument("--days", type=float, default=14.0, help="history to make at most (default: 14)")
    arguments = parser.parse_args()
    for number in (signal.SIGTERM, signal.SIGINT):  # a script that starts us in the background has SIGINT ignored
        signal.signal(number, _interrupted)
    folder, teller = Folder(arguments.state.absolute()), Teller()
    try:
        return _run(folder, teller, timedelta(days=arguments.days), once=arguments.once)
    except (FacilityError, CommandFailedError, snapshot.SnapshotError) as error:
        teller.say(f"the demo cannot go on: {error}")
        return 1
    except KeyboardInterrupt:
        teller.say("interrupted; everything is stopped, a second run goes on from here")
        return 130


def _interrupted(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _run(folder: Folder, teller: Teller, longest: timedelta, *, once: bool) -> int:
    folder.root.mkdir(parents=True, exist_ok=True)
    example = ROOT / "site_configs" / "demo.yaml"
    secret_folder = folder.root / "secrets"
    environment = write_secrets(secret_folder)
    places = pick_ports(load_site(example).site.devices, folder.root / "ports.json")
    write_site(example, places, secret_folder, folder.site)
    shutil.copyfile(DISPATCH, folder.dispatch)
    loaded = load_site(folder.site)
    teller.say(f"{loaded.site.name}: {len(loaded.points)} points on {len(places) - 1} devices; files in {folder.root}")
    _fill_history(loaded, folder, teller, longest)
    with Children(environment) as children:
        _start_devices(children, folder, places, teller)
        _use(children, folder, teller)
        return 0 if once else _serve(children, folder, places, teller)


def _fill_history(loaded: LoadedSite, folder: Folder, teller: Teller, longest: timedelta) -> None:
    now = datetime.now(UTC)
    simulation = resume_or_begin(loaded, SEED, folder.memory, folder.product, now - longest)
    begin = simulation.time
    teller.say(f"simulating the site's history since {begin:%Y-%m-%d %H:%M} UTC")
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=teller.console, transient=True) as bar:
        task = bar.add_task("back-filling", total=max((now - begin).total_seconds(), 1.0))
        rows = backfill(
            loaded,
            simulation,
            StateFolder(folder.product),
            lambda time: bar.update(task, completed=(time - begin).total_seconds()),
        )
    snapshot.save(folder.memory, simulation.memory())
    teller.say(f"{rows:,} readings in the history")


def _start_devices(children: Children, folder: Folder, places: Mapping[str, Place], teller: Teller) -> None:
    with folder.log.open("ab") as log:
        site, memory = str(folder.site), str(folder.memory)
        arguments = (site, "--seed", str(SEED), "--state", memory, "--watchdogs", str(folder.dispatch))
        devices = children.start("tools.simulated_site", *arguments, log=log)
    await_ready(devices, lambda: devices_listen(places.values()), f"the simulated devices; {folder.log} says why")
    teller.say("the simulated devices answer on their sockets; from here on facility runs as on any site")


def _use(children: Children, folder: Folder, teller: Teller) -> None:
    state = ("--state", str(folder.product))
    teller.say(f"facility poll: reading every device for {POLL_S} s")
    children.run(
        "facility", "poll", str(folder.site), *state, "--for", str(POLL_S), "--output", str(folder.root / "poll.txt")
    )
    teller.say("facility train: fitting the models")
    children.run("facility", "train", str(folder.site), *state)
    teller.say("facility recommend: planning the next 48 hours")
    children.run("facility", "recommend", str(folder.site), *state)


def _serve(children: Children, folder: Folder, places: Mapping[str, Place], teller: Teller) -> int:
    web = places[WEB]
    service = children.start(
        "facility", "serve", str(folder.site), "--state", str(folder.product), "--port", str(web["port"])
    )
    await_ready(service, lambda: answers(web), "the service")
    teller.say(f"facility serve: http://{web['host']}:{web['port']}/ (Ctrl-C ends everything)")
    code = service.wait()
    teller.say(f"facility serve ended by itself with exit code {code}")
    return code or 1


if __name__ == "__main__":
    sys.exit(main())
