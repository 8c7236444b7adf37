"""Work as one process of a service; started by `facility serve`, not by hand."""

from __future__ import annotations

import argparse
import importlib

from facility.clock import SystemClock
from facility.errors import FacilityError
from facility.service.supervisor import ROLES
from facility.service.worker import start_worker


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the command."""
    parser.add_argument("role", choices=ROLES)
    parser.add_argument("--channel", type=int, required=True, help="inherited descriptor of the supervisor's channel")


def run(arguments: argparse.Namespace) -> int:
    """Work until the supervisor says or dies; only the modules of the role are imported."""
    worker = start_worker(arguments.role, arguments.channel, SystemClock())
    try:
        importlib.import_module(f"facility.service.{arguments.role}").run(worker)
    except FacilityError as error:
        worker.fail(error)
        return 1
    return 0
