"""Who may ask in tests: people of each role, machines, and nobody known."""

from __future__ import annotations

from dataclasses import dataclass, field

from httpx import Client, Response

from facility.access import Permission, Role
from facility.accounts.opening import Access

CHOSEN = "a few words do well"
ELSEWHERE = {"X-Forwarded-For": "192.0.2.7"}


@dataclass(frozen=True)
class Asker:
    """What somebody sends with each request."""

    client: Client
    headers: dict[str, str] = field(default_factory=dict)
    csrf: str = ""

    def ask(self, method: str, path: str, **more: object) -> Response:
        """Send a request with nothing of anybody else, and the session's value with writes."""
        self.client.cookies.clear()
        headers = self.headers | ({"X-CSRF-Token": self.csrf} if method != "GET" and self.csrf else {})
        answer = self.client.request(method, path, headers=headers, **more)  # type: ignore[arg-type]
        self.client.cookies.clear()
        return answer


def nobody(client: Client) -> Asker:
    """Somebody unknown, through a proxy."""
    return Asker(client, ELSEWHERE)


def add_person(access: Access, name: str, role: Role) -> None:
    """Add a person who has chosen the password."""
    _, given = access.people.add(name, role, by="test")
    access.sign_in.change_password(name, given, CHOSEN, "setting up")


def signed_in(client: Client, name: str, password: str = CHOSEN) -> Asker:
    """Sign in over the API, from elsewhere, as a browser does."""
    answer = nobody(client).ask("POST", "/api/v1/session", json={"name": name, "password": password})
    assert answer.status_code == 204, answer.text
    cookie = answer.headers["set-cookie"].partition(";")[0]
    headers = {**ELSEWHERE, "Cookie": cookie}
    csrf = Asker(client, headers).ask("GET", "/api/v1/session").json()["csrf"]
    return Asker(client, headers, csrf)


def machine(client: Client, access: Access, *scopes: Permission) -> Asker:
    """Return a machine with a token of these scopes."""
    _, secret = access.tokens.add("test", scopes, by="test")
    return Asker(client, {**ELSEWHERE, "Authorization": f"Bearer {secret}"})
