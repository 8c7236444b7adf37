"""The whole service as processes, polled, changed, hurt and stopped from outside."""

from __future__ import annotations

import os
import re
import signal
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import psutil
import pytest

from facility.history.journal import open_journal
from facility.service.supervisor import ROLES
from facility.state import StateFolder
from tests.service.modbus_server import ModbusServer
from tests.service.running_service import RunningService, all_gone, command_line

SECRETS = {
    "FACILITY_TEST_COMMUNITY": "planted-community-5e1f",
    "FACILITY_TEST_AUTH": "planted-auth-key-77ab",
    "FACILITY_TEST_PRIV": "planted-priv-key-90cd",
}


def float_registers(value: float) -> dict[int, int]:
    high, low = struct.unpack(">HH", struct.pack(">f", value))
    return {0: high, 1: low}


@pytest.fixture(scope="module")
def meter() -> Iterator[ModbusServer]:
    with ModbusServer(float_registers(412_500.0)) as server:
        yield server
        server.shutdown()


@pytest.fixture
def site(example_site: Path, meter: ModbusServer) -> Path:
    text = example_site.read_text(encoding="utf-8")
    example_site.write_text(text.replace("port: 15020", f"port: {meter.port}"), encoding="utf-8")
    return example_site


@pytest.fixture
def service(site: Path, tmp_path: Path) -> Iterator[RunningService]:
    running = RunningService(site, tmp_path / "state", SECRETS)
    yield running
    if running.process.poll() is None:
        running.process.kill()
        running.process.wait()


def device_states(service: RunningService) -> dict[str, str]:
    return {device["device"]: device["status"] for device in service.health()["devices"]}


@pytest.mark.slow
def test_a_site_in_service(service: RunningService, site: Path) -> None:
    def utility_kw() -> float | None:
        latest = service.get("/api/v1/latest", equipment="utility").json()
        value: float | None = next(each for each in latest if each["point"] == "utility.power_kw")["value"]
        return value

    assert service.wait_for(utility_kw) == 412.5
    service.wait_for(lambda: not service.health()["missing"])
    service.wait_for(
        lambda: (devices := device_states(service))["meter-1"] == "ok" and devices["gateway-1"] == "failing"
    )
    assert "facility_point_value" in service.get("/api/v1/metrics").text

    _a_cycle_without_data_is_told_and_journaled(service)
    _a_changed_site_is_swapped_and_a_bad_one_refused(service, site)
    _a_worker_that_dies_is_started_again(service)
    _no_secret_is_found_anywhere(service)

    workers = service.workers()
    assert len(workers) >= 3
    assert service.stop() < 12.0
    assert service.process.returncode == 0
    assert all_gone(workers, within_s=0.5)


def _a_cycle_without_data_is_told_and_journaled(service: RunningService) -> None:
    planner = service.wait_for(lambda: (said := service.process_health("planner"))["last_error"] and said, 60.0)
    assert isinstance(planner, dict)
    assert "not enough data" in planner["last_error"]
    assert "not enough data" in service.wait_for(lambda: service.process_health("trainer")["last_error"], 60.0)
    (told, *_) = service.logged("no plan yet")
    with closing(open_journal(None, StateFolder(service.state))) as journal:
        (event, *_) = journal.events(kind="cycle.failed")
    assert event.correlation_id == told["correlation_id"]
    assert event.detail["kind"] == "NotEnoughDataError"


def _a_changed_site_is_swapped_and_a_bad_one_refused(service: RunningService, site: Path) -> None:
    first = service.get("/api/v1/site").json()["revision"]
    text = site.read_text(encoding="utf-8")
    site.write_text(text.replace("name: Example site", "nam: Example site"), encoding="utf-8")
    refused = service.wait_for(lambda: service.logged("changed site file refused; the old one stays in force"))
    assert "did you mean 'name'" in refused[0]["reason"]
    assert service.get("/api/v1/site").json()["revision"] == first

    site.write_text(text.replace("name: Example site", "name: Renamed site"), encoding="utf-8")
    service.wait_for(lambda: service.get("/api/v1/site").json()["name"] == "Renamed site")
    second = service.get("/api/v1/site").json()["revision"]
    assert second != first
    service.wait_for(lambda: [each for each in service.logged("site taken over") if each["process"] == "poller"])
    with closing(open_journal(None, StateFolder(service.state))) as journal:
        events = {event.kind: event.detail for event in journal.events(kind="site")}
    assert "did you mean 'name'" in str(events["site.refused"]["reason"])
    assert events["site.reloaded"]["before"] == first
    assert len(service.logged("changed site file refused; the old one stays in force")) == 1


