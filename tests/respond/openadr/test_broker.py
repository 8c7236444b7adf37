"""What a VTN publishes at its broker of MQTT reaches the VEN long before the next poll, as each way of the standard lets it in."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from facility.errors import FacilityError
from facility.respond.openadr.broker import NO_BROKER
from facility.respond.openadr.ven import Turn
from tests.respond.openadr.mosquitto import Mosquitto, served
from tests.respond.openadr.parties import HOUR, BusinessLogic, SiteSide, event
from tests.service.certificates import certificate

WITHIN_S, SELDOM_S = 40.0, 3600.0
ANONYMOUS, BEARER = {"method": "ANONYMOUS"}, {"method": "OAUTH2_BEARER_TOKEN", "username": "{clientID}"}
pytestmark = pytest.mark.parametrize("running", ["3.1.0"], indirect=True)  # 3.0.1 has no brokers


def until(found: Callable[[], Any]) -> None:
    deadline = time.monotonic() + WITHIN_S
    while not found():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def announced(business: BusinessLogic, broker: Mosquitto, how: object, uri: str | None = None) -> None:
    """Let the VTN publish at a broker, and say so."""
    told: dict[str, str | int] = {"uri": uri or broker.uri, "authentication": json.dumps(how), "port": broker.vtn_port}
    assert business.client.get("/test/broker", params=told).status_code == 200


@contextmanager
def listening(site: SiteSide, poll_s: float = SELDOM_S) -> Iterator[list[Turn | FacilityError]]:
    """Let a VEN listen meanwhile; yields what it heard."""
    heard: list[Turn | FacilityError] = []
    node, stop = site.ven(mqtt=True, poll_s=poll_s), threading.Event()
    node.heard = heard.append
    thread = threading.Thread(target=node.run, args=(stop,))
    thread.start()
    try:
        yield heard
    finally:
        stop.set()
        thread.join(timeout=WITHIN_S)
    assert not thread.is_alive()


def broker_said(heard: list[Turn | FacilityError]) -> str | None:
    """Return why nothing is heard at the broker, as it was last told."""
    last = heard[-1] if heard else None
    return last.broker if isinstance(last, Turn) else "no turn yet"


def test_what_is_published_is_read_long_before_the_next_poll(
    site: SiteSide, business: BusinessLogic, tmp_path: Path
) -> None:
    first = business.add("programs", {"programName": "shed"})
    with served(Mosquitto(tmp_path / "broker")) as broker:
        announced(business, broker, ANONYMOUS)
        with listening(site) as heard:
            until(lambda: broker_said(heard) is None)
            names = {business.add("events", event(first, site.clock.at + HOUR, 1)) for _ in range(20)}
            until(lambda: set(site.kept()) == {f"{name}:SIMPLE" for name in names})
            gone = min(names)
            business.remove("events", gone)
            until(lambda: site.kept()[f"{gone}:SIMPLE"][1] == "cancelled")
            second = business.add("programs", {"programName": "another"})
            turns = len(heard)
            until(lambda: len(heard) > turns)  # the new program is joined, and its events have a topic of their own
            later = business.add("events", event(second, site.clock.at + HOUR, 2))
            until(lambda: f"{later}:SIMPLE" in site.kept())
            business.client.get("/test/quiet")


def test_what_is_targeted_at_us_alone_has_a_topic_of_its_own(
    site: SiteSide, business: BusinessLogic, tmp_path: Path
) -> None:
    program = business.add("programs", {"programName": "shed"})
    us = {"objectType": "BL_VEN_REQUEST", "clientID": "ven-client", "venName": "dc-1", "targets": ["north"]}
    business.add("vens", us)
    with served(Mosquitto(tmp_path / "broker")) as broker:
        announced(business, broker, ANONYMOUS)
        with listening(site) as heard:
            until(lambda: broker_said(heard) is None)
            name = business.add("events", event(program, site.clock.at + HOUR, 1, targets=["north"]))
            until(lambda: f"{name}:SIMPLE" in site.kept())


def test_a_broker_that_does_not_take_a_token_is_shown_another(
    site: SiteSide, business: BusinessLogic, tmp_path: Path
) -> None:
    business.add("programs", {"programName": "shed"})
    business.client.get("/test/give", params={"tokens": "old old new"})
    with served(Mosquitto(tmp_path / "broker", passwords={"ven-client": "new"})) as broker:
        announced(business, broker, BEARER)
        with listening(site, poll_s=1.0) as heard:
            until(lambda: any(isinstance(one, Turn) and "refused" in str(one.broker) for one in heard))
            until(lambda: broker_said(heard) is None)


def test_what_was_missed_while_a_broker_was_away_is_read_when_it_is_back(
    site: SiteSide, business: BusinessLogic, tmp_path: Path
) -> None:
    program = business.add("programs", {"programName": "shed"})
    with served(Mosquitto(tmp_path / "broker")) as broker:
        announced(business, broker, ANONYMOUS)
        with listening(site) as heard:
            until(lambda: broker_said(heard) is None)
            turns = len(heard)
            broker.stop()
            name = business.add("events", event(program, site.clock.at + HOUR, 1))
            assert len(heard) == turns and not site.kept()
            broker.start()
            until(lambda: f"{name}:SIMPLE" in site.kept())


def test_a_broker_is_let_see_the_certificate_that_the_vtn_gave_us(
    site: SiteSide, business: BusinessLogic, tmp_path: Path
) -> None:
    program = business.add("programs", {"programName": "shed"})
    server, us = certificate(tmp_path), certificate(tmp_path, stem="client")
    how = {
        "method": "CERTIFICATE", "caCert": server.certificate.read_text(), "clientCert": us.certificate.read_text(),
        "clientKey": us.key.read_text(),
    }  # fmt: skip
    with served(Mosquitto(tmp_path / "broker", tls=server, clients=us)) as broker:
        announced(business, broker, {**how, "clientKey": server.key.read_text()})
        with listening(site, poll_s=1.0) as heard:
            until(lambda: "KEY_VALUES_MISMATCH" in str(broker_said(heard)).upper())
            announced(business, broker, how)
            until(lambda: broker_said(heard) is None)
            name = business.add("events", event(program, site.clock.at + HOUR, 1))
            until(lambda: f"{name}:SIMPLE" in site.kept())


# Of a handshake that fails paho leaves the socket to the garbage collector.
@pytest.mark.filterwarnings("ignore:Exception ignored in. <ssl.SSLSocket")
def test_a_broker_that_shows_another_certificate_hears_nothing_of_us_and_the_vtn_is_polled(
    site: SiteSide, business: BusinessLogic, tmp_path: Path
) -> None:
    """Its certificate is of no authority that this machine knows."""
    program = business.add("programs", {"programName": "shed"})
    with served(Mosquitto(tmp_path / "broker", passwords={"ven-client": "x"}, tls=certificate(tmp_path))) as broker:
        announced(business, broker, BEARER)
        with listening(site, poll_s=1.0) as heard:
            until(lambda: broker_said(heard) == "no connection")
            name = business.add("events", event(program, site.clock.at + HOUR, 1))
            until(lambda: f"{name}:SIMPLE" in site.kept())
            assert broker_said(heard) == "no connection"


@pytest.mark.parametrize(
    ("uri", "said"),
    [("mqtt://broker.example:1883", "expected mqtts://"), ("wss://broker.example", "expected mqtts://")],
)
def test_no_token_goes_to_a_broker_elsewhere_in_the_clear(
    site: SiteSide, business: BusinessLogic, tmp_path: Path, uri: str, said: str
) -> None:
    program = business.add("programs", {"programName": "shed"})
    name = business.add("events", event(program, site.clock.at + HOUR, 1))
    with served(Mosquitto(tmp_path / "broker")) as broker:
        announced(business, broker, BEARER, uri)
        found = site.ven(mqtt=True).turn()
    assert said in str(found.broker) and [each.id for each in found.events] == [f"{name}:SIMPLE"]


def test_a_vtn_without_a_broker_is_polled(site: SiteSide, business: BusinessLogic) -> None:
    program = business.add("programs", {"programName": "shed"})
    name = business.add("events", event(program, site.clock.at + HOUR, 1))
    found = site.ven(mqtt=True).turn()
    assert found.broker == NO_BROKER and [each.id for each in found.events] == [f"{name}:SIMPLE"]
    assert site.ven().turn().broker is None, "where it is not wanted, nothing is missing"
