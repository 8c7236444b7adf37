"""OAuth2 client credentials: where tokens are had is asked of the VTN, and one is renewed before it ends."""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import urlencode, urlsplit

from facility.ports import Clock
from facility.respond.openadr.http_json import Request, VtnError, ask
from facility.respond.openadr.settings import VenSettings, secure
from facility.secrets import resolve_secret

_EARLY = timedelta(seconds=60)
_UNSAID_S = 300.0  # where the server does not say how long a token holds


class TokenSource:
    """The token of one VEN."""

    def __init__(self, ven: VenSettings, clock: Clock) -> None:
        self._ven, self._clock = ven, clock
        self._token = ""
        self._until: datetime | None = None

    def token(self) -> str:
        """Return a token that holds.

        Raises
        ------
        VtnError
            If none is given.
        SecretError
            If the client's secret cannot be read.
        """
        now = self._clock.now()
        if self._until is None or now >= self._until:
            self._token, holds_s = self._fetch()
            # An early end, but of a short token no more than a tenth: else each request would fetch one.
            self._until = now + timedelta(seconds=holds_s) - min(_EARLY, timedelta(seconds=holds_s) / 10)
        return self._token

    def forget(self) -> None:
        """Fetch another the next time: the VTN does not take this one."""
        self._until = None

    def _fetch(self) -> tuple[str, float]:
        fields = {
            "grant_type": "client_credentials",
            "client_id": self._ven.client_id,
            "client_secret": resolve_secret(self._ven.client_secret).get_secret_value(),
        }
        if self._ven.scope is not None:
            fields["scope"] = self._ven.scope
        url = self._url()
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = ask(Request("POST", url, headers, urlencode(fields).encode()))
        token = answer.get("access_token") if isinstance(answer, dict) else None
        if not isinstance(token, str) or not token.isprintable() or not token.isascii() or not token:
            raise VtnError(f"{url}: the answer has no access_token")
        holds = answer.get("expires_in")
        return token, float(holds) if isinstance(holds, int | float) and 0 < holds < 1e9 else _UNSAID_S

    def _url(self) -> str:
        if self._ven.token_url is not None:
            return self._ven.token_url
        if self._ven.standard == "3.0.1":  # which has one place for it, and no way to ask
            return f"{self._ven.vtn}/auth/token"
        where = f"{self._ven.vtn}/auth/server"
        answer = ask(Request("GET", where, {}))
        url = str(answer.get("tokenURL")) if isinstance(answer, dict) else ""
        # A VTN of another machine must not lead the secret to this one.
        if urlsplit(self._ven.vtn).scheme == "https" and urlsplit(url).scheme != "https":
            raise VtnError(f"{where}: tokenURL: expected https://...")
        try:
            return secure(url)
        except ValueError as error:
            raise VtnError(f"{where}: tokenURL: {error}") from None
