"""The example site with named servers of two tiers, and plans that put some of them to sleep."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from facility.records import Plan
from facility.respond.settings import settings_path
from facility.site_file import LoadedSite, load_site
from facility.workload import Job, JobRun, ServerMoves
from tests.api.records_for_tests import plan

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
_POOL = "servers: 100, idle_w: 120.0, peak_w: 400.0"
_NAMED = (
    "servers: 4, idle_w: 120.0, peak_w: 400.0, tiers: [{id: gold, share_frac: 0.5}, {id: batch, share_frac: 0.5}], members: ["
    "{rack: rack-01, tier: gold, servers: [n1, n2]}, {rack: rack-02, tier: batch, servers: [n3, n4]}]"
)


def working_site(example: Path, **workload: Any) -> LoadedSite:
    """Name the servers of the example site, and write the part `workload` of its settings."""
    text = example.read_text()
    assert _POOL in text
    example.write_text(text.replace(_POOL, _NAMED))
    loaded = load_site(example)
    settings_path(loaded).write_text(yaml.safe_dump({"workload": workload}))
    return loaded


def sleeping_plan(
    loaded: LoadedSite, moves: Sequence[tuple[str, str]], *, at: datetime = NOW, before: Sequence[str] = ()
) -> Plan:
    """Return a plan whose moves, one an hour from `at`, are the names that go to sleep and those that wake."""
    found = tuple(
        ServerMoves("pool-1", at + number * HOUR, tuple(wake.split()), tuple(sleep.split()))
        for number, (sleep, wake) in enumerate(moves)
    )
    return replace(plan(loaded, at), asleep_servers={"pool-1": tuple(before)}, server_moves=found)


def job_run(name: str, begins: datetime | None, *, arrives: datetime = NOW, running: bool = False) -> JobRun:
    """Return when a job begins."""
    job = Job(name, "pool-1", 1.0, 2.0, arrives, NOW + 10 * HOUR, running=running)
    return JobRun(job, begins, None if begins is None else begins + 2 * HOUR, None)
