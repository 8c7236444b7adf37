"""When a chiller trips, ours lets go: the battery stands idle, and cooling is what the plant's own controls make of it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tools.closed_loop.arguments import parse
from tools.closed_loop.cases import read_settings
from tools.closed_loop.ours import Ours, open_product
from tools.closed_loop.prologue import drive_prologue, plant_at_start

DEMO = Path(__file__).parents[2] / "site_configs" / "demo.yaml"
BATTERY = ("battery-1", "charge_power_setpoint_kw")


@pytest.mark.slow
def test_a_battery_that_a_plan_lets_go_of_stands_idle(tmp_path: Path) -> None:
    (setting,) = read_settings(parse([str(DEMO), "--days", "1", "--start", "2025-07-14T18:00+02:00"]))
    case, past = setting.case, drive_prologue(setting.case)
    measured = dict(plant_at_start(case, past).measured())
    with open_product(case.loaded, past.readings, setting.signals, tmp_path, case.start) as product:
        ours = Ours(product, past.readings, past.local, case.replan, plans_alone=True)
        led = dict(ours.decide(case.start, measured))
        assert ours.diary.failures == []
        assert led[BATTERY] < -1.0  # the evening is dear
        assert BATTERY not in ours.decide(case.start + timedelta(minutes=5), measured | led)
        tripped = measured | led | {("chiller-1", "fault_status"): 1.0}
        let_go = ours.decide(case.start + timedelta(minutes=10), tripped)
    assert let_go[BATTERY] == 0.0
    assert let_go["pool-air", "awake_servers_command"] == tripped["pool-air", "awake_servers_command"]
