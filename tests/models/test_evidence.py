"""What parts are judged by: rows that took no part in fitting, for components as they are, for the others by a sibling."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from models.component_power import ComponentPower
from models.evidence import Evidence, component_evidence, held_out, inlet_evidence, predicted
from models.history_rows import ComponentRows
from models.rack_inlet_fit import RackInletModel

ROWS = 800
RACKS = ["a01", "a02", "a03"]
TIMES = pd.date_range("2026-03-01", periods=ROWS, freq="15min", tz="UTC")


def component(scale_from: int = ROWS, scale: float = 1.0) -> ComponentRows:
    """A pump that draws a tenth more than its law, and another share from some row on; off for a while, and with a gap."""
    random = np.random.default_rng(7)
    prior = 10.0 + 4.0 * np.sin(np.arange(ROWS) / 96 * 2 * np.pi)
    power = 1.1 * prior + random.normal(0, 0.05, ROWS)
    power[scale_from:] *= scale
    power[20:30], power[40:44] = 0.0, np.nan
    return ComponentRows(pd.DataFrame({"prior_kw": prior}, index=TIMES), pd.Series(power, index=TIMES))


def hall(rise_from: int = ROWS, more_k: float = 0.0) -> tuple[pd.DataFrame, pd.DataFrame]:
    random = np.random.default_rng(8)
    rise = 8.0 + 2.0 * np.sin(np.arange(ROWS) / 96 * 2 * np.pi)
    rows = pd.DataFrame({"supply_air_degc": 20.0 + random.normal(0, 0.2, ROWS), "air_rise_k": rise}, index=TIMES)
    inlets = {rack: rows["supply_air_degc"] + 0.2 + (0.05 + 0.02 * k) * rise for k, rack in enumerate(RACKS)}
    measured = pd.DataFrame(inlets) + random.normal(0, 0.05, (ROWS, len(RACKS)))
    measured.iloc[rise_from:] += more_k
    return rows, measured


def fitted(found: ComponentRows) -> tuple[ComponentPower, Evidence]:
    return ComponentPower("chilled_pump", found.drivers).fit(found.rows, found.power_kw), component_evidence(found)


def test_rows_of_a_component_are_those_that_teach_and_test_it() -> None:
    model, evidence = fitted(component())
    assert model.card_.window == (evidence.rows.index[0].isoformat(), evidence.newest.isoformat())
    newest, said = held_out(model, evidence, evidence.newest_fifth)
    assert len(newest) == model.card_.test.rows  # type: ignore[union-attr]
    assert newest.errors_of(said).rmse == pytest.approx(model.card_.test.rmse)  # type: ignore[union-attr]
    assert newest.nameplate is not None
    assert newest.errors_of(newest.nameplate).rmse == pytest.approx(model.card_.prior_test.rmse)  # type: ignore[union-attr]


def test_a_component_is_judged_by_a_sibling_that_has_not_seen_the_newest_rows() -> None:
    """What acceptance rests on: whatever the newest rows say, the same answers come out."""
    model, evidence = fitted(component())
    other, changed = fitted(component(700, 1.5))
    cut = pd.Timestamp(TIMES[699])
    (_, said), (newest, same) = held_out(model, evidence, cut), held_out(other, changed, cut)
    assert newest.rows.index[0] == TIMES[700]
    assert np.array_equal(said, same)


def test_inlets_are_judged_by_a_sibling_that_has_not_seen_the_newest_rows() -> None:
    rows, measured = hall(rise_from=700, more_k=1.0)
    evidence = inlet_evidence(rows, measured)
    model = RackInletModel("hall-1").fit(rows, measured)
    newest, said = held_out(model, evidence, pd.Timestamp(TIMES[699]))
    assert newest.rows.index[0] == TIMES[700]
    misses = newest.residuals(said)
    assert misses.mean() == pytest.approx(1.0, abs=0.05)  # the model itself, which has seen them, misses less
    assert newest.residuals(predicted(model, newest.rows)).mean() < 0.95


def test_a_cut_that_leaves_too_few_rows_falls_back_to_the_newest_fifth() -> None:
    rows, measured = hall()
    newest, _ = held_out(
        RackInletModel("hall-1").fit(rows, measured), inlet_evidence(rows, measured), pd.Timestamp(TIMES[-10])
    )
    assert newest.rows.index[0] == TIMES[640]


def test_gaps_count_for_nothing() -> None:
    rows, measured = hall()
    measured.iloc[-100:-50] = np.nan
    evidence = inlet_evidence(rows, measured).after(pd.Timestamp(TIMES[-101]))
    assert len(evidence) == 50
    assert evidence.errors_of(evidence.measured.to_numpy() - 0.5).rmse == pytest.approx(0.5)
