"""What is accepted without asking a person, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta
from zoneinfo import ZoneInfo

import pytest

from facility.grid_event import GridEvent, GridEventKind
from facility.respond.settings import StandingRule
from facility.respond.standing_rules import accepts
from tests.respond.grid_events import SETTINGS, grid_event

BERLIN = ZoneInfo("Europe/Berlin")
PROGRAM = SETTINGS.program("peak")
assert PROGRAM is not None
SATURDAY = timedelta(days=4)  # after the Tuesday of the events


@pytest.mark.parametrize(
    ("event", "rule", "taken"),
    [
        (grid_event(), {}, True),
        (grid_event((80.0, 100.0)), {}, True),
        (grid_event((80.0, 100.1)), {}, False),
        (grid_event((10.0,) * 5), {}, False),  # five hours
        (grid_event((2.0,), kind=GridEventKind.LEVEL), {}, True),  # 100 kW
        (grid_event((2.0,), kind=GridEventKind.LEVEL), {"most_kw": 99.0}, False),
        (grid_event((500.0,), kind=GridEventKind.IMPORT_CAP), {}, False),
        (grid_event((500.0,), kind=GridEventKind.SETPOINT), {}, False),
        (grid_event((0.3,), kind=GridEventKind.PRICE), {}, True),
        (grid_event(), {"begins_until": time(14, 59)}, False),  # 15:00 in site time
        (grid_event(), {"begins_from": time(15, 0)}, True),
        (grid_event(), {"begins_from": time(15, 1)}, False),
        (grid_event(), {"least_payment_per_kwh": 0.5}, True),
        (grid_event(), {"least_payment_per_kwh": 0.51}, False),
        (replace(grid_event(), payment_per_kwh=0.4), {"least_payment_per_kwh": 0.5}, False),
        (grid_event(start=grid_event().start + SATURDAY), {"weekdays_only": True}, False),
        (grid_event(start=grid_event().start + SATURDAY), {}, True),
    ],
)
def test_what_a_rule_takes(event: GridEvent, rule: dict[str, object], taken: bool) -> None:
    assert PROGRAM is not None
    program = PROGRAM.model_copy(update={"accept": StandingRule.model_validate({"most_kw": 100.0, **rule})})
    assert (accepts(event, program, BERLIN) is not None) is taken


def test_without_a_rule_a_person_answers_but_a_test_needs_none() -> None:
    assert PROGRAM is not None
    program = PROGRAM.model_copy(update={"accept": None})
    assert accepts(grid_event(), program, BERLIN) is None
    assert accepts(replace(grid_event(), test=True), program, BERLIN) == "a test changes no plan"
