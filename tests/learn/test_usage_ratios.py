"""WUE, CUE and ERF of the demo's meters at constant powers, worked out by hand."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from facility.history.telemetry import open_telemetry
from facility.learn.site_ratios import read_site_ratios
from facility.learn.usage_ratios import usage_ratios
from facility.records import Quality
from facility.site_file import load_site
from facility.state import StateFolder
from tests.api.records_for_tests import NOW, FixedClock, batch
from tests.cycle.lived_in import DEMO

HOURS = 6
STEP = timedelta(minutes=15)


def test_ratios_of_constant_powers(tmp_path: Path) -> None:
    loaded = load_site(DEMO)
    site = loaded.site
    racks = [rack.id for hall in site.halls for rack in hall.racks]
    it_kw = 10.0 * len(racks)
    facility = it_kw * 1.25  # what is left at the meter, less battery and heat pump
    values = {point.id: 10.0 for rack in racks for point in loaded.points.of(rack, "power_kw")}
    values |= {point.id: 15.0 for one in site.batteries for point in loaded.points.of(one.id, "charge_power_kw")}
    values |= {point.id: 20.0 for one in site.heat_pumps for point in loaded.points.of(one.id, "power_kw")}
    values |= {point.id: 60.0 for one in site.heat_pumps for point in loaded.points.of(one.id, "heat_output_kw")}
    stored = sum(15.0 for _ in site.batteries) + sum(20.0 for _ in site.heat_pumps)
    values |= {"plant-1.makeup_water_lps": 0.1, f"{site.electrical.main_meter}.power_kw": facility + stored}
    assert not site.photovoltaics
    rows = [
        (point, NOW - STEP * n, value, Quality.GOOD) for point, value in values.items() for n in range(1, 4 * HOURS + 1)
    ]
    with open_telemetry(StateFolder(tmp_path), table_uri=None, raw_retention_days=30, clock=FixedClock()) as telemetry:
        telemetry.append(batch(loaded, rows))
        ratios = read_site_ratios(loaded, telemetry, NOW)
        found = {one.name: one for one in usage_ratios(loaded, telemetry, ratios)}
    assert ratios.year.value == pytest.approx(1.25)
    assert set(found) == {"interim WUE", "interim CUE", "interim ERF"}
    assert found["interim WUE"].value == pytest.approx(0.1 * 3600 / it_kw)
    assert found["interim CUE"].value == pytest.approx(1.25 * site.carbon.gco2_per_kwh / 1000)
    assert found["interim ERF"].value == pytest.approx(60.0 * len(site.heat_pumps) / facility)
    assert found["interim WUE"].measured_frac == pytest.approx(1.0)
