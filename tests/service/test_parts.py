"""The parts of the service that need no processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from facility.errors import ConfigurationError
from facility.heartbeat import LATE_AFTER, Heartbeat, read_health
from facility.service.channel import Assignment
from facility.service.child import FIRST_PAUSE, HEALTHY_AFTER, LONGEST_PAUSE, Child
from facility.service.night import next_night
from facility.service.site_watch import SiteWatch
from facility.site_file import load_site
from facility.state import StateFolder
from tests.api.records_for_tests import NOW, FixedClock


def test_a_heart_that_stops_beating_is_noticed(tmp_path: Path) -> None:
    state, clock = StateFolder(tmp_path), FixedClock()
    heartbeat = Heartbeat(state, "planner", clock)
    heartbeat.say("planning", last_error="none so far")
    clock.at += timedelta(seconds=10)
    heartbeat.beat()
    (health,) = read_health(state, clock.at)
    assert (health.alive, health.detail["activity"], health.detail["pid"]) == (True, "planning", os.getpid())
    assert datetime.fromisoformat(health.detail["since"]) == NOW  # beating is not beginning
    (late,) = read_health(state, clock.at + LATE_AFTER + timedelta(seconds=1))
    assert not late.alive
    heartbeat.say("stopped")
    (stopped,) = read_health(state, clock.at)
    assert not stopped.alive
    assert stopped.detail["last_error"] == "none so far"


def test_a_health_file_is_never_seen_half_written(tmp_path: Path) -> None:
    state = StateFolder(tmp_path)
    heartbeat = Heartbeat(state, "poller", FixedClock())
    heartbeat.say("polling", devices={f"device-{n}": {"fault": "x" * 100} for n in range(500)})
    done = threading.Event()

    def beat() -> None:
        while not done.is_set():
            heartbeat.beat()

    writer = threading.Thread(target=beat)
    writer.start()
    try:
        for _ in range(100):
            (health,) = read_health(state, NOW)
            assert len(health.detail["devices"]) == 500
    finally:
        done.set()
        writer.join()


def test_a_change_is_judged_when_it_is_whole_and_only_once(example_site: Path) -> None:
    watch = SiteWatch(load_site(example_site))
    text = example_site.read_text(encoding="utf-8")
    assert watch.look() is None
    example_site.write_text(text[:400], encoding="utf-8")  # an editor halfway through
    assert watch.look() is None
    example_site.write_text(text.replace("Example", "Other"), encoding="utf-8")
    assert watch.look() is None
    fresh = watch.look()
    assert fresh is not None
    assert fresh.site.name == "Other site"
    assert watch.look() is None

    example_site.write_text("schema: 1\n", encoding="utf-8")
    watch.look()
    with pytest.raises(ConfigurationError):
        watch.look()
    assert watch.look() is None
    assert watch.loaded is fresh


def test_a_comment_or_a_touch_is_no_change(example_site: Path) -> None:
    watch = SiteWatch(load_site(example_site))
    example_site.touch()
    assert (watch.look(), watch.look()) == (None, None)
    example_site.write_text("# said something\n" + example_site.read_text(encoding="utf-8"), encoding="utf-8")
    assert (watch.look(), watch.look()) == (None, None)


def test_a_change_of_a_profile_is_a_change_of_the_site(example_site: Path) -> None:
    watch = SiteWatch(load_site(example_site))
    profile = example_site.parent / "profiles" / "test_meter.yaml"
    profile.write_text(profile.read_text(encoding="utf-8").replace("5000]", "9000]"), encoding="utf-8")
    watch.look()
    fresh = watch.look()
    assert fresh is not None
    assert fresh.points["utility.power_kw"].high == 9000


def test_another_site_cannot_take_the_place_of_this_one(example_site: Path) -> None:
    watch = SiteWatch(load_site(example_site))
    example_site.write_text(
        example_site.read_text(encoding="utf-8").replace("id: example", "id: other"), encoding="utf-8"
    )
    watch.look()
    with pytest.raises(ConfigurationError, match="a service of its own"):
        watch.look()


def test_a_site_file_that_vanishes_is_told(example_site: Path) -> None:
    watch = SiteWatch(load_site(example_site))
    example_site.unlink()
    watch.look()
    with pytest.raises(ConfigurationError, match="cannot be read"):
        watch.look()


def dead_child() -> subprocess.Popen[bytes]:
    process = subprocess.Popen([sys.executable, "-c", "raise SystemExit(7)"])
    process.wait()
    return process


def test_a_worker_that_keeps_dying_is_started_less_and_less_often(example_site: Path, tmp_path: Path) -> None:
    assignment = Assignment(load_site(example_site), StateFolder(tmp_path), "json")
    child, now, pauses = Child("poller"), NOW, []
    for _ in range(8):
        child.process, child.started = dead_child(), now
        child.due = now + timedelta(days=1)
        assert child.tend(assignment, now)
        assert child.due is not None
        pauses.append(child.due - now)
    assert pauses[:4] == [FIRST_PAUSE * factor for factor in (1, 2, 4, 8)]
    assert pauses[-1] == LONGEST_PAUSE
    assert (child.restarts, child.last_exit) == (8, 7)

    child.process, child.started = dead_child(), now
    assert child.tend(assignment, now + HEALTHY_AFTER)  # it had run well for a while
    assert child.due == now + HEALTHY_AFTER + FIRST_PAUSE


@pytest.mark.parametrize(
    ("now", "night"),
    [
        ("2026-03-10T12:00:00+00:00", "2026-03-11T02:00:00+00:00"),
        ("2026-03-11T01:59:00+00:00", "2026-03-11T02:00:00+00:00"),
        ("2026-03-11T02:00:00+00:00", "2026-03-12T02:00:00+00:00"),
        ("2026-03-28T12:00:00+00:00", "2026-03-29T01:00:00+00:00"),  # the clock is put forward at 02:00 that night
        ("2026-10-24T12:00:00+00:00", "2026-10-25T02:00:00+00:00"),  # and back
    ],
)
def test_the_nightly_hour_is_that_of_the_clock_on_the_wall(now: str, night: str) -> None:
    local = datetime.fromisoformat(now).astimezone(ZoneInfo("Europe/Berlin"))
    assert next_night(local).astimezone(UTC) == datetime.fromisoformat(night)


LOGGING = """
import logging, sys, threading, warnings
import structlog
from facility.log import configure_logging, get_logger, log_uncaught
configure_logging(sys.argv[1], "planner")
log_uncaught()
log = get_logger("facility.test")
with structlog.contextvars.bound_contextvars(correlation_id="abc123"):
    log.info("planned", community="planted", auth_key="planted", url="postgresql://me:planted@db/x", steps=192)
