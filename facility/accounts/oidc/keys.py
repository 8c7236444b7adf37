"""The keys that a provider signs with; a key that is not known yet is looked for once more, since providers change theirs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from jwt import PyJWK
from jwt.exceptions import PyJWTError

from facility.accounts.oidc.exchange import ProviderError
from facility.ports import Clock

# Signatures with a public key. Never `none`, and never HS*: anybody can make one with a public key as its secret.
KINDS: Mapping[str, str] = {
    **dict.fromkeys(("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"), "RSA"),
    **dict.fromkeys(("ES256", "ES384", "ES512"), "EC"),
    "EdDSA": "OKP",
}
HOLD = timedelta(hours=1)  # after that a key that was withdrawn is believed no more
AT_MOST_EVERY = timedelta(seconds=30)  # made-up key ids do not make us ask without end
_MOST = 64


class Keys:
    """The keys of a provider. One thread asks at a time: `facility.accounts.oidc.provider` sees to it."""

    def __init__(self, fetch: Callable[[], dict[str, Any]], clock: Clock) -> None:
        self._fetch, self._clock = fetch, clock
        self._found: list[dict[str, Any]] = []
        self._at: datetime | None = None

    def key(self, algorithm: str, key_id: str | None) -> PyJWK:
        """Return the key of an id, for signatures of one kind.

        Raises
        ------
        ProviderError
            If there is none, also not among those of now.
        """
        if self._age() >= HOLD:
            self._renew()
        found = self._chosen(algorithm, key_id)
        if not found and self._age() >= AT_MOST_EVERY:
            self._renew()
            found = self._chosen(algorithm, key_id)
        if len(found) != 1:  # without an id there has to be one only
            raise ProviderError("the ID token is signed with a key that the provider does not publish")
        try:
            return PyJWK(found[0], algorithm)
        except (PyJWTError, ValueError, TypeError) as error:
            raise ProviderError("the provider publishes a key that cannot be used") from error

    def _age(self) -> timedelta:
        return HOLD if self._at is None else self._clock.now() - self._at

    def _renew(self) -> None:
        found = self._fetch().get("keys")
        if not isinstance(found, list) or len(found) > _MOST:
            raise ProviderError("the provider publishes no list of keys")
        self._found, self._at = [key for key in found if isinstance(key, dict)], self._clock.now()

    def _chosen(self, algorithm: str, key_id: str | None) -> list[dict[str, Any]]:
        return [
            key
            for key in self._found
            if key.get("kty") == KINDS[algorithm]
            and key.get("use", "sig") == "sig"
            and key.get("alg", algorithm) == algorithm
            and (key_id is None or key.get("kid") == key_id)
        ]
