"""A VTN process, its business logic, and what a VEN keeps its events in; after each test nothing may have broken the standard."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from httpx import Client

from tests.house.repository import ROOT
from tests.respond.openadr.parties import BusinessLogic, SiteSide, TurnedClock


@pytest.fixture(scope="session", params=["3.1.0", "3.0.1"])
def running(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, str, Path]]:
    """A VTN process: its standard, its address, and where it says what is against the standard."""
    wrong = tmp_path_factory.mktemp("vtn") / "wrong.txt"
    command = [sys.executable, "-m", "tests.respond.openadr.vtn", "--standard", request.param, "--wrong", str(wrong)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield request.param, f"http://127.0.0.1:{int(process.stdout.readline())}", wrong
    finally:
        process.terminate()
        process.communicate(timeout=20)


@pytest.fixture
def standard(running: tuple[str, str, Path]) -> str:
    return running[0]


@pytest.fixture
def token_s() -> float:
    return 3600.0


@pytest.fixture
def clock() -> TurnedClock:
    return TurnedClock()


@pytest.fixture
def vtn(running: tuple[str, str, Path], token_s: float) -> Iterator[str]:
    """The address of a VTN that has nothing yet."""
    _, address, wrong = running
    wrong.unlink(missing_ok=True)
    assert httpx.get(f"{address}/test/reset", params={"token_s": token_s}).status_code == 200
    yield address
    httpx.get(f"{address}/test/quiet")
    assert not wrong.exists(), wrong.read_text(encoding="utf-8")


@pytest.fixture
def business(vtn: str, standard: str) -> Iterator[BusinessLogic]:
    with Client(base_url=vtn, timeout=20) as client:
        yield BusinessLogic(client, standard)


@pytest.fixture
def site(vtn: str, standard: str, clock: TurnedClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SiteSide:
    monkeypatch.setenv("TEST_VEN_SECRET", "ven-secret")
    return SiteSide(vtn, standard, tmp_path, clock)
