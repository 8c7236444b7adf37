"""Readings as Parquet: the same columns and values as the CSV, with what they are beside them."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow.parquet as pq
from httpx import Client

from facility.history.telemetry import open_telemetry
from facility.records import Quality
from facility.site_file import LoadedSite
from facility.state import StateFolder
from tests.api.records_for_tests import NOW, FixedClock, batch

WANTED = [
    ("point", "utility.power_kw"),
    ("point", "rack-01.feed-a.power_kw"),
    ("from", "2026-03-10T11:58:00Z"),
    ("step", "60"),
]


def store(loaded: LoadedSite, state: Path) -> None:
    rows = [("utility.power_kw", NOW - timedelta(seconds=n), 400.0 + n, Quality.GOOD) for n in range(1, 100)]
    rows += [("rack-01.feed-a.power_kw", NOW - timedelta(seconds=1), 60.0, Quality.GOOD)]
    with open_telemetry(StateFolder(state), table_uri=None, raw_retention_days=30, clock=FixedClock()) as telemetry:
        telemetry.append(batch(loaded, rows))


def test_parquet_holds_what_the_csv_holds(client: Client, loaded: LoadedSite, tmp_path: Path) -> None:
    store(loaded, tmp_path)
    answer = client.get("/api/v1/history", params=[*WANTED, ("format", "parquet")])
    assert answer.headers["content-type"] == "application/vnd.apache.parquet"
    assert answer.headers["content-disposition"] == 'attachment; filename="example-20260310T1158Z.parquet"'
    table = pq.read_table(io.BytesIO(answer.content))
    text = client.get("/api/v1/history", params=[*WANTED, ("format", "csv")]).text
    heading, *lines = csv.reader(io.StringIO(text))
    assert table.column_names == heading == ["time [UTC]", "utility.power_kw [kW]", "rack-01.feed-a.power_kw [kW]"]
    columns = [column.to_pylist() for column in table.columns]
    assert columns[0] == [datetime.fromisoformat(line[0]) for line in lines]
    assert columns[0][0] == datetime(2026, 3, 10, 11, 58, tzinfo=UTC)
    for number in (1, 2):
        assert columns[number] == [float(line[number]) if line[number] else None for line in lines]
    assert columns[2] == [None, 60.0]  # a gap is null


def test_parquet_tells_what_it_holds(client: Client, loaded: LoadedSite, tmp_path: Path) -> None:
    store(loaded, tmp_path)
    answer = client.get("/api/v1/history", params=[*WANTED, ("format", "parquet")])
    schema = pq.read_schema(io.BytesIO(answer.content))
    assert schema.field(1).metadata == {b"point": b"utility.power_kw", b"unit": b"kW"}
    assert schema.metadata[b"site_time_zone"] == b"Europe/Berlin"
    assert schema.metadata[b"values"] == b"means over 60 s"
    assert schema.metadata[b"site_revision"] == loaded.revision.encode()
