"""A fifth of the conditions held out of made-up plants that follow another law than their plates: there too the plate is beaten."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from models import chiller
from models.accuracy import errors
from models.chiller_curves import CENTRIFUGAL, SCREW, VARIABLE_SPEED, ChillerCurves
from models.component_power import ComponentPower

STEPS, RATED_KW, PLATE_COP, COP = 2000, 1000.0, 5.5, 5.0
DRIVERS = ("part_load_frac", "leaving_water_degc", "entering_condenser_degc")


def history(curves: ChillerCurves) -> tuple[pd.DataFrame, pd.Series[float]]:
    """A machine that works harder when it is warm, its load measured within 3 %."""
    random, hours = np.random.default_rng(0), np.arange(STEPS) / 4
    entering = 24 + 3 * np.sin(hours / 24 * 2 * np.pi) + 2 * np.sin(hours / 90) + random.normal(0, 0.5, STEPS)
    load = 650 + 40 * (entering - 24) + 60 * np.sin(hours / 50) + random.normal(0, 80, STEPS)
    load = np.clip(load, 250, 1000)
    leaving = 7.5 + random.normal(0, 0.4, STEPS)
    true_load = load * (1 + random.normal(0, 0.03, STEPS))
    law = chiller.power_kw(load, leaving, entering, rated_cooling_kw=RATED_KW, rated_cop=PLATE_COP, curves=CENTRIFUGAL)
    power = chiller.power_kw(true_load, leaving, entering, rated_cooling_kw=RATED_KW, rated_cop=COP, curves=curves)
    part_load = load / chiller.available_capacity_kw(RATED_KW, leaving, entering, CENTRIFUGAL)
    times = pd.date_range("2026-03-01", periods=STEPS, freq="15min", tz="UTC")
    columns = dict(zip(DRIVERS, (part_load, leaving, entering), strict=True))
    return pd.DataFrame({"prior_kw": law, **columns}, index=times), pd.Series(power, times)


@pytest.mark.slow
@pytest.mark.parametrize("curves", [SCREW, VARIABLE_SPEED])
@pytest.mark.parametrize("driver", ["part_load_frac", "entering_condenser_degc"])
@pytest.mark.parametrize("above", [True, False])
def test_the_plate_is_beaten_where_nothing_was_seen(curves: ChillerCurves, driver: str, above: bool) -> None:
    rows, power = history(curves)
    unseen = rows[driver] > rows[driver].quantile(0.8) if above else rows[driver] < rows[driver].quantile(0.2)
    model = ComponentPower("chiller", DRIVERS).fit(rows[~unseen], power[~unseen])
    ours, plate = (errors(power[unseen], said).rmse for said in (model.predict(rows[unseen]), rows["prior_kw"][unseen]))
    assert ours < 0.95 * plate
