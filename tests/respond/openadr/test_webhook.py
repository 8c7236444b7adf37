"""A VTN's notification through the site's real API, to the VEN that then reads what is new."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest
from httpx import Client

from facility.respond.openadr.doorbell import Doorbell
from facility.site_file import load_site
from facility.state import StateFolder
from tests.api.records_for_tests import FixedClock
from tests.api.serving import serving
from tests.conftest import EXAMPLE
from tests.respond.openadr.parties import HOUR, BusinessLogic, SiteSide, event

WITHIN_S = 20.0


@pytest.fixture
def api(site: SiteSide) -> Iterator[Client]:
    """The site's API; its state folder has the bells where the VEN of the tests hangs them."""
    state = StateFolder(site.folder / "state")
    site.folder = state.openadr
    with serving(load_site(EXAMPLE / "site.yaml"), state, FixedClock()) as client:
        yield client


def callback(api: Client) -> str:
    return str(api.base_url).rstrip("/")


def wait_until(site: SiteSide, wanted: set[str]) -> None:
    deadline = time.monotonic() + WITHIN_S
    while set(site.kept()) != wanted and time.monotonic() < deadline:
        time.sleep(0.05)
    assert set(site.kept()) == wanted


def test_what_is_new_arrives_long_before_the_next_poll(site: SiteSide, business: BusinessLogic, api: Client) -> None:
    program = business.add("programs", {"programName": "shed"})
    node = site.ven(callback=callback(api), poll_s=3600.0)
    stop = threading.Event()
    thread = threading.Thread(target=node.run, args=(stop,))
    thread.start()
    try:
        deadline = time.monotonic() + WITHIN_S
        while not business.all("subscriptions") and time.monotonic() < deadline:
            time.sleep(0.05)
        (subscription,) = business.all("subscriptions")
        assert subscription["objectOperations"][0]["callbackUrl"].endswith("/api/v1/openadr/utility/notifications")
        names = {business.add("events", event(program, site.clock.at + HOUR, 1)) for _ in range(60)}
        wait_until(site, {f"{name}:SIMPLE" for name in names})  # a burst: none lost, none twice
        assert {revision for revision, _, _ in site.kept().values()} == {0}
        first = min(names)
        business.remove("events", first)
        deadline = time.monotonic() + WITHIN_S
        while site.kept()[f"{first}:SIMPLE"][1] != "cancelled" and time.monotonic() < deadline:
            time.sleep(0.05)
        assert site.kept()[f"{first}:SIMPLE"][:2] == (1, "cancelled")
        business.client.get("/test/quiet")  # all that was sent has arrived while the API is there
    finally:
        stop.set()
        thread.join(timeout=WITHIN_S)
    assert not thread.is_alive()


def test_a_subscription_is_kept_over_a_restart_and_renewed_without_its_token(
    site: SiteSide, business: BusinessLogic, api: Client
) -> None:
    business.add("programs", {"programName": "shed"})
    site.ven(callback=callback(api)).turn()
    (first,) = business.all("subscriptions")
    site.ven(callback=callback(api)).turn()
    assert business.all("subscriptions") == [first]
    token = first["objectOperations"][0]["bearerToken"]
    bell = Doorbell(site.folder, "utility")
    assert bell.knows(token)
    assert token not in "".join(path.read_text() for path in site.folder.iterdir() if path.suffix != ".rung")
    bell.expect("another")  # as if the state folder were another
    site.ven(callback=callback(api)).turn()
    (renewed,) = business.all("subscriptions")
    assert renewed["id"] == first["id"]
    assert renewed["objectOperations"][0]["bearerToken"] != token
    assert bell.knows(renewed["objectOperations"][0]["bearerToken"])


def test_a_vtn_that_takes_no_subscription_is_polled(site: SiteSide, business: BusinessLogic) -> None:
    """Nothing answers at the callback: 3.1 refuses the subscription, and events come all the same."""
    program = business.add("programs", {"programName": "shed"})
    name = business.add("events", event(program, site.clock.at, 1))
    node = site.ven(callback="http://127.0.0.1:9")
    assert [each.id for each in node.turn().events] == [f"{name}:SIMPLE"]
