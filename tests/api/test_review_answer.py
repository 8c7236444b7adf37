"""Recommendations under review and savings over the API are all that the command prints: no column is lost or made up."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from facility.advise.review_report import standing_rows
from facility.api.finite import finite
from facility.api.saving_answer import SavingAnswer
from facility.api.site_view import SiteView
from facility.dispatch.together import belonging
from facility.records import Interval
from facility.savings.measured import MeasuredSaving
from facility.savings.report import saving_row
from facility.site_file import LoadedSite
from facility.site_journal import open_site_journal
from facility.state import StateFolder
from tests.api.records_for_tests import NOW, FixedClock, plan, recommendation
from tests.api.serving import serving

UNKNOWN = float("nan")


def test_nothing_of_a_recommendation_is_lost_on_the_way(loaded: LoadedSite, tmp_path: Path, clock: FixedClock) -> None:
    state, later = StateFolder(tmp_path), NOW + timedelta(minutes=30)
    half_known = replace(recommendation(loaded, 1, later), saving_kw=Interval(1.0, 0.5, UNKNOWN))
    with closing(open_site_journal(loaded, state)) as journal:
        journal.save_plan(plan(loaded), [half_known, recommendation(loaded, 2, later)], "cycle-1")
    with closing(SiteView(loaded, state, clock)) as view:
        found = view.reviews.listed(None, before=None, limit=100)
        rows = standing_rows(found, belonging(loaded.site, [one.recommendation for one in found]))
    printed = json.loads(json.dumps(finite(rows)))
    assert [row["saving_kw_high"] for row in printed if row["id"] == "rec-1"] == [None]
    with serving(loaded, state, clock) as client:
        assert client.get("/api/v1/recommendations").json() == printed
        for row in printed:
            alone = client.get(f"/api/v1/recommendations/{row['id']}").json()["recommendation"]
            assert alone == {name: value for name, value in row.items() if name != "belongs_with"}


def test_nothing_of_a_saving_is_lost_on_the_way() -> None:
    clear, unknown = Interval(10.0, 8.0, 12.0), Interval(5.0, UNKNOWN, UNKNOWN)
    saving = MeasuredSaving(
        name="rec-1", begins=NOW, ends=NOW + timedelta(hours=4), hours=4, promised_kw=unknown, saved_kw=clear,
        saved_kwh=clear, saved_cost=clear, saved_kgco2=clear, deferred_kwh=3.2, against="the same without it",
        option="C", notes=("2 hours left out",),
    )  # fmt: skip
    printed = finite(saving_row(saving))
    assert SavingAnswer.model_validate(printed).model_dump(mode="json") == printed
    assert (printed["promised_kw"], printed["promised_kw_low"]) == (5.0, None)
