"""Run a site: poll, train, plan, and serve the API and first page until interrupted."""

from __future__ import annotations

import argparse
import ipaddress
import os
import sys
from contextlib import ExitStack, closing
from pathlib import Path

from facility.accounts.oidc.settings import read_oidc
from facility.accounts.opening import open_access
from facility.api.limit_options import with_limits
from facility.cli.common import add_site, open_site
from facility.clock import SystemClock
from facility.errors import ConfigurationError, FacilityError
from facility.log import configure_logging, get_logger
from facility.service.alarm_settings import senders
from facility.service.channel import Assignment
from facility.service.entrance import Entrance
from facility.service.supervisor import Address, Supervisor, listen, only_service
from facility.service.tls import TlsFiles
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
    parser.add_argument(
        "--name",
        action="append",
        default=[],
        help="a host name under which it is asked, beside localhost, addresses and those of the certificate; may be repeated",
    )
    parser.add_argument(
        "--tls-certificate", type=Path, metavar="FILE", help="serve over TLS: the certificate and its chain, PEM"
    )
    parser.add_argument("--tls-key", type=Path, metavar="FILE", help="the certificate's key, PEM, without a password")
    parser.add_argument(
        "--behind-proxy",
        nargs="?",
        const="127.0.0.1",
        metavar="ADDRESS",
        help="a proxy asks, from this machine or an address or network: it is believed for whom, and whether over TLS "
        "(X-Forwarded-For, X-Forwarded-Proto); means --sign-in-to-read",
    )
    parser.add_argument(
        "--limit",
        action="append",
        default=[],
        metavar="NAME=AT_ONCE/PER_SECOND",
        help="how often may be asked, such as address-reads=800/80, known-writes=60/4 or sockets=60; may be repeated",
    )
    parser.add_argument(
        "--oidc",
        type=Path,
        metavar="FILE",
        help="people sign in through the OpenID Connect provider that the file names",
    )
    parser.add_argument("--log-format", choices=("console", "json"), default="console")


def run(arguments: argparse.Namespace) -> int:
    """Serve."""
    loaded, state = open_site(arguments)
    configure_logging(arguments.log_format, "supervisor")
    senders(os.environ, SystemClock())  # a wrong setting is told here, not by a worker that dies again and again
    entrance = _entrance(arguments)
    with ExitStack() as stack:
        only_service(state, stack)
        listener = stack.enter_context(listen(Address(arguments.host, arguments.port)))
        bound, port = listener.getsockname()[:2]
        if not entrance.tls and not ipaddress.ip_address(bound).is_loopback:
            _log.warning("passwords and tokens cross the network unencrypted; give --tls-certificate", address=bound)
        scheme = "https" if entrance.tls else "http"
        url = f"{scheme}://[{bound}]:{port}/" if ":" in bound else f"{scheme}://{bound}:{port}/"
        if entrance.oidc is None or entrance.oidc.passwords:
            _first_admin(loaded, state)
        _log.info("serving", site=loaded.site.id, revision=loaded.revision, url=url)
        assignment = Assignment(loaded, state, arguments.log_format, listener.fileno(), entrance)
        Supervisor(assignment, SystemClock()).run()
    _log.info("stopped", site=loaded.site.id)
    return 0


def _entrance(arguments: argparse.Namespace) -> Entrance:
    """Return the way in; what cannot serve is told before anything starts."""
    tls = _tls_files(arguments.tls_certificate, arguments.tls_key)
    of_certificate = () if tls is None else tls.check(SystemClock().now())
    proxy = arguments.behind_proxy
    return Entrance(
        names=(arguments.host, *arguments.name, *of_certificate),
        open_reading=not arguments.sign_in_to_read and proxy is None,
        proxies=() if proxy is None else (_network(proxy),),
        tls=tls,
        limits=with_limits(arguments.limit),
        oidc=None if arguments.oidc is None else read_oidc(arguments.oidc),
    )


def _tls_files(certificate: Path | None, key: Path | None) -> TlsFiles | None:
    if certificate is None and key is None:
        return None
    if certificate is None or key is None:
        raise ConfigurationError("TLS needs both: --tls-certificate FILE --tls-key FILE")
    return TlsFiles(certificate.absolute(), key.absolute())


def _network(proxy: str) -> str:
    try:
        return str(ipaddress.ip_network(proxy))
    except ValueError as error:
        raise ConfigurationError(
            f"--behind-proxy {proxy}: expected an address or a network, such as 10.0.0.5 or 10.0.0.0/28"
        ) from error


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
