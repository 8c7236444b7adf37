"""How the API is entered: under which names, who reads without signing in, which proxies are believed, TLS, who signs people in."""

from __future__ import annotations

from dataclasses import dataclass

from facility.accounts.oidc.settings import OidcSettings
from facility.api.rate_limit import LIMITS, RateLimits
from facility.service.tls import TlsFiles


@dataclass(frozen=True, slots=True)
class Entrance:
    """The way in."""

    names: tuple[str, ...] = ()  # beside localhost and addresses
    open_reading: bool = True  # requests from this machine read without signing in
    proxies: tuple[str, ...] = ()  # addresses or networks, beside this machine
    tls: TlsFiles | None = None
    limits: RateLimits = LIMITS  # how often may be asked
    oidc: OidcSettings | None = None  # the provider that signs people in


LOCAL = Entrance()
