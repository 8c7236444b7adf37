"""Offers over a real socket: a process of its own makes them, and the API answers meanwhile; why there are none is told."""

from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from httpx import Client

from facility.access import Role
from facility.accounts.opening import Access
from facility.advise.offer_report import offer_row
from facility.history.offer_book import KeptOffers, OfferBook, OffersAsked
from facility.promises import Offer
from facility.site_file import LoadedSite
from facility.state import StateFolder
from tests.accounts.hashing import cheap_hashes
from tests.api.askers import Asker, add_person, signed_in
from tests.api.records_for_tests import NOW
from tests.api.serving import refused

__all__ = ["cheap_hashes"]
URL = "/api/v1/dr/offers"
ASKED = {"hours": 2, "duration_min": 90.0, "notice_min": 30.0}
HOUR, WAIT_S = timedelta(hours=1), 300.0


@pytest.fixture
def operator(client: Client, access: Access) -> Asker:
    add_person(access, "r.weber", Role.OPERATOR)
    return signed_in(client, "r.weber")


def test_what_was_made_last_is_told(client: Client, loaded: LoadedSite, tmp_path: Path) -> None:
    assert client.get(URL).json() == {
        "asked": None, "made": None, "making": False, "problem": None, "currency": "EUR", "offers": [], "without": [],
    }  # fmt: skip
    by_source = {"it": 10.0, "cooling": 20.0, "losses": 1.0, "battery": 60.0, "other": 0.0}
    made = Offer(NOW, NOW + HOUR, HOUR / 2, 0.5, 80.0, 91.0, 12.0, HOUR / 4, by_source, 15.0, 40.0)
    rows = [offer_row(made, loaded.site.zone)]
    asked = OffersAsked(2, 60.0, 30.0)
    OfferBook(StateFolder(tmp_path).offers).keep(KeptOffers(asked, NOW, "r", rows, [(NOW + HOUR, "no plan")]))
    found = client.get(URL).json()
    assert (found["asked"]["duration_min"], found["without"][0]["why"]) == (60.0, "no plan")
    (one,) = found["offers"]
    assert (one["kw"], one["ramp_min"], one["battery_kw"], one["recovery_kwh"]) == (80.0, 15.0, 60.0, 40.0)
    assert one["cost_per_kwh"] == pytest.approx(12.0 / (80.0 * 0.75))


def test_they_are_made_elsewhere_one_at_a_time_and_a_failure_is_told(
    client: Client, operator: Asker, loaded: LoadedSite
) -> None:
    """Nothing was ever measured here: the process ends with what is missing. Meanwhile the API answers."""
    begun = operator.ask("POST", URL, json=ASKED)
    assert begun.status_code == 202 and begun.json()["making"]
    assert "are being made" in refused(operator.ask("POST", URL, json=ASKED), 409)
    assert client.get("/api/v1/site").status_code == 200
    ended = _when_made(client)
    assert (ended["made"], ended["offers"]) == (None, []) and "not enough data: no reading" in ended["problem"]
    assert operator.ask("POST", URL, json=ASKED).json()["problem"] is None  # another try
    told = operator.ask("GET", "/api/v1/events?kind=dr").json()["events"]
    assert [(event["kind"], event["actor"]) for event in told] == [
        ("dr.offers_asked", "r.weber")
    ] * 2  # 409 did nothing
    assert told[0]["detail"] == ASKED | {"site": loaded.site.id}


@pytest.mark.parametrize("wrong", [{"hours": 0}, {"hours": 49}, {"duration_min": 5.0}, {"notice_min": 0.0}])
def test_what_nobody_can_offer_is_refused(operator: Asker, wrong: dict[str, float]) -> None:
    refused(operator.ask("POST", URL, json=ASKED | wrong), 422)


def _when_made(client: Client) -> dict[str, Any]:
    deadline = time.monotonic() + WAIT_S
    while (found := client.get(URL).json())["making"]:
        assert time.monotonic() < deadline
        time.sleep(0.2)
    return dict(found)
