"""docs/alarms.md lists exactly the conditions, states and settings that there are."""

from __future__ import annotations

import re
from pathlib import Path

from facility.alarms.alarm import AlarmState
from facility.alarms.catalogue import CATALOGUE, Definition
from facility.service.alarm_settings import NAMES

DOCUMENT = (Path(__file__).parents[2] / "docs" / "alarms.md").read_text(encoding="utf-8")


def row(one: Definition) -> str:
    delays = f"{one.on_delay_s:g}, {one.off_delay_s:g}"
    return f"| `{one.condition}` | {one.title} | {one.priority.value} | {delays} | {one.response} |"


def section(name: str) -> str:
    return DOCUMENT.split(f"\n## {name}\n")[1].split("\n## ")[0]


def test_it_lists_the_conditions() -> None:
    written = [line for line in section("Conditions").splitlines() if line.startswith("| `")]
    assert written == [row(one) for one in CATALOGUE.values()]


def test_it_lists_the_states() -> None:
    assert re.findall(r"^\| `(\w+)` \|", section("States"), flags=re.MULTILINE) == [state.value for state in AlarmState]


def test_it_lists_the_settings() -> None:
    assert set(re.findall(r"`(FACILITY_ALARM_\w+)`", section("E-mail and webhook"))) == NAMES
