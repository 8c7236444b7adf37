"""/savings over a socket: what cannot be measured is said, and wrong questions are refused."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from httpx import Client

from facility.history.journal import open_journal
from facility.records import RecommendationState
from facility.site_file import LoadedSite
from facility.state import StateFolder
from tests.api.records_for_tests import NOW, plan, recommendation
from tests.api.serving import refused

URL = "/api/v1/savings"


@pytest.fixture
def applied(loaded: LoadedSite, tmp_path: Path) -> None:
    with closing(open_journal(None, StateFolder(tmp_path))) as journal:
        journal.save_plan(plan(loaded), [recommendation(loaded, 1, NOW)], "correlated")
        for state in (RecommendationState.APPROVED, RecommendationState.APPLIED):
            journal.transition("rec-1", state, actor="test", reason="", at=NOW)


def test_nothing_applied_is_an_empty_answer(client: Client, loaded: LoadedSite) -> None:
    expected = {"site": loaded.site.id, "currency": loaded.site.currency, "savings": [], "unmeasured": []}
    assert client.get(URL).json() == expected


def test_what_cannot_be_measured_is_said(client: Client, applied: None) -> None:
    answer = client.get(URL, params={"recommendation": "rec-1"}).json()
    assert answer["savings"] == []
    assert answer["unmeasured"][0]["name"] == "rec-1"
    assert "not enough data" in answer["unmeasured"][0]["why"]
    newest = client.get(URL).json()
    assert [each["name"] for each in newest["unmeasured"]] == ["rec-1", f"{NOW:%Y-%m}"]


@pytest.mark.parametrize("month", ["July", "2026-13", "2026-7"])
def test_a_wrong_month_is_refused(client: Client, month: str) -> None:
    refused(client.get(URL, params={"month": month}), 422)


def test_what_was_never_applied_is_refused(client: Client) -> None:
    assert "never applied" in refused(client.get(URL, params={"recommendation": "rec-9"}), 404)
