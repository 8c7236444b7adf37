"""A provider: where to send people, and who they are when they come back."""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote_plus, urlencode

from jwt import PyJWK

from facility.accounts.oidc.address import check_address
from facility.accounts.oidc.exchange import ProviderError, ask
from facility.accounts.oidc.flow import Flow
from facility.accounts.oidc.id_token import Identity, verified
from facility.accounts.oidc.keys import Keys
from facility.accounts.oidc.settings import OidcSettings
from facility.ports import Clock

HOLD = timedelta(hours=1)
AT_ONCE = 4  # a provider that is slow does not hold up what else is asked of us
_WELL_KNOWN = "/.well-known/openid-configuration"


@dataclass(frozen=True, slots=True)
class Endpoints:
    """What a provider says of itself (OpenID Connect Discovery)."""

    authorization: str
    token: str
    keys: str
    secret_in_form: bool
    tells_issuer: bool  # beside each code (RFC 9207)


class Provider:
    """The provider of the settings."""

    def __init__(self, settings: OidcSettings, clock: Clock) -> None:
        self.settings, self._clock = settings, clock
        self._one_at_a_time, self._turns = threading.Lock(), threading.BoundedSemaphore(AT_ONCE)
        self._keys = Keys(lambda: ask(self._endpoints().keys), clock)
        self._known: tuple[datetime, Endpoints] | None = None

    def address(self, flow: Flow, return_to: str) -> str:
        """Return where a person is sent. To confirm a session, the provider has to ask them to prove anew who they are.

        Raises
        ------
        ProviderError
            If the provider cannot be asked about itself.
        """
        again = {} if flow.session is None else {"prompt": "login", "max_age": "0"}
        with self._turn(), self._one_at_a_time:
            to = self._endpoints().authorization
        query = urlencode(
            {
                "response_type": "code",
                "client_id": self.settings.client_id,
                "redirect_uri": return_to,
                "scope": " ".join(self.settings.scopes),
                "state": flow.state,
                "nonce": flow.nonce,
                "code_challenge": flow.challenge,
                "code_challenge_method": "S256",
                **again,
            }
        )
        return f"{to}{'&' if '?' in to else '?'}{query}"

    def identity(self, flow: Flow, code: str, issuer: str | None, return_to: str) -> Identity:
        """Return who came back with a code; `issuer` is who the address says that it is from.

        Raises
        ------
        ProviderError
            If the provider cannot be asked, or its word is not believed.
        """
        with self._turn():
            with self._one_at_a_time:
                endpoints = self._endpoints()
            if issuer != self.settings.issuer and (issuer is not None or endpoints.tells_issuer):
                raise ProviderError("the answer is of another provider")
            token = self._exchange(endpoints, flow, code, return_to)
            found = verified(token, self.settings, flow.nonce, self._clock.now(), self._key)
        if flow.session is not None and (found.authenticated is None or found.authenticated < flow.began):
            raise ProviderError("the provider did not ask anew who you are (auth_time)")
        return found

    def _exchange(self, endpoints: Endpoints, flow: Flow, code: str, return_to: str) -> str:
        client, secret = self.settings.client_id, self.settings.secret()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": return_to,
            "code_verifier": flow.verifier,
        }
        headers = {}
        if secret is None or endpoints.secret_in_form:
            form |= {"client_id": client} | ({} if secret is None else {"client_secret": secret})
        else:
            both = f"{quote_plus(client)}:{quote_plus(secret)}"
            headers["Authorization"] = f"Basic {base64.b64encode(both.encode()).decode()}"
        token = ask(endpoints.token, form, headers).get("id_token")
        if not isinstance(token, str):
            raise ProviderError("the provider answers without an ID token")
        return token

    def _key(self, algorithm: str, key_id: str | None) -> PyJWK:
        with self._one_at_a_time:
            return self._keys.key(algorithm, key_id)

    def _endpoints(self) -> Endpoints:
        now = self._clock.now()
        if self._known is None or now - self._known[0] >= HOLD:
            found = ask(self.settings.issuer.rstrip("/") + _WELL_KNOWN)
            if found.get("issuer") != self.settings.issuer:
                raise ProviderError("the provider calls itself something else than the issuer of the settings")
            self._known = now, _endpoints_of(found)
        return self._known[1]

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._turns.acquire(blocking=False):
            raise ProviderError("too many are signing in at this moment; try again in a few seconds")
        try:
            yield
        finally:
            self._turns.release()


def _endpoints_of(document: dict[str, Any]) -> Endpoints:
    names = ("authorization_endpoint", "token_endpoint", "jwks_uri")
    try:
        authorization, token, keys = (check_address(str(document.get(name, ""))) for name in names)
    except ValueError as error:
        raise ProviderError(f"the provider names an address that is not asked: {error}") from None
    methods = document.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
    return Endpoints(
        authorization,
        token,
        keys,
        secret_in_form=isinstance(methods, list) and "client_secret_basic" not in methods,
        tells_issuer=document.get("authorization_response_iss_parameter_supported") is True,
    )
