"""Find SNMP and Modbus devices on given addresses, and write a part of a site file to review.

Read-only: SNMP names and row numbers, and Modbus device identification (function 43/14). No address, unit or credential is tried
that is not given here: without --snmp or --user no SNMP is sent, without --modbus no TCP connection is opened.
Without --format, a table is shown, and --output takes the site-file fragment.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import Progress

from facility.acquire.discovery.fragment import fragment
from facility.acquire.discovery.ranges import parse_targets
from facility.acquire.discovery.recognise import load_recogniser
from facility.acquire.discovery.scan import Pace, Scan, Wanted
from facility.cli import scan_options, scan_tables
from facility.cli.common import emit, write
from facility.clock import SystemClock
from facility.errors import ConfigurationError

add_arguments = scan_options.add_arguments


def run(arguments: argparse.Namespace) -> int:
    """Scan and show; 0 when a device answered, 1 when none did, 130 when broken off, with what was found until then."""
    scan = _prepared(arguments)
    broken_off = False
    try:
        with _progress(scan) as on_host:
            asyncio.run(scan.run(on_host))
    except KeyboardInterrupt:
        broken_off = True
        sys.stderr.write(f"facility: broken off after {scan.finished} of {scan.hosts} addresses\n")
    _show(arguments, scan)
    if broken_off:
        return 130
    return 0 if scan_tables.devices(scan.answers) else 1


def _prepared(arguments: argparse.Namespace) -> Scan:
    """Return the scan that is asked for; whatever is wrong with the request is found before anything is sent."""
    snmp = scan_options.credentials(arguments)
    if snmp is None and not arguments.modbus:
        raise ConfigurationError("say what to ask for: --snmp env:COMMUNITY or --user NAME, --modbus, or both")
    if arguments.unit and not arguments.modbus:
        raise ConfigurationError("--unit belongs to --modbus: give both")
    if arguments.output is not None and arguments.output.exists():
        raise ConfigurationError(
            f"--output {arguments.output}: is there already, and may hold your work; give a new name"
        )
    units = tuple(dict.fromkeys(arguments.unit or [1])) if arguments.modbus else ()
    wanted = Wanted(snmp, units, arguments.modbus_port, arguments.timeout)
    targets = parse_targets(arguments.targets, arguments.most)
    return Scan(targets, wanted, Pace(arguments.rate, arguments.parallel), load_recogniser(arguments.profiles))


@contextmanager
def _progress(scan: Scan) -> Iterator[Callable[[], None]]:
    """Show on a terminal how far the scan is; yields what is to be called after each host."""
    terminal = Console(stderr=True)
    if not terminal.is_terminal:
        yield lambda: None
        return
    with Progress(console=terminal, transient=True) as bar:
        task = bar.add_task("addresses", total=scan.hosts)
        yield lambda: bar.update(task, completed=scan.finished)


def _show(arguments: argparse.Namespace, scan: Scan) -> None:
    chosen = arguments.format
    if chosen == "yaml" or (chosen is None and arguments.output is not None):
        write(fragment(scan.answers, SystemClock().now(), scan.finished), arguments.output)
    if chosen != "yaml":
        shown = argparse.Namespace(format=chosen or "table", output=arguments.output if chosen else None)
        emit(shown, scan_tables.tables(scan), scan_tables.document(scan), scan_tables.sheet(scan))
