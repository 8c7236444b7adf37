"""`facility writes` as an engineer uses it: off by default, allowed by name, one request shown or sent."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from facility.cli import main
from facility.clock import SystemClock
from facility.heartbeat import Heartbeat
from facility.state import StateFolder
from tests.acquire.servers import tcp_server
from tests.acquire.writing import FAN, POINT, Controller, crah_site

Console = pytest.CaptureFixture[str]


@pytest.fixture
def controller() -> Controller:
    return Controller()


@pytest.fixture
def port(controller: Controller) -> Iterator[int]:
    """A controller that serves from a thread of its own while the command runs in this one."""
    ready, done, found = threading.Event(), threading.Event(), list[int]()

    async def serve() -> None:
        async with tcp_server(controller.answer) as at:
            found.append(at)
            ready.set()
            await asyncio.to_thread(done.wait)

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    ready.wait()
    yield found[0]
    done.set()
    thread.join()


@pytest.fixture
def site_file(tmp_path: Path, port: int) -> Path:
    return crah_site(tmp_path, port).path


def writes(action: str, site: Path, *words: str) -> int:
    return main(["writes", action, str(site), *words, "--state", str(site.parent / "state")])


def decide(action: str, site: Path, *words: str, reason: str = "commissioned") -> int:
    return writes(action, site, *words, "--by", "R. Weber", "--reason", reason)


def listed(site: Path, console: Console) -> dict[str, dict[str, Any]]:
    console.readouterr()
    assert writes("list", site, "--format", "json") == 0
    return {row["point"]: row for row in json.loads(console.readouterr().out)}


def test_nothing_is_written_until_somebody_has_allowed_the_point(
    site_file: Path, controller: Controller, capsys: Console
) -> None:
    assert decide("set", site_file, POINT, "21.5") == 1
    assert f"or with `facility writes allow SITE {POINT} --reason WHY`" in capsys.readouterr().err
    assert not listed(site_file, capsys)[POINT]["allowed"]
    assert decide("allow", site_file, POINT) == 0
    assert decide("set", site_file, POINT, "21.5") == 0
    assert "21.5 degC written; the device reports 21.5 degC" in capsys.readouterr().out
    assert decide("set", site_file, POINT, "21.5") == 0
    assert "unchanged, nothing sent" in capsys.readouterr().out
    row = listed(site_file, capsys)[POINT]
    assert (row["allowed_by"], row["last_value"], row["last_state"]) == ("R. Weber", 21.5, "written")
    assert (row["writes_last_day"], row["writes_per_day"]) == (1, 24)
    assert controller.registers[0] == 215
    assert decide("forbid", site_file, POINT, reason="filter change") == 0
    assert decide("set", site_file, POINT, "22") == 1


def test_a_dry_run_sends_nothing_and_says_what_forbids_the_write(
    site_file: Path, controller: Controller, capsys: Console
) -> None:
    assert decide("set", site_file, POINT, "21.5", "--dry-run", "--format", "json") == 0
    row = json.loads(capsys.readouterr().out)
    assert row["request"].endswith("06 00 00 00 d7")
    assert "no engineer allows" in row["refused_now"]
    decide("allow", site_file, POINT)
    capsys.readouterr()
    assert decide("set", site_file, POINT, "21.5", "--dry-run") == 0
    shown = capsys.readouterr().out
    assert "would be sent as" in shown
    assert "refused" not in shown
    assert decide("set", site_file, POINT, "60", "--dry-run") == 1
    assert "lies outside the allowed" in capsys.readouterr().err
    assert controller.written == []


def test_what_somebody_else_set_is_shown_and_cleared(site_file: Path, controller: Controller, capsys: Console) -> None:
    decide("allow", site_file, POINT, FAN)
    decide("set", site_file, POINT, "21.5")
    controller.registers[0] = 195
    assert decide("set", site_file, POINT, "22") == 1
    row = listed(site_file, capsys)[POINT]
    assert (row["expected"], row["found"]) == (21.5, 19.5)
    assert decide("clear", site_file, POINT, reason="the night shift asked for it") == 0
    assert listed(site_file, capsys)[POINT]["overridden_since"] is None
    assert decide("clear", site_file, POINT) == 1
    assert "is not overridden" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("until", "code", "said"),
    [
        ("2999-03-31", 0, "until 2999-04-01 00:00"),
        ("2999-03-31T18:00", 0, "until 2999-03-31 18:00"),
        ("soon", 2, "--until soon: expected a date such as"),
        ("2020-01-01", 2, "--until 2020-01-01 is past"),
    ],
)
def test_leave_ends_when_it_was_said_to(site_file: Path, capsys: Console, until: str, code: int, said: str) -> None:
    assert decide("allow", site_file, POINT, "--until", until) == code
    shown = capsys.readouterr()
    assert said in " ".join((shown.out + shown.err).split())


def test_only_points_of_the_site_file_can_be_allowed(site_file: Path, capsys: Console) -> None:
    assert decide("allow", site_file, POINT, "crah-1.fan_power_kw") == 1
    assert "list it under `writable` in site.yaml" in capsys.readouterr().err
    assert not listed(site_file, capsys)[POINT]["allowed"], "one is refused: none is allowed"


def test_a_decision_needs_a_reason(site_file: Path, capsys: Console) -> None:
    with pytest.raises(SystemExit) as refused:
        writes("allow", site_file, POINT)
    assert refused.value.code == 2
    assert "--reason" in capsys.readouterr().err


def test_beside_the_service_a_device_that_does_not_answer_is_explained(tmp_path: Path, capsys: Console) -> None:
    site = crah_site(tmp_path, 1).path
    decide("allow", site, POINT)
    Heartbeat(StateFolder(tmp_path / "state"), "poller", SystemClock()).say("polling")
    assert decide("set", site, POINT, "21") == 1
    assert "some Modbus servers take one client: stop the service for the write" in capsys.readouterr().err


def test_a_serial_line_is_left_to_the_service_that_polls_it(tmp_path: Path, capsys: Console) -> None:
    site = crah_site(tmp_path, 1).path
    site.write_text(site.read_text().replace('"port": 1,', '"port": 1, "framing": "rtu",'))
    decide("allow", site, POINT)
    Heartbeat(StateFolder(tmp_path / "state"), "poller", SystemClock()).say("polling")
    assert decide("set", site, POINT, "21") == 1
    assert "a line bears one master" in capsys.readouterr().err
