"""What belongs together is decided as one: all or none."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from httpx import Client

from facility.access import Role
from facility.accounts.opening import Access
from facility.records import Interval
from facility.site_file import LoadedSite
from facility.site_journal import open_site_journal
from facility.state import StateFolder
from tests.accounts.hashing import cheap_hashes
from tests.api.askers import Asker, add_person, signed_in
from tests.api.records_for_tests import NOW, plan, recommendation
from tests.api.serving import refused

__all__ = ["cheap_hashes"]
URL = "/api/v1/recommendations"
NOTHING = Interval(0.0, 0.0, 0.0)


@pytest.fixture(autouse=True)
def kept(loaded: LoadedSite, access: Access, tmp_path: Path) -> None:
    """Supply air, fans that follow it and save nothing by themselves, and the water of a plant, which stands alone."""
    air = recommendation(loaded, 1, NOW + timedelta(minutes=30))
    fans = replace(
        air, id="rec-2", quantity="fan_speed_setpoint_frac", current=0.8, recommended=0.6, unit="frac",
        saving_kw=NOTHING, saving_cost_per_day=NOTHING, saving_kgco2_per_day=NOTHING,
    )  # fmt: skip
    water = replace(air, id="rec-3", equipment="plant-1", quantity="leaving_chilled_water_temperature_setpoint_degc")
    with closing(open_site_journal(loaded, StateFolder(tmp_path))) as journal:
        journal.save_plan(plan(loaded), [air, fans, water], "cycle-1")


@pytest.fixture
def ada(client: Client, access: Access) -> Asker:
    add_person(access, "ada", Role.OPERATOR)
    return signed_in(client, "ada")


def states(client: Client) -> list[str]:
    return [client.get(f"{URL}/rec-{number}").json()["recommendation"]["state"] for number in (1, 2, 3)]


def test_the_list_tells_what_belongs_together(client: Client) -> None:
    rows = client.get(URL).json()
    assert [(row["id"], row["belongs_with"]) for row in rows] == [("rec-1", "rec-2"), ("rec-2", "rec-1"), ("rec-3", "")]


@pytest.mark.parametrize(("decision", "state"), [("approve", "approved"), ("reject", "rejected")])
def test_they_are_decided_as_one(client: Client, ada: Asker, decision: str, state: str) -> None:
    asked = {"decision": decision, "reason": "tonight", "also": ["rec-2"], "expected_state": "proposed"}
    assert ada.ask("POST", f"{URL}/rec-1/decision", json=asked).json()["recommendation"]["state"] == state
    assert states(client) == [state, state, "proposed"]


def test_all_of_them_or_none(client: Client, ada: Asker) -> None:
    ada.ask("POST", f"{URL}/rec-2/decision", json={"decision": "reject", "reason": "too loud"})
    asked = {"decision": "approve", "also": ["rec-2"], "expected_state": "proposed"}
    assert "rec-2 is rejected" in refused(ada.ask("POST", f"{URL}/rec-1/decision", json=asked), 409)
    asked = {"decision": "approve", "also": ["rec-9"]}
    refused(ada.ask("POST", f"{URL}/rec-1/decision", json=asked), 404)
    assert states(client) == ["proposed", "rejected", "proposed"]
    assert client.get(URL, params={"state": "proposed"}).json()[0]["belongs_with"] == ""
