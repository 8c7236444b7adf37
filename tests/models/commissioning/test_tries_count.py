"""Two hours at a setpoint that was tried belong to the range seen, even in a year of history; a glitch does not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from models.component.rows import training_rows
from models.rack.learning import learn_inlets

YEAR = pd.date_range("2025-04-01", periods=365 * 96, freq="15min", tz="UTC")


@pytest.mark.parametrize(("rows_at", "high"), [(8, 10.0), (3, 8.0)])
def test_a_component_has_seen_it(rows_at: int, high: float) -> None:
    leaving = np.full(len(YEAR), 8.0)
    leaving[20_000 : 20_000 + rows_at] = 10.0
    table = pd.DataFrame({"prior_kw": 60.0, "leaving_water_degc": leaving, "power_kw": 55.0}, index=YEAR)
    seen = training_rows(table, ["prior_kw", "leaving_water_degc"]).seen
    assert (seen.low[1], seen.high[1]) == (8.0, high)


@pytest.mark.parametrize(("rows_at", "high"), [(8, 21.0), (3, 19.0)])
def test_a_hall_has_seen_it(rows_at: int, high: float) -> None:
    supply = np.full(len(YEAR), 19.0)
    supply[20_000 : 20_000 + rows_at] = 21.0
    rise = 6.0 + np.sin(np.arange(len(YEAR)) / 96 * 2 * np.pi)
    rows = pd.DataFrame({"supply_air_degc": supply, "air_rise_k": rise}, index=YEAR)
    inlets = pd.DataFrame({"a1": supply + 0.3 + 0.1 * rise, "a2": supply + 0.4 + 0.12 * rise}, index=YEAR)
    seen = learn_inlets("hall-1", rows, inlets).inlets.seen_supply_degc
    assert seen is not None and seen == pytest.approx((19.0, high), abs=1e-6)
