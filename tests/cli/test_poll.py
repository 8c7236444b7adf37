from __future__ import annotations

import json
import struct
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from facility.cli import main
from facility.clock import SystemClock
from facility.history.telemetry import open_telemetry
from facility.state import StateFolder
from tests.service.modbus_server import ModbusServer


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("COMMUNITY", "AUTH", "PRIV"):
        monkeypatch.setenv(f"FACILITY_TEST_{name}", "not-asked-for")


def poll(site: Path, state: Path, output: Path, seconds: float = 3.0) -> int:
    words = [
        "poll",
        str(site),
        "--state",
        str(state),
        "--for",
        str(seconds),
        "--format",
        "json",
        "--output",
        str(output),
    ]
    return main(words)


def test_poll_keeps_readings_and_counts_them_by_device(example_site: Path, tmp_path: Path) -> None:
    high, low = struct.unpack(">HH", struct.pack(">f", 250_000.0))
    with ModbusServer({0: high, 1: low}) as meter:
        text = example_site.read_text(encoding="utf-8")
        example_site.write_text(text.replace("port: 15020", f"port: {meter.port}"), encoding="utf-8")
        assert poll(example_site, tmp_path / "state", tmp_path / "out.json", seconds=6.0) == 0
        meter.shutdown()
    rows = {row["device"]: row for row in json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))}
    assert rows["meter-1"]["good"] >= 4
    assert rows["meter-1"]["latency_ms"] > 0
    assert (rows["gateway-1"]["good"], rows["gateway-1"]["stale"] > 0) == (0, True)
    assert "15021" in rows["gateway-1"]["fault"]
    state = StateFolder(tmp_path / "state")
    now = datetime.now(UTC)
    with open_telemetry(state, table_uri=None, raw_retention_days=30, read_only=True, clock=SystemClock()) as store:
        kept = store.read(["utility.power_kw"], now - timedelta(minutes=1), now + timedelta(minutes=1))
    assert len(kept) == rows["meter-1"]["good"] / 2
    assert set(kept["utility.power_kw"]) == {250.0}


def test_poll_of_a_site_where_nothing_answers_exits_with_1(example_site: Path, tmp_path: Path) -> None:
    assert poll(example_site, tmp_path / "state", tmp_path / "out.json") == 1


def polled_until_told(site: Path, folder: Path, capsys: pytest.CaptureFixture[str], words: str) -> str:
    """Poll for seconds, on a busy machine several times, until something is told; return all that was told."""
    told = ""
    for _ in range(10):
        poll(site, folder / "state", folder / "out.json")
        told += "".join(capsys.readouterr())
        if words in told:
            return told
    raise AssertionError(told)


def test_a_secret_that_is_not_there_is_told(
    example_site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("FACILITY_TEST_COMMUNITY")
    polled_until_told(example_site, tmp_path, capsys, "FACILITY_TEST_COMMUNITY is not set")


def test_a_secret_in_a_file_open_to_others_is_refused_with_the_remedy_and_not_told(
    example_site: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key = tmp_path / "community"
    key.write_text("planted", encoding="utf-8")
    key.chmod(0o644)
    text = example_site.read_text(encoding="utf-8")
    example_site.write_text(text.replace("env:FACILITY_TEST_COMMUNITY", f"file:{key}"), encoding="utf-8")
    told = polled_until_told(example_site, tmp_path, capsys, f"chmod 600 {key}")
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file() and path != key)
    assert b"planted" not in kept + told.encode()
