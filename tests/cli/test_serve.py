"""What `facility serve` refuses before it starts anything."""

from __future__ import annotations

from pathlib import Path

import pytest

from facility.cli import main
from tests.service.certificates import certificate


def refusal(site: Path, state: Path, capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(["serve", str(site), "--state", str(state), "--port", "0", *words]) == 2
    assert not state.exists()
    return capsys.readouterr().err


def test_tls_needs_files_that_work(example_site: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files, state = certificate(tmp_path), tmp_path / "state"
    chosen = ("--tls-certificate", str(files.certificate))
    assert "TLS needs both" in refusal(example_site, state, capsys, *chosen)
    assert "TLS needs both" in refusal(example_site, state, capsys, "--tls-key", str(files.key))
    other = certificate(tmp_path, stem="other").key
    assert "does not belong to" in refusal(example_site, state, capsys, *chosen, "--tls-key", str(other))


@pytest.mark.parametrize("proxy", ["nginx", "10.0.0.5/24", "10.0.0.256"])
def test_a_proxy_is_an_address(
    example_site: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], proxy: str
) -> None:
    told = refusal(example_site, tmp_path / "state", capsys, "--behind-proxy", proxy)
    assert f"--behind-proxy {proxy}: expected an address or a network" in told
