"""Run a site: poll, train, plan, and serve the API and first page until interrupted."""

from __future__ import annotations

import argparse
import ipaddress
from contextlib import ExitStack

from facility.cli.common import add_site, open_site
from facility.clock import SystemClock
from facility.log import configure_logging, get_logger
from facility.service.channel import Assignment
from facility.service.supervisor import Address, Supervisor, listen, only_service

_log = get_logger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the command."""
    add_site(parser)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: this machine only)")
    parser.add_argument("--port", type=int, default=8000, help="0: any free one, named in the log")
    parser.add_argument("--log-format", choices=("console", "json"), default="console")


def run(arguments: argparse.Namespace) -> int:
    """Serve."""
    loaded, state = open_site(arguments)
    configure_logging(arguments.log_format, "supervisor")
    with ExitStack() as stack:
        only_service(state, stack)
        listener = stack.enter_context(listen(Address(arguments.host, arguments.port)))
        bound, port = listener.getsockname()[:2]
        if not ipaddress.ip_address(bound).is_loopback:
            _log.warning("there are no users yet: whoever reaches this address can read everything", address=bound)
        url = f"http://[{bound}]:{port}/" if ":" in bound else f"http://{bound}:{port}/"
        _log.info("serving", site=loaded.site.id, revision=loaded.revision, url=url)
        assignment = Assignment(loaded, state, arguments.log_format, listener.fileno(), arguments.host)
        Supervisor(assignment, SystemClock()).run()
    _log.info("stopped", site=loaded.site.id)
    return 0
