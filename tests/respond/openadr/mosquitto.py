"""Eclipse Mosquitto on loopback: a listener for the VTN and one for VENs, as a test wants it."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from facility.service.tls import TlsFiles
from tests.acquire.servers import free_port
from tests.respond.openadr.vtn_broker import PUBLISHER

_PATH = "/usr/sbin:/usr/local/sbin:/usr/bin"
MOSQUITTO, PASSWD = (shutil.which(name) or shutil.which(name, path=_PATH) for name in ("mosquitto", "mosquitto_passwd"))
_WITHIN_S = 60.0


@dataclass
class Mosquitto:
    """A broker that can be stopped and started; `tls` of the listener for VENs, `clients` whose certificates it wants."""

    folder: Path
    passwords: Mapping[str, str] = field(default_factory=dict)  # none: VENs need none
    tls: TlsFiles | None = None
    clients: TlsFiles | None = None
    vtn_port: int = field(default_factory=lambda: free_port(socket.SOCK_STREAM))
    ven_port: int = field(default_factory=lambda: free_port(socket.SOCK_STREAM))
    _process: subprocess.Popen[bytes] | None = None

    @property
    def uri(self) -> str:
        """Where VENs find it."""
        return f"mqtt{'s' if self.tls else ''}://127.0.0.1:{self.ven_port}"

    def start(self) -> None:
        """Start with the passwords that it has now."""
        if MOSQUITTO is None or PASSWD is None:
            pytest.skip("mosquitto is not installed")
        self.folder.mkdir(exist_ok=True)
        known = dict([PUBLISHER]) | dict(self.passwords)
        users = self.folder / "users"
        users.write_text("".join(f"{name}:{password}\n" for name, password in known.items()))
        users.chmod(0o600)
        subprocess.run([PASSWD, "-U", str(users)], check=True, timeout=20)
        path = self.folder / "mosquitto.conf"
        path.write_text("\n".join(self._lines(users)) + "\n")
        self._process = subprocess.Popen([MOSQUITTO, "-c", str(path)], stderr=subprocess.DEVNULL)
        for port in (self.vtn_port, self.ven_port):
            _await(port)

    def stop(self) -> None:
        """End it as a power loss would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(timeout=20)
            self._process = None

    def _lines(self, users: Path) -> Sequence[str]:
        lines = ["user root", "per_listener_settings true"]
        lines += [f"listener {self.vtn_port} 127.0.0.1", "allow_anonymous false", f"password_file {users}"]
        lines += [f"listener {self.ven_port} 127.0.0.1"]
        if self.tls is not None:
            lines += [f"certfile {self.tls.certificate}", f"keyfile {self.tls.key}"]
        if self.clients is not None:
            return [*lines, f"cafile {self.clients.certificate}", "require_certificate true", "allow_anonymous true"]
        return [
            *lines,
            *(["allow_anonymous false", f"password_file {users}"] if self.passwords else ["allow_anonymous true"]),
        ]


@contextmanager
def served(broker: Mosquitto) -> Iterator[Mosquitto]:
    """Run a broker meanwhile."""
    try:
        broker.start()
        yield broker
    finally:
        broker.stop()


def _await(port: int) -> None:
    deadline = time.monotonic() + _WITHIN_S
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1.0).close()
        except OSError:
            assert time.monotonic() < deadline, "mosquitto does not listen"
            time.sleep(0.05)
        else:
            return
