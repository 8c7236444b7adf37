"""How often may be asked: buckets by themselves, and over a real socket by address, by account, and by open connections."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi import APIRouter
from httpx import Client
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from facility.access import SCOPES, Permission
from facility.accounts.opening import Access
from facility.api.entry import needs
from facility.api.rate_limit import LIMITS, RateLimits, client_address, is_loopback
from facility.api.token_bucket import Rate, TokenBuckets
from facility.site_file import LoadedSite
from facility.state import StateFolder
from tests.accounts.hashing import cheap_hashes
from tests.api.askers import CHOSEN, Asker, machine, nobody, signed_in
from tests.api.records_for_tests import FixedClock
from tests.api.serving import OFTEN, refused, serving

__all__ = ["cheap_hashes"]
SLOW = Rate(burst=3, per_s=0.01)
SITE, SESSION = "/api/v1/site", "/api/v1/session"


def test_a_bucket_empties_and_fills_again() -> None:
    now = [0.0]
    buckets = TokenBuckets(Rate(burst=3, per_s=0.5), now_s=lambda: now[0])
    assert [buckets.take("a") for _ in range(4)] == [None, None, None, 2]
    assert buckets.take("b") is None
    now[0] = 1.0
    assert buckets.take("a") == 1
    now[0] = 2.0
    assert [buckets.take("a"), buckets.take("a")] == [None, 2]
    now[0] = 1e6
    assert [buckets.take("a") for _ in range(4)] == [None, None, None, 2]  # not more than at first


def test_being_refused_does_not_prolong_the_wait() -> None:
    now = [0.0]
    buckets = TokenBuckets(Rate(burst=1, per_s=1.0), now_s=lambda: now[0])
    assert buckets.take("a") is None
    waits = []
    for step in range(1, 10):
        now[0] = step / 10
        waits.append(buckets.take("a"))
    assert waits == [1] * 9
    now[0] = 1.0
    assert buckets.take("a") is None


def test_memory_is_bounded_and_who_asked_last_is_remembered() -> None:
    buckets = TokenBuckets(Rate(burst=1, per_s=0.001), most=100, now_s=lambda: 0.0)
    assert buckets.take("often") is None
    for number in range(1000):
        buckets.take(f"client-{number}")
        assert buckets.take("often") is not None
    assert len(buckets) == 100


@pytest.mark.parametrize(
    ("host", "counted", "loopback"),
    [
        ("192.0.2.7", "192.0.2.7", False),
        ("::ffff:192.0.2.7", "192.0.2.7", False),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::", False),
        ("::1", "::", True),
        ("127.0.0.1", "127.0.0.1", True),
        ("::ffff:127.0.0.1", "127.0.0.1", True),
    ],
)
def test_addresses_that_are_one_client(host: str, counted: str, loopback: bool) -> None:
    address = client_address({"client": (host, 1)})
    assert address == counted
    assert is_loopback(address) is loopback


@pytest.fixture
def limits(request: pytest.FixtureRequest) -> RateLimits:
    return replace(OFTEN, **getattr(request, "param", {}))


@pytest.fixture
def client(
    loaded: LoadedSite, access: Access, tmp_path: Path, clock: FixedClock, limits: RateLimits
) -> Iterator[Client]:
    router = APIRouter()
    for permission in Permission:
        router.add_api_route(f"/do/{permission}", lambda: "done", methods=["POST"], dependencies=[needs(permission)])
    with serving(loaded, StateFolder(tmp_path), clock, router, limits=limits) as client:
        yield client


def from_address(client: Client, address: str) -> Asker:
    return Asker(client, {"X-Forwarded-For": address})


@pytest.mark.parametrize("limits", [{"address_reads": SLOW}], indirect=True)
def test_an_address_that_asks_too_often_waits_and_no_other_does(client: Client) -> None:
    for _ in range(3):
        refused(from_address(client, "192.0.2.8").ask("GET", SITE), 401)
    answer = from_address(client, "192.0.2.8").ask("GET", SITE)
    assert "try again in" in refused(answer, 429)
    assert answer.json()["type"] == "urn:facility:too-many"
    assert 90 <= int(answer.headers["Retry-After"]) <= 100
    assert answer.headers["X-Content-Type-Options"] == "nosniff"  # the guard's, as on every answer
    refused(from_address(client, "192.0.2.9").ask("GET", SITE), 401)
    assert client.get(SITE).status_code == 200
    for number in range(3):
        refused(from_address(client, f"2001:db8::{number}").ask("GET", SITE), 401)
    refused(from_address(client, "2001:db8::ffff").ask("GET", SITE), 429)
    refused(from_address(client, "192.0.2.8").ask("DELETE", SESSION), 401)  # writes are counted apart


@pytest.mark.parametrize("limits", [{"address_reads": SLOW}], indirect=True)
def test_a_new_token_each_time_is_still_the_same_address(client: Client) -> None:
    def guess(number: int) -> int:
        return client.get(
            SITE, headers={"X-Forwarded-For": "192.0.2.8", "Authorization": f"Bearer {number}"}
        ).status_code

    assert [guess(number) for number in range(5)] == [401, 401, 401, 429, 429]


@pytest.mark.parametrize("limits", [{"address_passwords": SLOW}], indirect=True)
@pytest.mark.parametrize("path", ["/sign-in", SESSION])
def test_passwords_are_not_tried_with_many_names_either(client: Client, path: str) -> None:
    """The lockout is by name and address; this holds where it has not set in yet, or the password is right."""

    def attempt(number: int) -> int:
        form = {"name": "boss", "password": CHOSEN if number == 0 else "wrong"}
        body = {"data": form} if path == "/sign-in" else {"json": form}
        return from_address(client, "192.0.2.8").ask("POST", path, **body).status_code

    assert [attempt(number) for number in range(4)] == [303 if path == "/sign-in" else 204, 401, 401, 429]


@pytest.mark.parametrize("limits", [{"known_reads": SLOW, "known_writes": SLOW}], indirect=True)
def test_an_account_and_each_token_have_limits_of_their_own(client: Client, access: Access) -> None:
    one, other = (machine(client, access, *SCOPES) for _ in range(2))
    assert [one.ask("GET", SITE).status_code for _ in range(4)] == [200, 200, 200, 429]
    one.headers["X-Forwarded-For"] = "192.0.2.99"
    refused(one.ask("GET", SITE), 429)  # from elsewhere as well
    assert other.ask("GET", SITE).status_code == 200
    assert [one.ask("POST", "/do/decide").status_code for _ in range(4)] == [200, 200, 200, 429]
    boss = signed_in(client, "boss")
    assert [boss.ask("POST", "/do/decide").status_code for _ in range(4)] == [200, 200, 200, 429]
    refused(boss.ask("DELETE", SESSION), 429)


@pytest.mark.parametrize("limits", [{"known_writes": SLOW}], indirect=True)
def test_nothing_holds_up_the_way_back_to_the_plants_own_controls(client: Client, access: Access) -> None:
    program = machine(client, access, *SCOPES)
    assert [program.ask("POST", "/do/dispatch").status_code for _ in range(4)] == [200, 200, 200, 429]
    assert program.ask("POST", "/do/release").status_code == 200


def live(client: Client) -> str:
    return f"ws://{client.base_url.netloc.decode()}/api/v1/live"


@pytest.mark.parametrize("limits", [{"machine_reads": SLOW}], indirect=True)
def test_opening_a_live_connection_counts(client: Client) -> None:
    for _ in range(3):
        with connect(live(client)):
            pass
    with pytest.raises(InvalidStatus) as refusal:
        connect(live(client))
    assert refusal.value.response.status_code == 429
    assert int(refusal.value.response.headers["Retry-After"]) > 1
    assert b"too-many" in (refusal.value.response.body or b"")


@pytest.mark.parametrize("limits", [{"sockets_each": 2, "sockets": 3}], indirect=True)
def test_open_live_connections_are_bounded_for_each_and_for_all(client: Client, access: Access) -> None:
    one, other = (machine(client, access, Permission.READ) for _ in range(2))

    def opened(who: Asker, stack: ExitStack) -> None:
        stack.enter_context(connect(live(client), additional_headers=who.headers)).recv(timeout=10)

    def is_refused(who: Asker) -> None:
        with pytest.raises(InvalidStatus) as refusal, ExitStack() as stack:
            opened(who, stack)
        assert refusal.value.response.status_code == 429

    with ExitStack() as stack:
        opened(one, stack)
        opened(one, stack)
        is_refused(one)
        opened(other, stack)
        is_refused(other)  # by the bound for all
    with ExitStack() as stack:  # all have gone, and their places are free
        _until_free(lambda: opened(one, stack))


def _until_free(opens: Callable[[], None]) -> None:
    """A server hears of a client's end a moment later."""
    for _ in range(50):
        try:
            opens()
        except InvalidStatus:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("still refused after 5 s")


def test_the_defaults_let_a_page_and_a_scraper_be(
    loaded: LoadedSite, access: Access, tmp_path: Path, clock: FixedClock
) -> None:
    with serving(loaded, StateFolder(tmp_path), clock, limits=LIMITS) as client:
        person = signed_in(client, "boss")
        for _ in range(60):
            assert client.get("/api/v1/alive").json() == {"status": "failed"}  # no poller here
            assert person.ask("GET", SITE).status_code == 200
        statuses = [nobody(client).ask("POST", SESSION, json={"name": str(n), "password": "x"}) for n in range(25)]
        assert {each.status_code for each in statuses} == {401, 429}
