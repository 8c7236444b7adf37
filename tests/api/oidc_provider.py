"""An OpenID Connect provider over HTTP: signs with real keys, exchanges each code once, checks PKCE; can be told to misbehave."""

from __future__ import annotations

import base64
import hashlib
import secrets
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode

import jwt
import uvicorn
from cryptography.hazmat.primitives.asymmetric import rsa
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response
from jwt.algorithms import RSAAlgorithm

from tests.api.records_for_tests import FixedClock

CLIENT, SECRET = "facility", "a secret of the client: %/+"
Claims = dict[str, Any]
Signed = Callable[[Claims], str]


@dataclass
class Key:
    """A key, under an id."""

    id: str
    private: rsa.RSAPrivateKey = field(default_factory=lambda: rsa.generate_private_key(65537, 2048))

    def published(self) -> dict[str, Any]:
        found: dict[str, Any] = RSAAlgorithm.to_jwk(self.private.public_key(), as_dict=True)
        return found | {"kid": self.id, "use": "sig", "alg": "RS256"}


@dataclass
class OidcProvider:
    """Who is at the keyboard, what the provider says of them, and what it does wrong."""

    clock: FixedClock
    issuer: str = ""
    claims: Claims = field(default_factory=dict)
    key: Key = field(default_factory=lambda: Key("first"))
    published: list[dict[str, Any]] = field(default_factory=list)
    discovery: Claims = field(default_factory=dict)
    sign: Signed | None = None
    codes_last: bool = False  # a code is exchanged as often as it is given
    answers: dict[str, Response] = field(default_factory=dict)  # by path, instead of the right one
    asked: list[str] = field(default_factory=list)
    sent: list[dict[str, str]] = field(default_factory=list)  # what came with people
    _codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def signed(self, claims: Claims) -> str:
        if self.sign is not None:
            return self.sign(claims)
        return jwt.encode(claims, self.key.private, "RS256", headers={"kid": self.key.id})

    def app(self) -> FastAPI:
        app = FastAPI()

        @app.middleware("http")
        async def instead(request: Request, follow: Any) -> Response:
            self.asked.append(request.url.path)
            found: Response = self.answers.get(request.url.path) or await follow(request)
            return found

        app.get("/.well-known/openid-configuration")(self._described)
        app.get("/keys")(lambda: {"keys": self.published or [self.key.published()]})
        app.get("/authorize")(self._authorized)
        app.post("/token")(self._exchanged)
        return app

    def _described(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize?tenant=1",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
        } | self.discovery

    def _authorized(self, request: Request) -> Response:
        sent = dict(request.query_params)
        self.sent.append(sent)
        code = secrets.token_urlsafe()
        self._codes[code] = sent
        back = urlencode({"code": code, "state": sent["state"], "iss": self.issuer})
        return RedirectResponse(f"{sent['redirect_uri']}?{back}", 303)

    async def _exchanged(self, request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode()))
        sent = self._codes.get(form["code"])
        if not self.codes_last:
            self._codes.pop(form["code"], None)
        kept = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).rstrip(b"=").decode()
        right = (
            sent is not None
            and _client_of(request, form) == (CLIENT, SECRET)
            and (sent["redirect_uri"], sent["code_challenge"]) == (form["redirect_uri"], kept)
        )
        if sent is None or not right:
            return JSONResponse({"error": "invalid_grant"}, 400)
        return JSONResponse({"token_type": "Bearer", "id_token": self.signed(self._said(sent))})

    def _said(self, sent: dict[str, str]) -> Claims:
        now = int(self.clock.now().timestamp())
        said = {
            "iss": self.issuer,
            "sub": "0af3",
            "aud": sent["client_id"],
            "iat": now,
            "exp": now + 300,
            "auth_time": now,
            "nonce": sent["nonce"],
            "preferred_username": "R.Weber",
            "groups": ["plant-operators"],
        }
        return {name: value for name, value in (said | self.claims).items() if value is not None}


def _client_of(request: Request, form: dict[str, str]) -> tuple[str, str]:
    """Return who asks: RFC 6749 has both words encoded as in a form before they are put together."""
    given = request.headers.get("authorization")
    if given is None:
        return form.get("client_id", ""), form.get("client_secret", "")
    client, _, secret = base64.b64decode(given.removeprefix("Basic ")).decode().partition(":")
    return dict(parse_qsl(f"c={client}"))["c"], dict(parse_qsl(f"s={secret}"))["s"]


@contextmanager
def providing(clock: FixedClock, host: str = "127.0.0.1") -> Iterator[OidcProvider]:
    """Serve a provider on this machine."""
    listener = socket.create_server(("127.0.0.1", 0))
    provider = OidcProvider(clock, f"http://{host}:{listener.getsockname()[1]}")
    server = uvicorn.Server(uvicorn.Config(provider.app(), log_config=None, access_log=False, lifespan="off"))
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    try:
        yield provider
    finally:
        server.should_exit = True
        thread.join()
