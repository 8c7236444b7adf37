"""The power ratio without knowing IT power: no worse than the row before, and covered."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from models.overhead.ratio import new_ratio_forecaster
from models.overhead.replay import known_rows, replay
from models.overhead.rows import overhead_rows
from models.serialise import dump_model, load_model
from models.uncertainty.scores import coverage_frac
from tests.models.overhead.plants import PARTS, daily

DAY_S = 86400.0


def test_it_beats_the_ratio_before_and_its_interval_covers() -> None:
    rows = overhead_rows(daily(900, 1), PARTS)
    said = replay(new_ratio_forecaster(DAY_S, len(PARTS)), rows).iloc[200:]
    ratio = 1 + rows.overhead_kw / rows.it_kw
    before = np.abs(np.diff(ratio))[199:]
    assert np.abs(said["mean"] - ratio[200:]).mean() < 0.85 * before.mean()
    assert 0.87 <= coverage_frac(ratio[200:], said["low"], said["high"]) <= 0.93
    assert np.abs(said["it_kw"] - rows.it_kw[200:]).mean() < 0.85 * np.abs(np.diff(rows.it_kw))[199:].mean()


def test_the_it_power_of_the_row_is_not_looked_at() -> None:
    rows = overhead_rows(daily(60, 2), PARTS)
    forecaster, known = new_ratio_forecaster(DAY_S, len(PARTS)), known_rows(rows, DAY_S)
    for row in range(59):
        forecaster.update(known[row], rows.parts_kw[row])
    assert forecaster.predict(known[59]) == forecaster.predict(replace(known[59], it_kw=1e6))


def test_it_power_that_stops_for_a_day_leaves_a_ratio_to_speak_of() -> None:
    frame = daily(100, 3)
    frame.iloc[80, 0] = 1.0
    said = replay(new_ratio_forecaster(DAY_S, len(PARTS)), overhead_rows(frame, PARTS))
    assert np.isfinite(said.iloc[2:].to_numpy()).all()
    assert (said["it_kw"].iloc[1:] > 0).all()
    assert said["mean"].iloc[90:].max() < 1.1


def test_a_row_without_power_is_refused_before_anything_is_learned() -> None:
    rows = overhead_rows(daily(30, 4), PARTS)
    forecaster, known = new_ratio_forecaster(DAY_S, len(PARTS)), known_rows(rows, DAY_S)
    for row in range(29):
        forecaster.update(known[row], rows.parts_kw[row])
    said = forecaster.predict(known[29])
    with pytest.raises(ValueError, match="needs power"):
        forecaster.update(replace(known[29], it_kw=float("nan")), rows.parts_kw[29])
    assert forecaster.predict(known[29]) == said
    assert load_model(dump_model(forecaster)).predict(known[29]) == said
