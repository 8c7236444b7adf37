"""What breaks, from a file; what cannot break is refused with its line."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from facility.errors import ConfigurationError
from facility.site_file import LoadedSite
from tools.closed_loop.conditions import Failure
from tools.closed_loop.failure_files import read_failures

BEGINS, ENDS = "2025-06-02T12:00+02:00", "2025-06-02T14:00+02:00"


def written(folder: Path, *rows: str, heading: str = "equipment,kind,begins,ends") -> Path:
    path = folder / "failures.csv"
    path.write_text("\n".join([heading, *rows, ""]), encoding="utf-8")
    return path


def test_machines_trip_and_sensors_stick(toy: LoadedSite, tmp_path: Path) -> None:
    path = written(
        tmp_path, f"chiller-1,trip,{BEGINS},{ENDS}", f"r1.inlet_temperature_degc, stuck,{BEGINS},2025-06-03T00:00Z"
    )
    noon, two = datetime(2025, 6, 2, 10, tzinfo=UTC), datetime(2025, 6, 2, 12, tzinfo=UTC)
    assert read_failures(path, toy) == (
        Failure("chiller-1", "trip", noon, two),
        Failure("r1.inlet_temperature_degc", "stuck", noon, datetime(2025, 6, 3, tzinfo=UTC)),
    )


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (f"chiller-9,trip,{BEGINS},{ENDS}", "no equipment 'chiller-9'"),
        (f"chiller-1,explode,{BEGINS},{ENDS}", "kind 'explode'; expected trip, stuck, drift"),
        (f"r1.mood,stuck,{BEGINS},{ENDS}", "no sensor 'r1.mood'"),
        (f"chiller-1,trip,2025-06-02T12:00,{ENDS}", "has no offset"),
        (f"chiller-1,trip,{ENDS},{BEGINS}", "not after it begins"),
        ("chiller-1,trip,today,tomorrow", "today"),
        ("chiller-1,trip", "isoformat"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(toy: LoadedSite, tmp_path: Path, row: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=r"failures\.csv:3: ") as caught:
        read_failures(written(tmp_path, f"chiller-1,trip,{BEGINS},{ENDS}", row), toy)
    assert said in str(caught.value)


def test_columns_and_files_that_are_missing(toy: LoadedSite, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no column kind"):
        read_failures(written(tmp_path, heading="equipment,begins,ends"), toy)
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read_failures(tmp_path / "nothing.csv", toy)
