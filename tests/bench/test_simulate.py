"""What `tools.bench simulate` must show: the simulated site is fast enough to search on."""

from __future__ import annotations

import json

import pytest

from tools.bench.__main__ import main


@pytest.mark.slow
def test_every_example_site_runs_ten_thousand_times_faster_than_time(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", "--quick", "--format", "json"]) == 0
    rows = {row["metric"]: row for row in json.loads(capsys.readouterr().out)}
    speeds = {name: row["ratio"] for name, row in rows.items() if name.startswith("simulate_times_real_time")}
    assert len(speeds) == 3
    assert "simulate_times_real_time" in speeds
    assert min(speeds.values()) > 1.0, speeds
    days = {name: row["value"] for name, row in rows.items() if name.startswith("closed_loop_day_cpu_seconds")}
    ours, practice = (days[f"closed_loop_day_cpu_seconds: {arm}"] for arm in ("a plan every 6h", "good practice"))
    assert 1.0 < practice < ours < 60.0 * practice, days
