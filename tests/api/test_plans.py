"""/plans over a real socket: pages, one plan, and one beside another."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import pytest
from httpx import Client

from facility.records import Plan
from facility.site_file import LoadedSite, load_site
from facility.site_journal import open_site_journal
from facility.state import StateFolder
from tests.accounts.hashing import cheap_hashes
from tests.api.records_for_tests import NOW, FixedClock, plan, recommendation
from tests.api.serving import refused, serving
from tests.conftest import EXAMPLE

__all__ = ["cheap_hashes"]
WATER = "plant-1.leaving_chilled_water_temperature_setpoint_degc"


@pytest.fixture(scope="module")
def site() -> LoadedSite:
    return load_site(EXAMPLE / "site.yaml")


def made(site: LoadedSite, number: int) -> Plan:
    """A plan each quarter of an hour; the one before `plan-1` and `plan-1` differ in a day's first hour."""
    one = replace(plan(site, NOW + number * timedelta(minutes=15)), id=f"plan-{number}")
    colder = tuple(8.0 if step < 4 else value for step, value in enumerate(one.schedule[WATER]))
    power = one.schedule["site.power_kw"]
    return one if number else replace(one, schedule={WATER: colder, "site.power_kw": (math.nan, *power[1:])})


@pytest.fixture(scope="module")
def client(site: LoadedSite, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    state = StateFolder(tmp_path_factory.mktemp("plans"))
    with closing(open_site_journal(site, state)) as journal:
        for number in range(5):
            known = [recommendation(site, 1, NOW + timedelta(hours=1))] if number == 1 else []
            journal.save_plan(made(site, number), known, f"cycle-{number}")
        journal.save_plan(replace(made(site, 9), site_id="elsewhere"), [], "theirs")
    with serving(site, state, FixedClock()) as opened:
        opened.base_url = opened.base_url.join("/api/v1")
        yield opened


def test_pages_join_into_the_whole_newest_first(client: Client) -> None:
    whole = [f"plan-{number}" for number in (4, 3, 2, 1, 0)]
    for size in range(1, 7):
        pages, before = [], None
        while True:
            asked = {"limit": size} | ({} if before is None else {"before": before})
            answer = client.get("/plans", params=asked).json()
            pages.append([one["id"] for one in answer["plans"]])
            before = answer["next"]
            if before is None:
                break
        assert [name for page in pages for name in page] == whole
        assert {len(page) for page in pages[:-1]} <= {size}
        assert pages[-1]


def test_a_listed_plan_tells_when_and_what_it_costs(client: Client) -> None:
    (first,) = client.get("/plans", params={"limit": 1}).json()["plans"]
    assert (first["created"], first["planned_until"]) == ("2026-03-10T13:00:00Z", "2026-03-12T13:00:00Z")
    assert first["keeps_present"] is False
    costs = {row["item"]: row for row in first["costs"]}
    assert costs["energy_cost"] == {"item": "energy_cost", "plan": 4100.0, "baseline": 4420.0, "saved": 320.0}
    assert costs["total_cost"]["saved"] == pytest.approx(350.0)


def test_one_plan_is_as_the_newest_is_told_with_its_own_recommendations(client: Client) -> None:
    assert client.get("/plans/plan-4").json()["recommendations"] == []
    found = client.get("/plans/plan-1").json()
    assert (found["plan"], [one["id"] for one in found["recommendations"]]) == ("plan-1", ["rec-1"])
    assert set(found) == set(client.get("/plan").json())
    assert client.get("/plans/plan-0").json()["schedule"][0]["site.power_kw"] is None  # NaN


def test_a_plan_beside_the_one_before_and_beside_any_other(client: Client) -> None:
    found = client.get("/plans/plan-1/comparison").json()
    assert (found["plan"]["id"], found["with"]["id"], found["currency"]) == ("plan-1", "plan-0", "EUR")
    assert client.get("/plans/plan-1/comparison", params={"with": "plan-0"}).json() == found
    water = found["schedule"][WATER]
    assert len(found["times"]) == len(water["plan"]) == len(water["with"]) == 192
    assert (water["with"][:3], water["with"][-1]) == ([8.0, 8.0, 8.0], None)
    (changed,) = [row for row in found["changed"] if row["name"] == WATER]
    # Three quarters of an hour of colder water, and one at each of the four times that the water is set anew.
    assert (changed["at"], changed["with"], changed["hours"]) == ("2026-03-10T13:15+01:00", 8.0, 1.75)
    assert found["why"] == [{"about": "plan plan-1", "statement": "made by a version that kept no reasons"}]
    itself = client.get("/plans/plan-1/comparison", params={"with": "plan-1"}).json()
    assert itself["changed"] == []
    assert {row["difference"] for row in itself["costs"]} == {0.0}


def test_what_is_not_there(client: Client) -> None:
    for path in (
        "/plans/plan-7",
        "/plans/plan-7/comparison",
        "/plans/plan-1/comparison?with=plan-7",
        "/plans?before=x",
    ):
        assert "at this site" in refused(client.get(path), 404)
    assert "no plan before 'plan-0'" in refused(client.get("/plans/plan-0/comparison"), 404)
    refused(client.get("/plans/plan-9"), 404)  # of another site


@pytest.mark.parametrize("wanted", ["limit=0", "limit=101", "limit=x", "before=", "before=a%00b"])
def test_what_cannot_be_asked(client: Client, wanted: str) -> None:
    assert wanted.partition("=")[0] in refused(client.get(f"/plans?{wanted}"), 422)
