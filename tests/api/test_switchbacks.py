"""Switchbacks over the API: started in the name of who asks, told with their timetable, stopped, refused."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from httpx import Client

from facility.access import Role
from facility.accounts.opening import Access
from facility.history.journal import open_journal
from facility.records import RecommendationState
from facility.savings.measured import MeasuredSaving
from facility.savings.switchback import measure_switchback
from facility.site_file import LoadedSite
from facility.state import StateFolder
from tests.accounts.hashing import cheap_hashes
from tests.api.askers import Asker, add_person, signed_in
from tests.api.records_for_tests import NOW, FixedClock, plan, recommendation
from tests.api.serving import refused

__all__ = ["cheap_hashes"]
URL = "/api/v1/switchbacks"
ASKED = {"recommendation": "rec-1", "pairs": 6, "block_h": 6.0, "by_hand": True, "reason": "is it worth it?"}


@pytest.fixture
def boss(client: Client, access: Access) -> Asker:
    return signed_in(client, "boss")


@pytest.fixture
def approved(loaded: LoadedSite, tmp_path: Path) -> None:
    with closing(open_journal(None, StateFolder(tmp_path))) as journal:
        journal.save_plan(plan(loaded), [recommendation(loaded, 1, NOW)], "correlated")
        journal.transition("rec-1", RecommendationState.APPROVED, actor="test", reason="", at=NOW)


def test_one_by_hand_is_started_told_and_stopped(client: Client, access: Access, boss: Asker, approved: None) -> None:
    assert client.get(URL).json() == []
    answer = boss.ask("POST", URL, json=ASKED)
    assert answer.status_code == 200, answer.text
    made = answer.json()
    assert (made["recommendation"], made["by_hand"], made["started"]["by"]) == ("rec-1", True, "boss")
    assert len(made["blocks"]) == 12
    assert sum(block["change"] == "on" for block in made["blocks"]) == 6
    assert made["now"] == made["blocks"][0]["change"] and made["switches_at"] == made["blocks"][0]["to"]
    assert made["measured"] is None and "a block that is over" in made["unmeasured"]
    assert client.get(URL).json() == [made]
    assert "runs; wait for its end" in refused(boss.ask("POST", URL, json=ASKED), 409)
    add_person(access, "operator", Role.OPERATOR)
    operator = signed_in(client, "operator")
    refused(operator.ask("POST", URL, json=ASKED), 403)
    stopped = operator.ask("POST", f"{URL}/{made['id']}/stop", json={"reason": "the hall is needed"}).json()
    assert (stopped["now"], stopped["stopped"]["by"]) == (None, "operator")
    assert "is over" in refused(boss.ask("POST", f"{URL}/{made['id']}/stop", json={"reason": "again"}), 409)


def test_it_is_measured_anew_only_when_another_block_is_over(
    client: Client, boss: Asker, approved: None, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured: list[datetime] = []

    def watched(*given: Any, **more: Any) -> MeasuredSaving:
        measured.append(clock.at)
        return measure_switchback(*given, **more)

    monkeypatch.setattr("facility.api.routes.switchbacks.measure_switchback", watched)

    def measurements(after: timedelta) -> int:
        clock.at = NOW + after
        (one,) = client.get(URL).json()
        assert (one["measured"], bool(one["unmeasured"])) == (None, True)  # there are no readings
        return len(measured)

    boss.ask("POST", URL, json=ASKED)
    assert [measurements(timedelta(hours=hours)) for hours in (1, 2, 5)] == [1, 1, 1]
    assert [measurements(timedelta(hours=hours)) for hours in (7, 8)] == [2, 2]
    assert [measurements(timedelta(hours=hours)) for hours in (72, 73, 500)] == [3, 3, 3]


def test_what_cannot_be_is_refused(boss: Asker, approved: None) -> None:
    refused(boss.ask("POST", URL, json={**ASKED, "recommendation": "rec-9"}), 404)
    refused(boss.ask("POST", f"{URL}/sb9/stop", json={"reason": "none"}), 404)
    assert "at least 5 pairs" in refused(boss.ask("POST", URL, json={**ASKED, "pairs": 3}), 422)
    assert "half of a block" in refused(boss.ask("POST", URL, json={**ASKED, "wash_out_h": 5}), 422)
    by_dispatch = boss.ask("POST", URL, json={**ASKED, "by_hand": False})
    assert by_dispatch.status_code == 409 and by_dispatch.json()["detail"]
