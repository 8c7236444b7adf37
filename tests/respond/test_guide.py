"""docs/demand_response.md: its settings are read, its event is taken, its outcomes, states and methods are those of the code."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

from facility.api.routes.dr_hook import MOST_EVENTS, HookEvents
from facility.api.signed_route import AUDITED, KEY, SENDER
from facility.respond.event_state import GridEventState
from facility.respond.reception import Outcome
from facility.respond.settings import BaselineMethod, load_settings, settings_path
from facility.signed import HOLDS, SIGNATURE, TIMESTAMP
from facility.site_file import load_site

GUIDE = (Path(__file__).parents[2] / "docs" / "demand_response.md").read_text(encoding="utf-8")


def block(language: str) -> str:
    found = re.search(rf"^```{language}\n(.*?)^```", GUIDE, flags=re.DOTALL | re.MULTILINE)
    assert found is not None
    return found[1]


def first_cells() -> set[str]:
    rows = (line.split("|")[1] for line in GUIDE.splitlines() if line.startswith("| `"))
    return {name for row in rows for name in re.findall(r"`([^`]+)`", row)}


def test_its_settings_are_read(example_site: Path) -> None:
    loaded = load_site(example_site)
    settings_path(loaded).write_text(block("yaml").replace(", tiers: [batch]", ""))  # the example site has no tiers
    program = load_settings(loaded).program("summer-peak")
    assert program is not None and program.accept is not None and program.levels_kw["3"] == 150.0


def test_its_event_is_one() -> None:
    given = HookEvents.model_validate_json(block("json"))
    assert given.events[0].program == "summer-peak"


def test_its_words_and_numbers_are_those_of_the_code() -> None:
    headers = {SENDER, TIMESTAMP, SIGNATURE, KEY}
    assert first_cells() == {one.value for one in Outcome} | set(get_args(BaselineMethod)) | headers
    assert all(f"`{state.value}`" in GUIDE for state in GridEventState)
    assert f"up to {MOST_EVENTS} events" in GUIDE and f"up to {AUDITED.burst} and then one a minute" in GUIDE
    assert HOLDS.total_seconds() == 300.0 and "it holds for five minutes" in GUIDE
