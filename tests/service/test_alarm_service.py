"""The alarms of a site in service, with the worker killed meanwhile: told once, and as they were afterwards."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.service.alarm_receivers import WebServer, web_server
from tests.service.running_service import RunningService

SILENT = "device_silent:gateway-1"


@pytest.fixture
def web() -> Iterator[WebServer]:
    with web_server() as server:
        yield server


@pytest.fixture
def service(example_site: Path, tmp_path: Path, web: WebServer) -> Iterator[RunningService]:
    environment = dict.fromkeys(("FACILITY_TEST_COMMUNITY", "FACILITY_TEST_AUTH", "FACILITY_TEST_PRIV"), "unused")
    environment |= {
        "FACILITY_ALARM_WEBHOOK_URL": web.url,
        "FACILITY_ALARM_WEBHOOK_SECRET": "env:HOOK",
        "FACILITY_ALARM_WEBHOOK_PRIORITY": "low",
        "HOOK": "planted-hook-secret-31ac",
    }
    running = RunningService(example_site, tmp_path / "state", environment)
    yield running
    if running.process.poll() is None:
        running.process.kill()
        running.process.wait()


@pytest.mark.slow
def test_an_alarm_is_told_once_and_outlives_a_kill(service: RunningService, web: WebServer) -> None:
    def raised() -> list[dict[str, Any]]:
        return [one for post in web.posts for one in post.notices if one["alarm"] == SILENT]

    def alarm() -> dict[str, Any]:
        found: dict[str, Any] = service.get(f"/api/v1/alarms/{SILENT}").json()
        return found

    exported = service.wait_for(lambda: service.logged("head of the audit trail"))[0]["head"]
    assert exported in next((service.state / "audit_heads").iterdir()).read_text(encoding="utf-8")
    (told,) = service.wait_for(raised, 150.0)
    before = alarm()
    assert (told["what"], told["text"], before["state"]) == ("raised", before["text"], "unacknowledged")
    assert "last answer never" in before["text"]
    worker = service.wait_for(lambda: service.worker("alarms"))
    assert worker is not None
    worker.kill()
    service.wait_for(lambda: service.process_health("alarms")["restarts"] == 1)
    begun = service.process_health("alarms")["last_success"]
    service.wait_for(lambda: (service.process_health("alarms")["last_success"] or "") > (begun or ""), 60.0)
    assert alarm() == before
    assert len(raised()) == 1
    service.stop(signal.SIGTERM)
    assert "planted-hook-secret" not in service.log_path.read_text(encoding="utf-8")