def _a_worker_that_dies_is_started_again(service: RunningService) -> None:
    poller = service.wait_for(lambda: service.worker("poller"))
    assert poller is not None
    poller.kill()
    service.wait_for(lambda: service.process_health("poller")["restarts"] == 1)
    again = service.wait_for(lambda: service.worker("poller"))
    assert again is not None
    assert again.pid != poller.pid
    died = next(entry for entry in service.logged("worker died") if entry["worker"] == "poller")
    assert died["exit_code"] == -signal.SIGKILL
    service.wait_for(lambda: service.process_health("poller")["activity"] == "polling")


def _no_secret_is_found_anywhere(service: RunningService) -> None:
    answers = b"".join(
        service.get(path).content
        for path in (
            "/plain",
            "/openapi.json",
            *(f"/api/v1/{topic}" for topic in ("site", "points", "latest", "health", "metrics")),
        )
    )
    kept = b"".join(path.read_bytes() for path in service.state.rglob("*") if path.is_file())
    command_lines = " ".join(word for process in service.workers() for word in command_line(process)).encode()
    for secret in SECRETS.values():
        for place in (answers, kept, command_lines, service.log_path.read_bytes()):
            assert secret.encode() not in place


def test_workers_die_with_a_supervisor_that_is_killed(service: RunningService) -> None:
    workers = service.wait_for(lambda: len(found := service.workers()) == len(ROLES) and found)
    service.wait_for((service.state / "health" / "poller.json").exists)
    service.process.kill()
    service.process.wait()
    assert isinstance(workers, list)
    assert all_gone(workers, within_s=12.0)


@pytest.mark.slow
def test_the_first_admin_is_told_once_and_reading_can_be_closed(site: Path, tmp_path: Path) -> None:
    def told(words: tuple[str, ...]) -> tuple[list[str], int, int]:
        running = RunningService(site, tmp_path / "state", SECRETS, *words)
        try:
            first = re.findall(r"first sign-in as admin with the password (\S+)", running.log_path.read_text("utf-8"))
            read = running.wait_for(lambda: running.get("/api/v1/site").status_code)
            body = {"name": "admin", "password": first[0] if first else "guessed"}
            return first, read, httpx.post(f"{running.url}api/v1/session", json=body, timeout=10.0).status_code
        finally:
            running.stop()

    first, *statuses = told(())
    assert (len(first), statuses) == (1, [200, 204])
    assert told(("--sign-in-to-read",)) == ([], 401, 401)


def test_ctrl_c_leaves_no_worker_behind(service: RunningService) -> None:
    workers = service.wait_for(lambda: len(found := service.workers()) == len(ROLES) and found)
    assert isinstance(workers, list)
    os.killpg(service.process.pid, signal.SIGINT)  # as a terminal does
    assert service.process.wait(15) == 0
    assert all_gone(workers, within_s=0.5)


@pytest.mark.slow
def test_a_second_service_on_the_same_state_and_a_taken_port_are_refused(service: RunningService, site: Path) -> None:
    command = [sys.executable, "-P", "-m", "facility", "serve", str(site)]
    second = subprocess.run(
        [*command, "--state", service.state, "--port", "0"], capture_output=True, text=True, timeout=30, check=False
    )
    assert second.returncode == 2
    assert f"served already, by process {service.process.pid}" in second.stderr
    port = service.url.rstrip("/").rpartition(":")[2]
    other = service.state.with_name("other")
    third = subprocess.run(
        [*command, "--state", other, "--port", port], capture_output=True, text=True, timeout=30, check=False
    )
    assert third.returncode == 2
    assert "choose another --port" in third.stderr
    assert psutil.pid_exists(service.process.pid)
