"""How people sign in: with a password of facility's own, through a provider, or by either."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

from starlette.requests import HTTPConnection

from facility.access import Session
from facility.accounts.oidc.provider import Provider
from facility.api.page.paths import PROVIDER_PATH
from facility.api.problem import ProblemError


@dataclass(frozen=True, slots=True)
class Ways:
    """The ways that are open."""

    provider: Provider | None = None

    @property
    def passwords(self) -> bool:
        """Whether passwords of facility's own let in."""
        return self.provider is None or self.provider.settings.passwords

    @property
    def provider_name(self) -> str | None:
        """What people call the provider."""
        return None if self.provider is None else self.provider.settings.name


class OnlyProviderError(ProblemError):
    """A password is given where only the provider signs in."""

    def __init__(self, why: str) -> None:
        super().__init__(HTTPStatus.FORBIDDEN, f"{why}; open {PROVIDER_PATH} in a browser", kind="provider")


def ways_of(request: HTTPConnection) -> Ways:
    """Return the ways that are open."""
    ways: Ways = request.app.state.ways
    return ways


def check_password_way(request: HTTPConnection, session: Session | None = None) -> None:
    """Refuse a password where none lets in, or of whom the provider signs in."""
    if session is not None and session.account.issuer is not None:
        raise OnlyProviderError(f"{session.account.name} signs in through a provider")
    if not ways_of(request).passwords:
        raise OnlyProviderError("passwords are switched off here")
