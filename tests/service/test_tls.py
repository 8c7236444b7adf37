"""TLS with real certificates: what is refused before serving, and what browsers get over a real socket."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
import uvicorn
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat
from cryptography.hazmat.primitives.serialization import load_pem_private_key as load
from websockets.exceptions import ConnectionClosedError
from websockets.sync.client import connect

from facility.accounts.opening import open_access
from facility.api.site_view import SiteView
from facility.clock import SystemClock
from facility.errors import ConfigurationError
from facility.service.api import LONGEST_SAID, configured
from facility.service.entrance import Entrance
from facility.service.tls import TlsFiles, keep_fresh
from facility.site_file import load_site
from facility.state import StateFolder
from tests.conftest import EXAMPLE
from tests.service.certificates import certificate
from tests.service.running_service import RunningService

NOW = datetime.now(UTC)


@pytest.fixture
def files(tmp_path: Path) -> TlsFiles:
    return certificate(tmp_path, "plant.example", "*.elsewhere.example")


def refusal(files: TlsFiles, now: datetime = NOW) -> str:
    with pytest.raises(ConfigurationError) as refused:
        files.check(now)
    return str(refused.value)


def test_a_good_pair_tells_the_names_it_is_for(files: TlsFiles) -> None:
    assert files.check(NOW) == ("plant.example",)


def test_files_that_cannot_be_used_are_named_with_what_to_do(files: TlsFiles, tmp_path: Path) -> None:
    missing, text = tmp_path / "missing.pem", tmp_path / "text.pem"
    text.write_text("not a certificate")
    text.chmod(0o600)
    assert refusal(replace(files, certificate=missing)).startswith(
        f"--tls-certificate {missing}: cannot be read: No such"
    )
    assert refusal(replace(files, key=missing)).startswith(f"--tls-key {missing}: cannot be read: No such file")
    assert refusal(replace(files, certificate=text)).endswith("text.pem: holds no certificate in PEM form")
    assert refusal(replace(files, certificate=files.key)).endswith("holds no certificate in PEM form")
    assert refusal(replace(files, key=text)).endswith("text.pem: holds no private key in PEM form")
    assert refusal(replace(files, key=files.certificate)).endswith("run: chmod o= " + str(files.certificate))


def test_a_key_that_is_open_to_others_or_has_a_password(files: TlsFiles) -> None:
    files.key.chmod(0o644)
    assert f"chmod o= {files.key}" in refusal(files)
    files.key.chmod(0o640)
    assert files.check(NOW)
    sealed = load(files.key.read_bytes(), None).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret")
    )
    files.key.write_bytes(sealed)
    assert f"openssl pkey -in {files.key}" in refusal(files)


def test_a_key_of_another_certificate_and_a_chain_in_the_wrong_order(files: TlsFiles, tmp_path: Path) -> None:
    other = certificate(tmp_path, stem="other")
    assert f"{other.key}: does not belong to {files.certificate}" in refusal(replace(files, key=other.key))
    chain = tmp_path / "chain.pem"
    chain.write_bytes(other.certificate.read_bytes() + files.certificate.read_bytes())
    assert refusal(replace(files, certificate=chain)).endswith("put the server's own certificate first")
    chain.write_bytes(files.certificate.read_bytes() + other.certificate.read_bytes())
    assert replace(files, certificate=chain).check(NOW)


def test_a_certificate_that_does_not_hold_now(tmp_path: Path) -> None:
    files = certificate(tmp_path, begins=NOW, lasts=timedelta(days=90))
    assert "renew it" in refusal(files, NOW + timedelta(days=90))
    assert "is the clock right?" in refusal(files, NOW - timedelta(days=1))
    files.check(NOW + timedelta(days=89))


@contextmanager
def serving(state: StateFolder, entrance: Entrance) -> Iterator[int]:
    view = SiteView(load_site(EXAMPLE / "site.yaml"), state, SystemClock())
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(configured(view, entrance))
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join()
        view.close()


def test_browsers_are_kept_to_tls(files: TlsFiles, tmp_path: Path) -> None:
    state, trusting = StateFolder(tmp_path / "state"), ssl.create_default_context(cafile=str(files.certificate))
    access = open_access(load_site(EXAMPLE / "site.yaml"), state, SystemClock())
    _, password = access.people.add_first() or pytest.fail("there is somebody already")
    access.close()
    with serving(state, Entrance(files.check(NOW), tls=files)) as port:
        with httpx.Client(base_url=f"https://127.0.0.1:{port}", verify=trusting) as client:
            answer = client.get("/api/v1/site")
            assert (answer.status_code, answer.headers["Strict-Transport-Security"]) == (200, "max-age=31536000")
            assert client.get("/api/v1/site", headers={"Host": "plant.example"}).status_code == 200
            assert client.get("/api/v1/site", headers={"Host": "evil.example"}).status_code == 421
            signed = client.post("/api/v1/session", json={"name": "admin", "password": password})
            assert signed.headers["set-cookie"].startswith("__Host-facility-example=")
            assert "secure" in signed.headers["set-cookie"].lower().split("; ")
            assert client.get("/api/v1/session").json()["name"] == "admin"  # the cookie comes back
        with connect(f"wss://127.0.0.1:{port}/api/v1/live", ssl=trusting) as live:
            assert '"whole"' in str(live.recv(timeout=10))
        with pytest.raises(httpx.TransportError):
            httpx.get(f"http://127.0.0.1:{port}/")
        old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
        with pytest.warns(DeprecationWarning):
            old.maximum_version = ssl.TLSVersion.TLSv1_1
        with pytest.raises(httpx.TransportError):
            httpx.get(f"https://127.0.0.1:{port}/", verify=old)


def test_a_renewed_certificate_is_taken_up_and_a_faulty_one_is_not(files: TlsFiles, tmp_path: Path) -> None:
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(files.certificate, files.key)
    first = ssl.PEM_cert_to_DER_cert(files.certificate.read_text())
    keep_fresh(files, server, SystemClock(), every_s=0.05)
    assert _served(server) == first

    files.key.write_bytes(certificate(tmp_path, stem="other").key.read_bytes())  # not the key of what is there
    time.sleep(0.3)
    assert _served(server) == first

    renewed = certificate(tmp_path, stem="renewed")
    for ours, new in ((files.key, renewed.key), (files.certificate, renewed.certificate)):
        new.replace(ours)
    second = ssl.PEM_cert_to_DER_cert(files.certificate.read_text())
    deadline = time.monotonic() + 10
    while _served(server) != second and time.monotonic() < deadline:
        time.sleep(0.05)
    assert _served(server) == second != first


def _served(server: ssl.SSLContext) -> bytes | None:
    """Return the certificate that a client is shown."""
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
    ours, theirs = socket.socketpair()
    with ours, theirs:
        accepted = threading.Thread(target=lambda: server.wrap_socket(theirs, server_side=True).close())
        accepted.start()
        with client.wrap_socket(ours) as shown:
            found = shown.getpeercert(binary_form=True)
        accepted.join()
    return found


def test_behind_a_proxy_its_word_counts_and_nobody_reads_unknown(tmp_path: Path) -> None:
    told = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.7"}
    entrance = Entrance(("plant.example",), open_reading=False, proxies=("10.0.0.5/32",))
    with (
        serving(StateFolder(tmp_path), entrance) as port,
        httpx.Client(base_url=f"http://127.0.0.1:{port}") as client,
    ):
        assert client.get("/api/v1/alive", headers=told).headers["Strict-Transport-Security"] == "max-age=31536000"
        assert "Strict-Transport-Security" not in client.get("/api/v1/alive").headers
        assert client.get("/api/v1/site").status_code == 401


def test_what_a_live_client_says_is_not_kept(tmp_path: Path) -> None:
    with (
        serving(StateFolder(tmp_path), Entrance()) as port,
        connect(f"ws://127.0.0.1:{port}/api/v1/live") as live,
    ):
        live.recv(timeout=10)
        live.send("x" * LONGEST_SAID)
        live.recv(timeout=10)
        live.send("x" * (LONGEST_SAID + 1))
        with pytest.raises(ConnectionClosedError) as closed:
            for _ in range(20):
                live.recv(timeout=10)
    assert (closed.value.rcvd is not None and closed.value.rcvd.code) == 1009  # too big


@pytest.mark.slow
def test_the_service_speaks_tls(example_site: Path, files: TlsFiles, tmp_path: Path) -> None:
    words = ("--tls-certificate", str(files.certificate), "--tls-key", str(files.key), "--behind-proxy")
    secrets = {f"FACILITY_TEST_{name}": "x" * 12 for name in ("COMMUNITY", "AUTH", "PRIV")}
    service = RunningService(example_site, tmp_path / "state", secrets, *words)
    try:
        assert service.url.startswith("https://127.0.0.1:")
        trusting = ssl.create_default_context(cafile=str(files.certificate))
        url = f"{service.url}api/v1/site"
        assert service.wait_for(lambda: httpx.get(url, verify=trusting, timeout=10.0).status_code) == 401
        assert service.logged("passwords and tokens cross the network unencrypted") == []
    finally:
        service.stop()
