"""A small VTN of OpenADR 3, as a process of its own: `python -m tests.respond.openadr.vtn --standard 3.1.0 --wrong FILE`.

It prints its port. Each request and each of its own answers and notifications is held to the published document; what is wrong with
one goes to FILE, a line each. Of the standard it leaves out that a callback must be HTTPS.
"""

from __future__ import annotations

import argparse
import json
import queue
import secrets
import socket
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.respond.openadr.published_api import PublishedApi
from tests.respond.openadr.vtn_broker import Broker, topics
from tests.respond.openadr.vtn_store import BUSINESS, KINDS, Json, Store, filtered

CLIENTS = {BUSINESS: "bl-secret", "ven-client": "ven-secret", "other-client": "other-secret"}
WRITES_OF_VENS = ("reports", "subscriptions", "vens", "resources")
WORDS = {"3.1.0": ("CREATE", "UPDATE", "DELETE"), "3.0.1": ("POST", "PUT", "DELETE")}


@dataclass
class Vtn:
    """The server."""

    standard: str
    wrong: Path
    token_s: float = 3600.0
    store: Store = field(init=False)
    api: PublishedApi = field(init=False)
    tokens: dict[str, tuple[str, float]] = field(default_factory=dict)
    given: int = 0
    broker: Broker | None = None
    told_tokens: Iterator[str] = field(default_factory=lambda: iter(()))  # that a test wants to be given
    outbox: queue.Queue[tuple[str, str, Json]] = field(default_factory=queue.Queue)

    def __post_init__(self) -> None:
        self.store, self.api = Store(self.standard), PublishedApi(self.standard)
        threading.Thread(target=self._post_notifications, daemon=True).start()

    async def serve(self, request: Request) -> Response:
        """Answer a request, and judge both."""
        path, method = request.url.path, request.method
        if path.startswith("/test/"):
            return self._for_tests(path, request.query_params)
        raw = await request.body()
        form = request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
        body = (dict(parse_qsl(raw.decode())) if form else json.loads(raw)) if raw else None
        query = list(request.query_params.multi_items())
        wrong = self.api.wrong_request(method, path, query, body)
        if wrong:
            self._judge(wrong)
            return _problem(400, "; ".join(wrong)[:300])
        answer = self._answer(request, path.strip("/").split("/"), query, body)
        self._judge(self.api.wrong_answer(method, path, answer.status_code, json.loads(bytes(answer.body))))
        return answer

    def _answer(self, request: Request, parts: list[str], query: list[tuple[str, str]], body: Any) -> Response:
        if parts == ["auth", "server"]:
            return JSONResponse({"tokenURL": str(request.base_url) + "auth/token"})
        if parts == ["auth", "token"]:
            return self._token(body)
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
        client, until = self.tokens.get(bearer, ("", 0.0))
        if not client or time.monotonic() > until:
            return _problem(401 if self.standard == "3.1.0" else 403, "this token does not hold")
        if parts[0] == "notifiers":
            return self._notifiers(parts[1:], client)
        if len(parts) > 2:  # 3.0.1 keeps resources under their VEN
            parts, query = parts[2:], [*query, ("venID", parts[1])]
            body = None if body is None else {**body, "venID": query[-1][1]}
        if request.method != "GET" and client != BUSINESS and parts[0] not in WRITES_OF_VENS:
            return _problem(403, f"{client} does not write {parts[0]}")
        return self._objects(request.method, parts, query, body, client)

    def _notifiers(self, parts: list[str], client: str) -> Response:
        if not parts:
            return JSONResponse({"WEBHOOK": True, **({"MQTT": self.broker.offer()} if self.broker else {})})
        of = parts[2:]
        if self.broker is None or (of[0] == "vens" and of[1] not in self._vens(client)):
            return _problem(404, "no such topics")
        return JSONResponse(topics(of))

    def _vens(self, client: str) -> list[str]:
        """Return the VENs of a client; none: of all."""
        kept = self.store.kept["vens"]
        return [name for name, each in kept.items() if client in ("", each.get("clientID"))]

    def _token(self, body: Json) -> Response:
        if CLIENTS.get(body["client_id"]) != body["client_secret"]:
            return _problem(401 if self.standard == "3.1.0" else 403, "unknown client, or not its secret")
        token, self.given = next(self.told_tokens, None) or secrets.token_hex(8), self.given + 1
        self.tokens[token] = body["client_id"], time.monotonic() + self.token_s
        return JSONResponse({"access_token": token, "token_type": "Bearer", "expires_in": max(1, round(self.token_s))})

    def _objects(self, method: str, parts: list[str], query: list[tuple[str, str]], body: Any, client: str) -> Response:
        kind, name = parts[0], parts[1] if len(parts) > 1 else None
        seen = {each["id"]: each for each in self.store.seen(kind, client)}
        if name is not None and name not in seen:
            return _problem(404, f"no {kind} {name}")
        if method == "GET":
            return JSONResponse(filtered(list(seen.values()), query) if name is None else seen[name])
        if method == "POST":
            if kind == "subscriptions" and not self._echoes(body):
                return _problem(400, "the callback does not echo")
            made = self.store.add(kind, body, client)
            if made is None:
                return _problem(409, "this name is taken")
            self._notify(kind, 0, made)
            return JSONResponse(made, 201)
        assert name is not None
        told = self.store.change(kind, name, body) if method == "PUT" else self.store.kept[kind].pop(name)
        self._notify(kind, 1 if method == "PUT" else 2, told)
        return JSONResponse(told)

    def _echoes(self, subscription: Json) -> bool:
        """Tell whether each callback is its owner's: it says what it is asked to say."""
        if self.standard == "3.0.1":
            return True
        word = secrets.token_urlsafe(16)
        urls = [each["callbackUrl"] for each in subscription["objectOperations"]]
        return all(httpx.get(f"{url}?{urlencode({'echo': word})}", timeout=10).text == word for url in urls)

    def _notify(self, kind: str, change: int, told: Json) -> None:
        word = WORDS[self.standard][change]
        notification = {"objectType": KINDS[kind], "operation": word, "object": told}
        if self.broker is not None:
            self._judge(self.api.wrong_named("notification", notification))
            clients = {each.get("clientID", "") for each in self.store.kept["vens"].values()}
            seeing = [client for client in clients if self.store.may_see(told, client)]
            self.broker.publish(kind, change, told, [ven for client in seeing for ven in self._vens(client)])
        for each in self.store.kept["subscriptions"].values():
            if each.get("programID") not in (None, told.get("programID"), told["id"]):
                continue
            if not self.store.may_see(told, each.get("clientID", "")):
                continue
            for wish in each["objectOperations"]:
                if KINDS[kind] in wish["objects"] and WORDS["3.1.0"][change] in wish["operations"]:
                    self.outbox.put((wish["callbackUrl"], wish.get("bearerToken") or "", notification))

    def _post_notifications(self) -> None:
        with httpx.Client(timeout=10) as client:
            while True:
                url, token, notification = self.outbox.get()
                self._judge(self.api.wrong_named("notification", notification))
                try:
                    answer = client.post(url, json=notification, headers={"Authorization": f"Bearer {token}"})
                    # 200 is the only answer that the document has.
                    self._judge([] if answer.status_code == 200 else [f"notification: answered {answer.status_code}"])
                except httpx.HTTPError as error:
                    self._judge([f"notification: {error!r}"])
                self.outbox.task_done()

    def _for_tests(self, path: str, query: Mapping[str, str]) -> Response:
        if path == "/test/reset":
            self.store, self.tokens, self.given = Store(self.standard), {}, 0
            self.token_s, self.told_tokens = float(query["token_s"]), iter(())
            if self.broker is not None:
                self.broker.close()
            self.broker = None
        if path == "/test/broker":
            self.broker = Broker(query["uri"], json.loads(query["authentication"]), int(query["port"]))
        if path == "/test/give":
            self.told_tokens = iter(query["tokens"].split())
        if path == "/test/revoke":
            self.tokens.clear()
        if path == "/test/quiet":
            self.outbox.join()  # what is on its way is judged, too
            if self.broker is not None:
                self.broker.wait()
        return JSONResponse({"tokens_given": self.given})

    def _judge(self, wrong: list[str]) -> None:
        if wrong:
            with self.wrong.open("a", encoding="utf-8") as file:
                file.writelines(f"{each}\n" for each in wrong)


def _problem(status: int, detail: str) -> Response:
    return JSONResponse({"status": status, "title": "refused", "detail": detail}, status)


def main() -> None:
    """Serve until the process is ended."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--standard", choices=sorted(WORDS), default="3.1.0")
    parser.add_argument("--wrong", type=Path, required=True)
    given = parser.parse_args()
    vtn = Vtn(given.standard, given.wrong)
    app = Starlette(routes=[Route("/{path:path}", vtn.serve, methods=["GET", "POST", "PUT", "DELETE"])])
    listener = socket.create_server(("127.0.0.1", 0))
    sys.stdout.write(f"{listener.getsockname()[1]}\n")
    sys.stdout.flush()
    uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off")).run(sockets=[listener])


if __name__ == "__main__":
    main()
