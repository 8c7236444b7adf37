"""The benchmark of polling at a small size: what it measures is really polled, stored and compared."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tools.bench.__main__ import main
from tools.bench.poll_fleet import Fleet
from tools.bench.poll_site import fleet_site, point_ids
from tools.bench.whole_way import Faults, drive

SNMPD = shutil.which("snmpd") or shutil.which("snmpd", path="/usr/sbin:/usr/local/sbin")
# What the issue of polling at scale names, and what must come with it.
METRICS = {
    "snmp_v2c_cpu_ms_per_1000_varbinds",
    "snmp_v3_cpu_ms_per_1000_varbinds",
    "snmp_v2c_ratio_to_pysnmp",
    "snmp_v3_ratio_to_pysnmp",
    "snmp_v2c_ratio_to_gufo",
    "snmp_v2c_ratio_to_snmpbulkwalk",
    "modbus_cpu_us_per_request_125",
    "whole_way_cpu_share_of_core",
    "whole_way_rss_mb",
    "whole_way_late_readings",
    "whole_way_10s_cpu_share_of_core",
    "healthy_late_readings_with_faults",
    "rss_slope_mb_per_hour_with_faults",
}


def test_the_site_of_a_fleet_has_the_points_that_are_looked_for(tmp_path: Path) -> None:
    fleet = Fleet(snmp=3, modbus=2, interval_s=7.0, flush_interval_s=21.0)
    loaded = fleet_site(tmp_path, fleet, port=1610)
    wanted = [name for device in range(fleet.devices) for name in point_ids(device, fleet.points_of(device))]
    assert len(wanted) == len(set(wanted)) == fleet.points == len(loaded.points)
    assert all(name in loaded.points for name in wanted)
    assert {point.interval_s for point in loaded.points} == {7.0}
    addresses = {
        device.snmp.host if device.snmp else device.modbus and device.modbus.host for device in loaded.site.devices
    }
    assert len(addresses) == fleet.devices
    assert loaded.site.history.flush_interval_s == 21.0


@pytest.mark.slow
def test_a_small_fleet_goes_the_whole_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    way = drive(Fleet(snmp=8, modbus=2, interval_s=1.0, flush_interval_s=1.5), intervals=4)
    assert way.answered > 4 * (8 * 60 + 2 * 100)
    assert 0.95 * way.answered <= way.stored.good <= way.answered, (
        "what was answered is stored, but for polls cut by the end"
    )
    assert way.stored.wrong == 0
    assert way.stored.late_share < 0.2
    assert way.flushes >= 2
    assert 0.001 < way.cpu_share < 1.0
    assert way.peak_rss_mb >= way.steady_rss_mb > 50.0
    assert list(tmp_path.iterdir()) == [], "nothing is left behind"


@pytest.mark.slow
def test_devices_that_are_well_are_polled_beside_faulty_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    fleet = Fleet(snmp=10, modbus=10, interval_s=1.0, flush_interval_s=2.0, timeout_s=0.2)
    way = drive(fleet, intervals=4, faults=Faults(period_s=1.0, slow_s=0.3))
    assert way.stored.wrong == 0
    assert way.stored.late_share < 0.2
    assert way.stored.good > 3 * (8 * 60 + 8 * 100)


@pytest.mark.slow
def test_everything_is_measured_in_one_run(capsys: pytest.CaptureFixture[str]) -> None:
    if SNMPD is None or not Path("/usr/include/modbus/modbus.h").exists():
        pytest.skip("snmpd (net-snmp) or libmodbus is not installed")
    assert main(["poll", "--quick", "--format", "json"]) == 0
    rows = {row["metric"]: row["value"] for row in json.loads(capsys.readouterr().out)}
    assert set(rows) >= METRICS
    assert rows["snmp_v2c_ratio_to_pysnmp"] < 0.5, "far less than stock pysnmp takes"
    assert 0.1 < rows["snmp_v2c_cpu_ms_per_1000_varbinds"] < 100.0
    assert 10.0 < rows["modbus_cpu_us_per_request_125"] < 5_000.0
    assert 0.001 < rows["whole_way_cpu_share_of_core"] < 1.0
    assert 50.0 < rows["whole_way_rss_mb"] < 2_000.0
