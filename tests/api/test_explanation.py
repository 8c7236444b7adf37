"""What the API tells of why a plan is as it is."""

from __future__ import annotations

import dataclasses
from contextlib import closing
from pathlib import Path

from httpx import Client

from facility.explanation import Alternative, DecisionChange, Explanation, InputChange, LimitPrice, SinceLast
from facility.history.journal import open_journal
from facility.site_file import LoadedSite
from facility.state import StateFolder
from tests.api.records_for_tests import plan
from tests.api.serving import refused

WATER = "leaving_chilled_water_temperature_setpoint_degc"
WHY = Explanation(
    limit_prices=(LimitPrice("hall-1", "inlet temperature", 1.0, "K", 12.5, 6.0),),
    alternatives=(
        Alternative("plant-1", WATER, 12.0, "degC", 4.2, 0.9),
        Alternative("plant-1", WATER, 19.0, "degC", None, None, "inlet temperature of hall-1"),
    ),
    since_last=SinceLast(
        "plan-0",
        (DecisionChange(f"plant-1.{WATER}", 14.0, 16.0, 2.0),),
        (InputChange("outdoor_temperature_degc", -1.5, -2.0, "K", 3.0),),
        "the weather",
    ),
)


def keep(loaded: LoadedSite, state: Path, why: Explanation | None) -> None:
    with closing(open_journal(None, StateFolder(state))) as journal:
        journal.save_plan(dataclasses.replace(plan(loaded), explanation=why), [], "correlated")


def test_an_explanation_is_told_as_it_was_kept(client: Client, loaded: LoadedSite, tmp_path: Path) -> None:
    keep(loaded, tmp_path, WHY)
    answer = client.get("/api/v1/plan/explanation").json()
    assert (answer["plan"], answer["currency"]) == ("plan-1", loaded.site.currency)
    told = answer["explanation"]
    assert told["since_last"]["decisions"] == [{"name": f"plant-1.{WATER}", "before": 14.0, "after": 16.0, "in_h": 2.0}]
    assert told["since_last"]["inputs"][0]["worth"] == 3.0
    assert [(one["value"], one["extra_kw"], one["limit"]) for one in told["alternatives"]] == [
        (12.0, 4.2, ""),
        (19.0, None, "inlet temperature of hall-1"),
    ]
    assert told["limit_prices"][0]["price_per_day"] == 12.5
    assert (told["inlets"], told["losses"]) == ([], [])


def test_a_plan_that_kept_no_explanation_says_so(client: Client, loaded: LoadedSite, tmp_path: Path) -> None:
    keep(loaded, tmp_path, None)
    assert client.get("/api/v1/plan/explanation").json()["explanation"] is None


def test_without_a_plan_there_is_none_to_explain(client: Client) -> None:
    assert "/api/v1/health" in refused(client.get("/api/v1/plan/explanation"), 404)
