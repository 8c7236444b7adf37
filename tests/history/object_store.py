"""An object store over HTTP as S3 speaks it, small enough to read: put, get, list, delete. It can go away and come back."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, unquote, urlsplit
from xml.sax.saxutils import escape

ENVIRONMENT = {
    "AWS_ALLOW_HTTP": "true",
    "AWS_ACCESS_KEY_ID": "facility",
    "AWS_SECRET_ACCESS_KEY": "not-a-secret",
    "AWS_REGION": "us-east-1",
    "AWS_CONDITIONAL_PUT": "etag",
}
Objects = dict[str, bytes]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    objects: Objects

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_PUT(self) -> None:
        key, body = self._key(), self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("If-None-Match") == "*" and key in self.objects:
            self._answer(412)
            return
        self.objects[key] = body
        self._answer(200, tag=body)

    def do_GET(self) -> None:
        asked = dict(parse_qsl(urlsplit(self.path).query))
        if "list-type" in asked:
            self._answer(200, self._listing(asked["prefix"], asked.get("delimiter", ""), asked.get("start-after", "")))
        elif (body := self.objects.get(self._key())) is None:
            self._answer(404)
        else:
            self._answer_range(body)

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_DELETE(self) -> None:
        self.objects.pop(self._key(), None)
        self._answer(204)

    def _key(self) -> str:
        return unquote(urlsplit(self.path).path).split("/", 2)[2]

    def _answer_range(self, body: bytes) -> None:
        wanted = self.headers.get("Range")
        if wanted is None:
            self._answer(200, body, tag=body)
            return
        first, last = wanted.removeprefix("bytes=").split("-")
        begin = int(first) if first else max(0, len(body) - int(last))
        end = min(int(last) + 1 if first and last else len(body), len(body))
        self._answer(206, body[begin:end], tag=body, place=f"bytes {begin}-{end - 1}/{len(body)}")

    def _listing(self, prefix: str, delimiter: str, after: str) -> bytes:
        keys = sorted(key for key in dict(self.objects) if key.startswith(prefix) and key > after)
        nested = {key for key in keys if delimiter and delimiter in key[len(prefix) :]}
        folders = sorted({prefix + key[len(prefix) :].split(delimiter)[0] + delimiter for key in nested})
        contents = "".join(self._entry(key) for key in keys if key not in nested)
        prefixes = "".join(f"<CommonPrefixes><Prefix>{escape(each)}</Prefix></CommonPrefixes>" for each in folders)
        return f"<ListBucketResult><IsTruncated>false</IsTruncated>{contents}{prefixes}</ListBucketResult>".encode()

    def _entry(self, key: str) -> str:
        body = self.objects[key]
        return (
            f"<Contents><Key>{escape(key)}</Key><Size>{len(body)}</Size><ETag>{_tag(body)}</ETag>"
            "<LastModified>2026-07-01T00:00:00.000Z</LastModified></Contents>"
        )

    def _answer(self, status: int, body: bytes = b"", *, tag: bytes | None = None, place: str | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Last-Modified", "Wed, 01 Jul 2026 00:00:00 GMT")
        if tag is not None:
            self.send_header("ETag", _tag(tag))
        if place is not None:
            self.send_header("Content-Range", place)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


def _tag(body: bytes) -> str:
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'


@contextmanager
def object_store(objects: Objects, port: int = 0) -> Iterator[int]:
    """Serve objects, which outlive the server; yields its port."""
    handler = type("Handler", (_Handler,), {"objects": objects})
    with ThreadingHTTPServer(("127.0.0.1", port), handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()
