"""A web server on loopback that answers as the providers document it, and can be told to fail."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True, slots=True)
class Asked:
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Answer:
    body: bytes | str
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class ProviderServer:
    """`answer` is called with each request; what was asked stands in `asked`."""

    answer: Callable[[Asked], Answer]
    asked: list[Asked] = field(default_factory=list)
    base_url: str = ""


@contextmanager
def serving(answer: Callable[[Asked], Answer]) -> Iterator[ProviderServer]:
    told = ProviderServer(answer)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # the name that http.server calls
            target = urlsplit(self.path)
            asked = Asked(target.path, dict(parse_qsl(target.query)), {k.lower(): v for k, v in self.headers.items()})
            told.asked.append(asked)
            found = told.answer(asked)
            body = found.body.encode() if isinstance(found.body, str) else found.body
            self.send_response(found.status)
            for name, value in found.headers.items():
                self.send_header(name, value)
            if "Content-Length" not in found.headers:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if found.status != 304:
                self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        told.base_url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield told
        finally:
            server.shutdown()
            thread.join()
