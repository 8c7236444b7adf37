"""docs/device_profiles.md says what is so: its commands and its code run, and its files are valid."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from facility.cli import main
from facility.profile import load_profile
from facility.site import Device
from tests.house.repository import ROOT

DOCUMENT = (ROOT / "docs" / "device_profiles.md").read_text(encoding="utf-8")


def blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```", DOCUMENT, flags=re.DOTALL | re.MULTILINE)


def test_its_commands_run_one_after_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, content in re.findall(r"^```csv file=(\S+)\n(.*?)^```", DOCUMENT, flags=re.DOTALL | re.MULTILINE):
        (tmp_path / name).write_text(content, encoding="utf-8")
    commands = [line for block in blocks("sh") for line in block.splitlines()]
    assert len(commands) >= 5
    for line in commands:
        program, *words = shlex.split(line)
        assert program == "facility"
        assert main(words) == 0, line
    capsys.readouterr()
    made = load_profile("my_crah", tmp_path)
    assert made.points["supply_air_temperature_setpoint_degc"].address == 20


@pytest.mark.parametrize("code", blocks("python"))
def test_its_code_runs(code: str) -> None:
    command = [sys.executable, "-W", "error", "-c", code]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert run.returncode == 0, run.stderr


def test_its_profile_loads_and_its_devices_are_valid(tmp_path: Path) -> None:
    texts = blocks("yaml")
    (profile_text,) = [text for text in texts if "profile: my_pdu" in text]
    (tmp_path / "my_pdu.yaml").write_text(profile_text, encoding="utf-8")
    assert load_profile("my_pdu", tmp_path).tables["outlets"].label is not None
    (devices,) = [yaml.safe_load(text)["devices"] for text in texts if text.startswith("devices:")]
    for content in devices:
        device = Device.model_validate(content)
        profile = load_profile(device.profile)
        assert set(device.rows) <= set(profile.tables)
        assert set(device.intervals_s) <= set(profile.groups)


def test_the_options_that_it_shows_are_known(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["profiles", "test", "--help"])
    known = capsys.readouterr().out
    shown: list[Any] = re.findall(r"(--[a-z-]+)", "\n".join(blocks("console")))
    assert shown
    assert [option for option in shown if option not in known] == []
