"""A finding opens once, is kept for every process to read, and closes when its point has been right for a while."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from facility.errors import HistoryError
from facility.findings import FindingsFile, read_findings, write_findings
from facility.history.journal import SqlJournal, open_journal
from facility.records import Finding, Quality, Reading, ReadingBatch
from facility.state import StateFolder
from facility.trust.believed import BelievedTelemetry
from facility.trust.store import RIGHT_FOR, keep_watch
from tests.trust.watched import HEALTHY_FOR, JULY, Broken, Scaled, watched
from tools.closed_loop.memory_telemetry import MemoryTelemetry
from tools.simulated_site.faults import Fault

HOUR = timedelta(hours=1)
INLET = "a05.inlet_temperature_degc"


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[SqlJournal]:
    with closing(open_journal(None, StateFolder(tmp_path))) as journal:
        yield journal


def told(journal: SqlJournal) -> list[tuple[str, str, datetime]]:
    return [(event.kind, event.subject, event.time) for event in journal.events(kind="trust")]


class FlaggedTelemetry:
    """Implements `facility.ports.Telemetry`: readings flagged as the poller flags them, which stay so when a finding closes."""

    def __init__(self, telemetry: MemoryTelemetry) -> None:
        self._telemetry = telemetry
        self._flagged: dict[str, tuple[datetime, datetime]] = {}

    def flag(self, findings: Sequence[Finding], now: datetime) -> None:
        for finding in findings:
            self._flagged[finding.point] = finding.since, now

    def append(self, batch: ReadingBatch) -> None:
        self._telemetry.append(batch)

    def read(
        self, points: Sequence[str], start: datetime, end: datetime, step: timedelta | None = None
    ) -> pd.DataFrame:
        frame = self._telemetry.read(points, start, end, step)
        for point, (since, until) in self._flagged.items():
            if point in frame:
                frame.loc[(frame.index >= since) & (frame.index < until), point] = np.nan
        return frame

    def read_rows(self, points: Sequence[str], start: datetime, end: datetime) -> pd.DataFrame:
        rows = self._telemetry.read_rows(points, start, end)
        for point, (since, until) in self._flagged.items():
            rows.loc[(rows["point"] == point) & (rows["time"] >= since) & (rows["time"] < until), "quality"] = (
                Quality.SUSPECT
            )
        return rows

    def latest(self, points: Sequence[str] | None = None) -> Mapping[str, Reading]:
        return self._telemetry.latest(points)


class FirstReadings(FlaggedTelemetry):
    """Readings that begin at a time."""

    def __init__(self, telemetry: MemoryTelemetry, begin: datetime) -> None:
        super().__init__(telemetry)
        self._begin = begin

    def read(
        self, points: Sequence[str], start: datetime, end: datetime, step: timedelta | None = None
    ) -> pd.DataFrame:
        frame = super().read(points, start, end, step)
        frame.loc[frame.index < self._begin] = np.nan
        return frame

    def read_rows(self, points: Sequence[str], start: datetime, end: datetime) -> pd.DataFrame:
        return super().read_rows(points, max(start, min(self._begin, end)), end)


@pytest.mark.slow
def test_a_fault_opens_stays_and_closes(journal: SqlJournal, tmp_path: Path) -> None:
    """The probe is off by 4 K for 30 hours: longer than an inspection looks back."""
    loaded, measured = watched(JULY, 76, Broken(INLET, Fault.BIAS, 4.0, hours=30.0))
    telemetry = FlaggedTelemetry(measured)
    path, began = tmp_path / "findings.json", JULY + HEALTHY_FOR
    mended, watching, is_open = began + 30 * HOUR, [began + number * HOUR for number in range(0, 52, 2)], []
    for at in watching:
        findings = keep_watch(loaded, telemetry, journal, path, at)
        telemetry.flag(findings, at)
        is_open.append(bool(findings))
    opened, closed = is_open.index(True), len(is_open) - is_open[::-1].index(True)
    assert is_open == [False] * opened + [True] * (closed - opened) + [False] * (len(is_open) - closed)
    assert watching[opened] - began <= 2 * HOUR
    assert RIGHT_FOR <= watching[closed] - mended <= RIGHT_FOR + 2 * HOUR
    assert told(journal) == [("trust.opened", INLET, watching[opened]), ("trust.closed", INLET, watching[closed])]
    assert "reads" in str(journal.events(kind="trust.opened")[0].detail["evidence"])
    assert read_findings(path) == []


def test_a_finding_does_not_change_while_it_is_open(journal: SqlJournal, tmp_path: Path) -> None:
    loaded, telemetry = watched(JULY, 30, Scaled("a07.power_kw", 10.0))
    path, at = tmp_path / "findings.json", JULY + HEALTHY_FOR + 4 * HOUR
    first = keep_watch(loaded, telemetry, journal, path, at)
    written = path.stat().st_mtime_ns
    assert keep_watch(loaded, telemetry, journal, path, at + HOUR) == first
    assert path.stat().st_mtime_ns == written
    assert len(told(journal)) == 1


def test_a_wrong_scale_is_dated_from_when_the_meter_was_last_right(journal: SqlJournal, tmp_path: Path) -> None:
    loaded, telemetry = watched(JULY, 60, Scaled("a07.power_kw", 10.0))
    (finding,) = keep_watch(loaded, telemetry, journal, tmp_path / "findings.json", JULY + 59 * HOUR)
    assert (finding.point, finding.factor, finding.since) == ("a07.power_kw", 10.0, JULY + HEALTHY_FOR)


def test_a_scale_that_was_always_wrong_is_dated_from_the_first_reading(journal: SqlJournal, tmp_path: Path) -> None:
    loaded, telemetry = watched(JULY + timedelta(hours=1), 60, Scaled("ups-1.output_power_kw", 0.1))
    always = FirstReadings(telemetry, JULY + HEALTHY_FOR + 2 * HOUR)
    (finding,) = keep_watch(loaded, always, journal, tmp_path / "findings.json", JULY + 59 * HOUR)
    assert (finding.point, finding.since) == ("ups-1.output_power_kw", JULY + HEALTHY_FOR + 2 * HOUR)


def test_what_is_flagged_is_still_looked_at(journal: SqlJournal, tmp_path: Path) -> None:
    """The poller flags what is not believed: the finding must neither close for want of readings nor stay for ever."""
    loaded, telemetry = watched(JULY, 40, Broken(INLET, Fault.BIAS, 4.0, hours=6.0))
    path, began = tmp_path / "findings.json", JULY + HEALTHY_FOR
    findings = keep_watch(loaded, telemetry, journal, path, began + 2 * HOUR)
    flagged = BelievedTelemetry(telemetry, findings)
    assert flagged.read([INLET], began + HOUR, began + 2 * HOUR)[INLET].isna().all()
    assert keep_watch(loaded, flagged, journal, path, began + 5 * HOUR) == findings
    assert keep_watch(loaded, flagged, journal, path, began + 8 * HOUR) == findings  # right, but not for long
    assert keep_watch(loaded, flagged, journal, path, began + 11 * HOUR) == ()


def test_a_silent_point_proves_nothing(journal: SqlJournal, tmp_path: Path) -> None:
    loaded, telemetry = watched(JULY, 27, Broken(INLET, Fault.BIAS, 4.0))
    path, began = tmp_path / "findings.json", JULY + HEALTHY_FOR
    findings = keep_watch(loaded, telemetry, journal, path, began + 2 * HOUR)
    assert [finding.point for finding in findings] == [INLET]
    for hours in (6, 12, 24):  # no reading after three hours
        assert keep_watch(loaded, telemetry, journal, path, began + hours * HOUR) == findings


def test_a_point_that_the_site_no_longer_has_is_closed(journal: SqlJournal, tmp_path: Path) -> None:
    loaded, telemetry = watched(JULY, 27)
    path = tmp_path / "findings.json"
    write_findings(path, [Finding("gone.power_kw", "stuck", JULY, "it rests")], [None])
    assert keep_watch(loaded, telemetry, journal, path, JULY + 26 * HOUR) == ()
    assert [kind for kind, _, _ in told(journal)] == ["trust.closed"]


def test_a_plan_does_not_see_what_is_not_believed() -> None:
    loaded, telemetry = watched(JULY, 27, Broken(INLET, Fault.BIAS, 4.0))
    since = JULY + HEALTHY_FOR
    believed = BelievedTelemetry(telemetry, [Finding(INLET, "jump", since, "it jumped")])
    frame = believed.read([INLET, "a06.inlet_temperature_degc"], JULY, since + 2 * HOUR, loaded.site.step)
    assert frame[INLET].notna().sum() == HEALTHY_FOR / loaded.site.step
    assert frame["a06.inlet_temperature_degc"].notna().all()
    assert believed.latest()[INLET].quality is Quality.SUSPECT
    assert believed.latest()["a06.inlet_temperature_degc"].quality is Quality.GOOD
    rows = believed.read_rows([INLET], since - HOUR, since + HOUR)
    assert set(rows.loc[rows["time"] >= since, "quality"]) == {Quality.SUSPECT}
    assert set(rows.loc[rows["time"] < since, "quality"]) == {Quality.GOOD}
    midway = BelievedTelemetry(telemetry, [Finding(INLET, "jump", since + timedelta(minutes=7), "it jumped")])
    assert midway.read([INLET], since, since + HOUR, loaded.site.step)[INLET].isna().all()


def test_the_file_is_read_again_only_when_it_has_changed(tmp_path: Path) -> None:
    path = tmp_path / "state" / "findings.json"
    file = FindingsFile(path)
    assert file.by_point() == {}
    finding = Finding("r1.power_kw", "scale", JULY, "ten times too small", 0.1)
    write_findings(path, [finding], [JULY + HOUR])
    assert file.by_point() == {"r1.power_kw": finding}
    assert read_findings(path) == [(finding, JULY + HOUR)]
    assert file.by_point() is file.by_point()
    path.unlink()
    assert file.by_point() == {}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"format": 2, "findings": []}',
        '{"format": 1, "findings": [{"point": "a"}]}',
        '{"format": 1, "findings": 3}',
    ],
)
def test_a_damaged_file_is_said_once_and_changes_nothing(tmp_path: Path, text: str) -> None:
    path = tmp_path / "findings.json"
    write_findings(path, [Finding("r1.power_kw", "stuck", JULY, "it rests")], [None])
    file = FindingsFile(path)
    before = file.by_point()
    path.write_text(text)
    with pytest.raises(HistoryError, match=r"findings\.json"):
        file.by_point()
    assert file.by_point() == before


def test_the_file_is_plain_json(tmp_path: Path) -> None:
    path = tmp_path / "findings.json"
    write_findings(path, [Finding("r1.power_kw", "scale", JULY, "ten times too small", 0.1)], [None])
    said = json.loads(path.read_text())
    assert said["findings"][0]["point"] == "r1.power_kw"
    assert not list(tmp_path.glob("*.new"))
