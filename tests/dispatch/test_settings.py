"""The file that says how the plant notices that we are gone: wrong ones are refused with line and reason."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from facility.cli import main
from facility.dispatch.settings import load_settings, settings_path
from facility.errors import ConfigurationError
from tests.acquire.writing import FAN, POINT, crah_site

BEAT: dict[str, Any] = {"name": "bms", "device": "controller", "address": 9, "within_s": 60.0, "points": [POINT]}


def test_without_a_file_there_is_no_heartbeat(tmp_path: Path) -> None:
    settings = load_settings(crah_site(tmp_path, 1))
    assert settings.heartbeats == () and settings.heartbeat_of(POINT) is None


def test_a_file_beside_the_site_is_read(tmp_path: Path) -> None:
    loaded = crah_site(tmp_path, 1)
    settings_path(loaded).write_text(yaml.safe_dump({"heartbeats": [BEAT], "settle_min": 5.0}))
    settings = load_settings(loaded)
    found = settings.heartbeat_of(POINT)
    assert found is not None and (found.name, found.every_s) == ("bms", 5.0)
    assert settings.settle.total_seconds() == 300.0 and settings_path(loaded).name == "site.dispatch.yaml"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"device": "nobody"}, "'nobody' is no Modbus device"),
        ({"within_s": 9.0}, "at least 2 times every_s"),
        ({"points": [FAN]}, "no writable point with a reversion"),
        ({"points": ["crah-9.nothing"]}, "no writable point with a reversion"),
        ({"adress": 9}, "no such key; did you mean 'address'"),
        ({"address": 70_000}, "65535"),
    ],
)
def test_a_wrong_file_is_refused_where_it_is_wrong(tmp_path: Path, changes: dict[str, Any], reason: str) -> None:
    loaded = crah_site(tmp_path, 1)
    settings_path(loaded).write_text(yaml.safe_dump({"heartbeats": [{**BEAT, **changes}]}))
    with pytest.raises(ConfigurationError, match=reason) as refused:
        load_settings(loaded)
    assert f"{settings_path(loaded)}:" in str(refused.value)


def test_a_point_hangs_on_one_heartbeat(tmp_path: Path) -> None:
    loaded = crah_site(tmp_path, 1)
    settings_path(loaded).write_text(yaml.safe_dump({"heartbeats": [BEAT, {**BEAT, "name": "other"}]}))
    with pytest.raises(ConfigurationError, match="hangs on two heartbeats"):
        load_settings(loaded)


def test_every_fault_is_told_at_once_and_by_the_check(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    loaded = crah_site(tmp_path, 1)
    wrong = {**BEAT, "device": "nobody", "within_s": 9.0}
    settings_path(loaded).write_text(yaml.safe_dump({"heartbeats": [wrong]}))
    assert main(["check", str(loaded.path)]) == 2
    told = capsys.readouterr().err
    assert "'nobody' is no Modbus device" in told and "at least 2 times every_s" in told
