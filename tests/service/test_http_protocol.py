"""What is no HTTP, sent over a real socket to the API as it is served."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn

from facility.api.app import create_app
from facility.api.site_view import SiteView
from facility.service.api import server_options
from facility.site_file import load_site
from facility.state import StateFolder
from tests.api.records_for_tests import FixedClock
from tests.conftest import EXAMPLE


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    view = SiteView(load_site(EXAMPLE / "site.yaml"), StateFolder(tmp_path), FixedClock())
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(create_app(view), **server_options()))
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    yield listener.getsockname()[1]
    server.should_exit = True
    thread.join()
    view.close()


def told(port: int, sent: bytes) -> bytes:
    """Return all that is answered until the connection is closed."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(sent)
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
    return answer


@pytest.mark.parametrize(
    "sent",
    [
        b"hello\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",  # without Host
        b"GET / HTTP/1.1\r\nHost: localhost\r\nno colon\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",  # a browser that speaks TLS
    ],
)
def test_what_is_no_http_is_refused_with_a_problem_document(port: int, sent: bytes) -> None:
    head, _, body = told(port, sent).partition(b"\r\n\r\n")
    first, *headers = head.decode().lower().split("\r\n")
    assert first == "http/1.1 400 bad request"
    assert {"content-type: application/problem+json", "connection: close", f"content-length: {len(body)}"} <= {*headers}
    document = json.loads(body)
    assert (document["status"], document["title"]) == (400, "Bad Request")
    assert document["detail"]


def test_a_right_request_is_answered(port: int) -> None:
    asked = b"GET /api/v1/alive HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    assert told(port, asked).endswith(b'{"status":"failed"}')


def test_what_goes_wrong_after_a_right_answer_is_refused_after_it(port: int) -> None:
    asked = b"GET /style.css HTTP/1.1\r\nHost: localhost\r\n\r\n"
    answer = told(port, asked + b"hello\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200")
    assert answer.count(b"HTTP/1.1 400 Bad Request") == 1
