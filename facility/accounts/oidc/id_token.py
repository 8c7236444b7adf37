"""ID tokens: what a provider says of who has signed in, believed only when all of it fits (OpenID Connect Core 3.1.3.7)."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
from jwt import PyJWK
from jwt.exceptions import PyJWTError
from jwt.types import Options

from facility.accounts.oidc.exchange import ProviderError
from facility.accounts.oidc.keys import KINDS
from facility.accounts.oidc.settings import OidcSettings

LEEWAY = timedelta(minutes=1)  # between the provider's clock and ours
LONGEST_SUBJECT = 255  # by the standard
_MOST_GROUPS = 1000
_LOOKED_AT: Options = {
    "require": ["iss", "sub", "aud", "exp", "iat"],
    "enforce_minimum_key_length": True,
    # Looked at here: times by our own clock, and audience and subject more strictly.
    "verify_exp": False,
    "verify_iat": False,
    "verify_nbf": False,
    "verify_aud": False,
    "verify_sub": False,
}


@dataclass(frozen=True, slots=True)
class Identity:
    """Who has signed in, in the provider's words."""

    issuer: str
    subject: str
    called: str  # what people call them there; it may change, and others may be called the same
    groups: tuple[str, ...]
    authenticated: datetime | None  # when they last proved it to the provider


def verified(
    token: str, settings: OidcSettings, nonce: str, now: datetime, key: Callable[[str, str | None], PyJWK]
) -> Identity:
    """Return who an ID token is of.

    Raises
    ------
    ProviderError
        If it is not signed by the provider, not for us, not of this sign-in, or not of now.
    """
    claims = _signed(token, settings, key)
    _check_audience(claims, settings.client_id)
    _check_time(claims, now)
    if not isinstance(said := claims.get("nonce"), str) or not hmac.compare_digest(said.encode(), nonce.encode()):
        raise ProviderError("the ID token is of another sign-in")
    subject = claims["sub"]
    if not isinstance(subject, str) or not 0 < len(subject) <= LONGEST_SUBJECT or not subject.isprintable():
        raise ProviderError("the ID token names nobody")
    called, authenticated = claims.get(settings.name_claim), claims.get("auth_time")
    return Identity(
        settings.issuer,
        subject,
        called if isinstance(called, str) else "",
        _groups(claims.get(settings.roles_claim)),
        None if authenticated is None else min(_moment(authenticated), now),
    )


def _signed(token: str, settings: OidcSettings, key: Callable[[str, str | None], PyJWK]) -> dict[str, Any]:
    try:
        header = jwt.get_unverified_header(token)
        algorithm, key_id = str(header.get("alg")), header.get("kid")
        if algorithm not in KINDS:
            raise ProviderError("the ID token is not signed in a way that is accepted")
        return jwt.decode(
            token,
            key(algorithm, key_id),
            algorithms=[algorithm],
            issuer=settings.issuer,
            options=_LOOKED_AT,
        )
    except (PyJWTError, ValueError, TypeError, RecursionError) as error:
        raise ProviderError(f"the ID token is not believed: {type(error).__name__}") from error


def _check_audience(claims: Mapping[str, Any], client_id: str) -> None:
    audience = claims["aud"]
    audiences = audience if isinstance(audience, list) else [audience]
    if client_id not in audiences or claims.get("azp", client_id if len(audiences) == 1 else None) != client_id:
        raise ProviderError("the ID token is for another program")


def _check_time(claims: Mapping[str, Any], now: datetime) -> None:
    if now >= _moment(claims["exp"]) + LEEWAY:
        raise ProviderError("the ID token has ended; is the clock right?")
    if any(_moment(claims[name]) > now + LEEWAY for name in ("iat", "nbf") if name in claims):
        raise ProviderError("the ID token is not of now; is the clock right?")


def _moment(seconds: object) -> datetime:
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds < 1 << 36:
        raise ProviderError("the ID token holds a time that is none")
    return datetime.fromtimestamp(seconds, UTC)


def _groups(said: object) -> tuple[str, ...]:
    found = said if isinstance(said, list) else [said]
    return tuple(group for group in found[:_MOST_GROUPS] if isinstance(group, str))
