"""The demo itself, as `make run` starts it."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).parents[2]


def start(folder: Path, *options: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tools.demo", "--state", str(folder), *options]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def wait_for(demo: subprocess.Popen[str], text: str) -> str:
    """Read what the demo says until it says this."""
    assert demo.stdout is not None
    said = ""
    for line in demo.stdout:
        said += line
        if text in line:
            return said
    pytest.fail(f"never said {text!r}:\n{said}")


def left_behind(folder: Path) -> list[str]:
    """Return command lines of processes that work on a folder."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        words = process.info["cmdline"] or []
        if any(str(folder) in word for word in words):
            found.append(" ".join(words))
    return found


def within(seconds: float, condition: Callable[[], bool]) -> bool:
    deadline_s = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline_s:
        time.sleep(0.05)
    return condition()


def gone(folder: Path) -> bool:
    return within(25.0, lambda: not left_behind(folder))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_leaves_no_child_behind(tmp_path: Path, number: signal.Signals) -> None:
    folder = tmp_path / "a b"
    with start(folder, "--days", "0.05") as demo:
        wait_for(demo, "facility poll")
        places = json.loads((folder / "ports.json").read_text())
        socket.create_connection(("127.0.0.1", places["plant-controller"]["port"]), timeout=2).close()
        assert within(20.0, lambda: len(left_behind(folder)) == 3)  # the demo, the devices, the poll
        demo.send_signal(number)
        demo.communicate(timeout=40)
    assert demo.returncode == (-number if number == signal.SIGKILL else 130)
    assert gone(folder), left_behind(folder)


@pytest.mark.slow
def test_once_ends_with_recommendations_and_a_second_run_resumes(tmp_path: Path) -> None:
    folder = tmp_path / "a b"
    with start(folder, "--once") as first:
        said, _ = first.communicate(timeout=280)
    assert first.returncode == 0, said
    ports = (folder / "ports.json").read_text()
    with start(folder, "--once") as second:
        said, _ = second.communicate(timeout=280)
    assert second.returncode == 0, said
    assert (folder / "ports.json").read_text() == ports
    assert gone(folder), left_behind(folder)


@pytest.mark.slow
def test_serves_its_page_until_interrupted(tmp_path: Path) -> None:
    folder = tmp_path / "a b"
    with start(folder) as demo:
        said = wait_for(demo, "facility serve: http://")
        place = json.loads((folder / "ports.json").read_text())["web"]
        assert f"http://{place['host']}:{place['port']}/" in said
        with socket.create_connection((place["host"], place["port"]), timeout=5) as page:
            page.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            assert page.recv(100).startswith(b"HTTP/1.1 200")
        demo.send_signal(signal.SIGINT)
        demo.communicate(timeout=60)
    assert demo.returncode == 130
    assert gone(folder), left_behind(folder)
