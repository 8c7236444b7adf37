"""Coils are learned from the chilled water that they took: fouled ones are found, and answered for where nothing was tried."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from models.coil_fit import LEAST_ROWS, CoilFit, fit_coils, flow_lps, nameplate_lps
from models.coil_rows import AIR, FLOW, LIQUID, NEEDED
from models.cooling import JointState, Mode
from models.hall_air import coils_of
from models.plant_model import CoolingPlant
from models.serialise import dump_model, load_model
from tests.models.small_plant import load, plant

LEFT_FRAC, AIR_SHARE = 0.75, 0.55


def asked(plant: CoolingPlant, rows: int, low: float, high: float, seed: int = 0) -> pd.DataFrame:
    """Return what coils of `LEFT_FRAC` of their conductance took where they needed an effectiveness between low and high."""
    random = np.random.default_rng(seed)
    index = pd.date_range("2026-03-01", periods=rows, freq="15min", tz="UTC")
    table = pd.DataFrame({FLOW: 0.0, LIQUID: 0.4}, index=index)
    for hall in plant.halls:
        table[f"{hall}.{AIR}"] = random.uniform(0.4, 0.7, rows)
        table[f"{hall}.{NEEDED}"] = random.uniform(low, high, rows)
    coils = {hall.id: coils_of(hall, plant.water_rise_k) for hall in plant.hall_parts}
    truth = flow_lps(coils, table, np.array([np.log(LEFT_FRAC), AIR_SHARE]))
    return table.assign(**{FLOW: truth * random.normal(1.0, 0.01, rows)})


def test_fouled_coils_are_found_and_answer_beyond_what_was_tried() -> None:
    learned = fit_coils(plant(), asked(plant(), 288, 0.45, 0.55))
    assert learned.qualified, learned.card.reason
    beyond = asked(plant(), 200, 0.6, 0.7, seed=1)
    missed = np.log(learned.predict_lps(beyond) / beyond[FLOW])
    by_nameplate = np.log(nameplate_lps(plant(), beyond) / beyond[FLOW])
    assert abs(missed.mean()) < 0.05
    assert abs(by_nameplate.mean()) > 0.2


def test_few_rows_are_refused_and_coils_as_rated_stay_so() -> None:
    with pytest.raises(ValueError, match=f"{LEAST_ROWS} are needed"):
        fit_coils(plant(), asked(plant(), LEAST_ROWS - 1, 0.45, 0.55))
    rows = asked(plant(), 288, 0.45, 0.65)
    as_rated = fit_coils(plant(), rows.assign(**{FLOW: nameplate_lps(plant(), rows)}))
    assert as_rated.conductance_frac == pytest.approx(1.0, abs=0.02)


def test_a_plant_with_fouled_coils_takes_more_water_for_the_same_heat() -> None:
    learned = fit_coils(plant(), asked(plant(), 288, 0.45, 0.6))
    fouled = dataclasses.replace(plant(), hall_parts=tuple(learned.apply_to(hall) for hall in plant().hall_parts))
    state = JointState(Mode.MECHANICAL, 16.0, (21.0,), 1)
    clean_kw, fouled_kw = (one.evaluate(state, load(230.0)).chilled_pump_kw[0] for one in (plant(), fouled))
    assert fouled_kw > clean_kw


def test_it_survives_storage() -> None:
    learned = fit_coils(plant(), asked(plant(), 120, 0.45, 0.6))
    again = load_model(dump_model(learned))
    assert isinstance(again, CoilFit)
    rows = asked(plant(), 50, 0.5, 0.6, seed=2)
    np.testing.assert_array_equal(again.predict_lps(rows), learned.predict_lps(rows))


def test_water_that_a_bypass_moves_says_nothing_of_coils() -> None:
    rows = asked(plant(), 288, 0.45, 0.55)
    bypassed = rows.assign(**{FLOW: 1.5 * rows[FLOW].max() * np.random.default_rng(3).normal(1.0, 0.002, len(rows))})
    assert not fit_coils(plant(), bypassed).qualified
