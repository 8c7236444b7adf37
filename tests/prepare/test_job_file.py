"""Jobs from a file: JSON and CSV say the same, and every fault is named with its place."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facility.errors import ConfigurationError
from facility.prepare.job_file import read_jobs
from facility.workload import Job, JobKind

ENTRY: dict[str, Any] = {
    "id": "index-7", "pool": "pool-air", "power_kw": 4.5, "energy_kwh": 18.0,
    "arrives": "2026-04-14T08:00:00+02:00", "due": "2026-04-14T20:00:00+02:00",
}  # fmt: skip
JOB = Job(
    "index-7", "pool-air", 4.5, 18.0,
    datetime(2026, 4, 14, 6, tzinfo=UTC), datetime(2026, 4, 14, 18, tzinfo=UTC),
)  # fmt: skip
CSV = """id,pool,power_kw,energy_kwh,arrives,due,kind,tier,running
index-7,pool-air,4.5,18,2026-04-14T08:00:00+02:00,2026-04-14T20:00:00+02:00,,,
night,pool-air,3,6,2026-04-14T08:00:00Z,2026-04-14T20:00:00Z,preemptible,gold,true
"""


def written(folder: Path, content: str | bytes, name: str = "jobs.json") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_json_and_csv_say_the_same(tmp_path: Path) -> None:
    assert read_jobs(written(tmp_path, json.dumps([ENTRY]))) == (JOB,)
    first, second = read_jobs(written(tmp_path, CSV, "jobs.csv"))
    assert first == JOB
    assert (second.kind, second.tier, second.running) == (JobKind.PREEMPTIBLE, "gold", True)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"power_kw": -1.0}, "job 1, power_kw"),
        ({"power_kw": float("nan")}, "job 1, power_kw"),
        ({"arrives": "2026-04-14T08:00:00"}, "job 1, arrives: .*timezone"),
        ({"due": "2026-04-14T07:00:00+02:00"}, "due must lie after arrives"),
        ({"due": "9999-12-31T23:59:59-12:00"}, "from 2000 to 2200"),
        ({"energy_kwh": 1e9}, "more than a year"),
        ({"id": "../../etc"}, "job 1, id"),
        ({"kind": "sometimes"}, "job 1, kind"),
        ({"priority": 3}, "job 1, priority"),
    ],
)
def test_a_wrong_entry_is_named(tmp_path: Path, change: dict[str, Any], named: str) -> None:
    with pytest.raises(ConfigurationError, match=named):
        read_jobs(written(tmp_path, json.dumps([ENTRY | change])))


@pytest.mark.parametrize(
    ("content", "name", "named"),
    [
        ("{}", "jobs.json", "expected a list"),
        ("[" * 100_000, "jobs.json", "neither a JSON list nor CSV"),
        (b"\xff\xfe", "jobs.csv", "UTF-8"),
        (CSV.replace(",,,\n", ",whole,,,one more\n"), "jobs.csv", "too many cells"),
        ("[3]", "jobs.json", "job 1: "),
    ],
)
def test_a_file_that_is_no_list_of_jobs_is_refused(tmp_path: Path, content: str | bytes, name: str, named: str) -> None:
    with pytest.raises(ConfigurationError, match=named):
        read_jobs(written(tmp_path, content, name))


def test_no_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"none\.json: cannot be read"):
        read_jobs(tmp_path / "none.json")


@given(st.binary(max_size=300), st.sampled_from(["jobs.json", "jobs.csv"]))
def test_any_bytes_are_jobs_or_one_error(tmp_path_factory: pytest.TempPathFactory, content: bytes, name: str) -> None:
    path = tmp_path_factory.getbasetemp() / name
    path.write_bytes(content)
    try:
        assert all(isinstance(job, Job) for job in read_jobs(path))
    except ConfigurationError as error:
        assert str(path) in str(error)
