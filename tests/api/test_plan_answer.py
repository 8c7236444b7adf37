"""A plan over the API is all that `facility recommend --format json` prints, whatever the plan holds."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from facility.advise.report import plan_document
from facility.api.finite import finite
from facility.promises import CommitmentKind, CommitmentOutcome
from facility.records import Interval, LimitShortfall
from facility.site_file import LoadedSite
from facility.site_journal import open_site_journal
from facility.state import StateFolder
from facility.workload import Job, JobRun, ServerMoves
from tests.api.records_for_tests import NOW, FixedClock, plan, recommendation
from tests.api.serving import serving

HOUR = timedelta(hours=1)


def test_nothing_of_a_plan_is_lost_on_the_way(loaded: LoadedSite, tmp_path: Path, clock: FixedClock) -> None:
    job = Job("job-1", "pool-1", 12.5, 40.0, NOW, NOW + 8 * HOUR)
    known = replace(recommendation(loaded, 1, NOW + HOUR), saving_kw=Interval(1.0, 0.5, float("nan")))
    made = replace(
        plan(loaded, NOW),
        jobs=(JobRun(job, NOW, NOW + 4 * HOUR, timedelta(0)), JobRun(job, None, None, None)),
        server_moves=(ServerMoves("pool-1", NOW, ("a",), ("b", "c"), (2,), ("crah-1",)),),
        commitments=(
            CommitmentOutcome("dr-1", CommitmentKind.REDUCTION, NOW, NOW + HOUR, 100.0, 90.0, 0.0, 0.0, (400.0,)),
        ),
        saving_range=Interval(3.0, 2.0, 5.0),
        limit_prices={"hall-1 inlet": 0.25},
        goal_weights={"carbon": 0.5},
        goal_caps={"cost": 1200.0},
        unmet=(LimitShortfall("hall-1 inlet", 1.5, "K", NOW + HOUR, NOW),),
    )
    state = StateFolder(tmp_path)
    with closing(open_site_journal(loaded, state)) as journal:
        journal.save_plan(made, [known], "cycle")
        kept = journal.latest_plan()
        assert kept is not None
        own = journal.recommendations()
    printed = json.loads(json.dumps(finite(plan_document(kept, own, loaded.site.zone, loaded.site.currency))))
    with serving(loaded, state, clock) as client:
        assert client.get("/api/v1/plan").json() == printed
        assert client.get(f"/api/v1/plans/{made.id}").json() == printed
    empty = [name for name, value in printed.items() if value in ([], {}, None)]
    assert set(empty) <= {"shortfalls", "notes", "binding_limits"}, "a row that is not there is not compared"
