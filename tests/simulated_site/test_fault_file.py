"""The fault file of the socket server: what it calls for, as it changes, and what is said when it is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.simulated_site.steady import steady_site
from tools.simulated_site.__main__ import _call_faults
from tools.simulated_site.fault_file import FaultFile
from tools.simulated_site.faults import Call, Fault


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "faults.json"


def test_an_absent_file_means_none(path: Path) -> None:
    assert FaultFile(None).calls() == FaultFile(path).calls() == {}


def test_it_follows_the_file(path: Path) -> None:
    faults = FaultFile(path)
    path.write_text('{"chiller-1": "trip", "pdu-a01": {"fault": "slow", "amount": 1.5}}')
    assert faults.calls() == {"chiller-1": Call(Fault.TRIP), "pdu-a01": Call(Fault.SLOW, 1.5)}
    assert faults.state_of("pdu-a01") == (Fault.SLOW, 1.5)
    assert faults.state_of("pdu-a02") == (Fault.NONE, 0.0)
    path.write_text('{"pdu-a01": "slow"}')
    assert faults.state_of("pdu-a01") == (Fault.SLOW, 2.0)
    path.unlink()
    assert faults.calls() == {}


@pytest.mark.parametrize(
    "text", ['{"chiller-1": "tr', '{"chiller-1": "melt"}', '["trip"]', '{"chiller-1": {}}', '{"chiller-1": 3}']
)
def test_a_file_that_cannot_be_read_changes_nothing(path: Path, text: str) -> None:
    faults = FaultFile(path)
    path.write_text('{"crah-1": "trip"}')
    assert faults.calls() == {"crah-1": Call(Fault.TRIP)}
    path.write_text(text)
    assert faults.calls() == {"crah-1": Call(Fault.TRIP)}
    assert "faults.json" in faults.complaint
    assert "trip" in faults.complaint  # what there is
    path.write_text("{}")
    assert faults.calls() == {}
    assert faults.complaint == ""


def test_a_refused_fault_is_said_once_and_the_others_happen(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    site, faults, said = steady_site("demo", 20.0, 12.0, hours=0.0), FaultFile(path), ""
    path.write_text('{"nobody": "trip", "crah-1": "trip"}')
    for _ in range(3):
        said = _call_faults(site, faults, said)
    assert capsys.readouterr().err.count("nobody") == 1
    site.run(1)
    assert site.values()[("crah-1", "on_status")] == 0.0
    path.write_text("{}")
    assert _call_faults(site, faults, said) == ""
    site.run(1)
    assert site.values()[("crah-1", "on_status")] == 1.0