threading.Thread(target=lambda: log.info("from a thread")).start()
logging.getLogger("another.library").warning("told %s", "so")
logging.getLogger("another.library").info("chatter")
warnings.warn("old ways")
def fail():
    key = "plan" + "ted in a local variable"
    raise ZeroDivisionError("a bug")
fail()
"""


def logged(form: str, folder: Path) -> str:
    script = folder / "script.py"  # a file: tracebacks show more of code whose source is there
    script.write_text(LOGGING, encoding="utf-8")
    command = [sys.executable, str(script), form]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert answer.stdout == ""
    assert answer.returncode == 1
    return answer.stderr


def test_logs_are_one_json_object_a_line_with_process_and_correlation_id(tmp_path: Path) -> None:
    entries = [json.loads(line) for line in logged("json", tmp_path).splitlines()]
    by_event = {entry["event"].strip(): entry for entry in entries}
    assert {entry["process"] for entry in entries} == {"planner"}
    planned = by_event["planned"]
    assert (planned["correlation_id"], planned["steps"], planned["level"]) == ("abc123", 192, "info")
    assert datetime.fromisoformat(planned["timestamp"]).utcoffset() == timedelta(0)
    assert "correlation_id" not in by_event["from a thread"]
    assert by_event["told so"]["logger"] == "another.library"
    assert "chatter" not in by_event
    assert any("old ways" in event for event in by_event)
    assert "ZeroDivisionError: a bug" in by_event["a fault of ours ends this process"]["exception"]


@pytest.mark.parametrize("form", ["json", "console"])
def test_logs_hold_no_secret(form: str, tmp_path: Path) -> None:
    text = logged(form, tmp_path)
    assert "planted" not in text
    assert "***@db/x" in text
