"""Run a site: poll, train, plan, and serve the API and first page until interrupted."""

from __future__ import annotations

import argparse
import ipaddress
import os
import sys
from contextlib import ExitStack, closing

from facility.accounts.opening import open_access
from facility.cli.common import add_site, open_site
from facility.clock import SystemClock
from facility.errors import FacilityError
from facility.log import configure_logging, get_logger
from facility.service.alarm_settings import senders
from facility.service.channel import Assignment
from facility.service.supervisor import Address, Supervisor, listen, only_service
from facility.site_file import LoadedSite
from facility.state import StateFolder

_log = get_logger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the command."""
    add_site(parser)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: this machine only)")
    parser.add_argument("--port", type=int, default=8000, help="0: any free one, named in the log")
    parser.add_argument(
        "--sign-in-to-read",
        action="store_true",
        help="let nobody read without signing in or a token, not even from this machine: for behind a proxy, or where others "
        "have accounts here",
    )
    parser.add_argument("--log-format", choices=("console", "json"), default="console")


def run(arguments: argparse.Namespace) -> int:
    """Serve."""
    loaded, state = open_site(arguments)
    configure_logging(arguments.log_format, "supervisor")
    senders(os.environ, SystemClock())  # a wrong setting is told here, not by a worker that dies again and again
    with ExitStack() as stack:
        only_service(state, stack)
        listener = stack.enter_context(listen(Address(arguments.host, arguments.port)))
        bound, port = listener.getsockname()[:2]
        if not ipaddress.ip_address(bound).is_loopback:
            _log.warning("passwords and tokens cross the network unencrypted; put a TLS proxy before it", address=bound)
        url = f"http://[{bound}]:{port}/" if ":" in bound else f"http://{bound}:{port}/"
        _first_admin(loaded, state)
        _log.info("serving", site=loaded.site.id, revision=loaded.revision, url=url)
        assignment = Assignment(
            loaded,
            state,
            arguments.log_format,
            listener.fileno(),
            arguments.host,
            open_reading=not arguments.sign_in_to_read,
        )
        Supervisor(assignment, SystemClock()).run()
    _log.info("stopped", site=loaded.site.id)
    return 0


def _first_admin(loaded: LoadedSite, state: StateFolder) -> None:
    """Make the first admin where there is nobody; the password goes to who started the service, not into the log."""
    try:
        with closing(open_access(loaded, state, SystemClock())) as access:
            made = access.people.add_first()
    except FacilityError as error:  # it polls and plans all the same
        _log.error("it is not known who may sign in", reason=str(error))
        return
    if made is not None:
        account, password = made
        sys.stderr.write(f"facility: first sign-in as {account.name} with the password {password} (shown this once)\n")
        sys.stderr.flush()
