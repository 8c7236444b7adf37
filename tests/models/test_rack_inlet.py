"""Rack inlets: coefficients found again, signs held against bad data, limits with margins."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rack.air_indices import return_temperature_index, supply_heat_index
from models.rack_inlet import BEYOND_KNEE_FRAC, KNEE_RISE_K, RackInlets, air_rise_k
from models.rack_inlet_fit import RackInletModel

OFFSET, SHARE = np.array([0.1, 0.6, 1.2]), np.array([0.05, 0.15, 0.3])


def history(steps: int = 960, *, moving: bool = True, seed: int = 1) -> tuple[pd.DataFrame, pd.DataFrame]:
    generator = np.random.default_rng(seed)
    times = pd.date_range("2026-05-01", periods=steps, freq="15min", tz="UTC")
    supply = 21.0 + (1.5 * np.sign(np.sin(np.arange(steps) / 60)) if moving else 0.0) + generator.normal(0, 0.1, steps)
    rise = 10.0 + (3 * np.sin(np.arange(steps) / 96 * 2 * np.pi) if moving else 0.0) + generator.normal(0, 0.3, steps)
    inlets = supply[:, None] + OFFSET + SHARE * rise[:, None] + generator.normal(0, 0.15, (steps, 3))
    rows = pd.DataFrame({"supply_air_degc": supply, "air_rise_k": rise}, index=times)
    return rows, pd.DataFrame(inlets, index=times, columns=["a1", "a2", "a3"])


def test_coefficients_are_found_again() -> None:
    model = RackInletModel("hall-1").fit(*history())
    assert model.qualified, model.card_.reason
    np.testing.assert_allclose(model.inlets_.recirculation_frac, SHARE, atol=0.03)
    np.testing.assert_allclose(model.inlets_.offset_k, OFFSET, atol=0.35)
    assert model.card_.test is not None
    assert model.card_.test.rmse < 0.25
    assert 0.85 <= (model.card_.coverage_frac or 0) <= 1.0
    assert (model.inlets_.margin_k >= 0.3).all()


def test_without_movement_the_prior_decides_the_slope() -> None:
    model = RackInletModel("hall-1").fit(*history(moving=False))
    assert (model.inlets_.recirculation_frac > 0).all()
    rows, inlets = history(moving=False, seed=2)
    assert np.abs(model.predict(rows) - inlets.to_numpy()).mean() < 0.3  # right where it was seen
    low, high = model.inlets_.seen_supply_degc or (0.0, 0.0)
    assert high - low < 1.0
    assert model.inlets_.unseen(23.0, np.array([10.0])).all()


def test_signs_hold_against_data_that_say_otherwise() -> None:
    rows, inlets = history()
    falling = (rows["supply_air_degc"] - 0.2 * rows["air_rise_k"]).to_numpy()
    inverted = pd.DataFrame(dict.fromkeys(inlets.columns, falling), index=rows.index)
    model = RackInletModel("hall-1").fit(rows, inverted)
    assert (model.inlets_.recirculation_frac >= 0).all()
    assert (model.inlets_.offset_k >= -0.5).all()  # no rack breathes air colder than what is blown
    warmer = model.inlets_.inlet_degc(22.0, 10.0) - model.inlets_.inlet_degc(21.0, 10.0)
    np.testing.assert_allclose(warmer, 1.0)


def test_a_silent_probe_is_left_out_by_name_and_does_not_stop_the_others() -> None:
    rows, inlets = history()
    inlets["a2"] = np.nan
    model = RackInletModel("hall-1").fit(rows, inlets)
    assert model.inlets_.racks == ("a1", "a2", "a3")
    assert model.inlets_.recirculation_frac[1] == model.inlets_.recirculation_frac[2]  # as the hottest rack
    assert model.inlets_.margin_k[1] == 1.5
    assert any(note.startswith("a2: fewer than 48 inlet readings") for note in model.card_.notes)
    np.testing.assert_allclose(model.inlets_.recirculation_frac[[0, 2]], SHARE[[0, 2]], atol=0.03)


def test_a_hall_without_enough_rows_is_refused() -> None:
    with pytest.raises(ValueError, match="hall-1: 20 whole rows"):
        RackInletModel("hall-1").fit(*(part.iloc[:20] for part in history()))
    rows, inlets = history()
    with pytest.raises(ValueError, match="hall-1: no rack has 48 inlet readings"):
        RackInletModel("hall-1").fit(rows, inlets * np.nan)


def test_a_probe_silent_while_the_others_are_checked_keeps_the_priors_margin() -> None:
    rows, inlets = history()
    inlets.iloc[int(0.35 * len(inlets)) :, 1] = np.nan
    model = RackInletModel("hall-1").fit(rows, inlets)
    assert model.inlets_.margin_k[1] == 1.5


def test_intervals_follow_errors_that_are_not_symmetric() -> None:
    rows, inlets = history(steps=4000)
    draw = np.random.default_rng(5)
    inlets += draw.exponential(0.5, inlets.shape)  # hot now and then, never cold
    model = RackInletModel("hall-1").fit(rows, inlets)
    below, above = model.inlets_.interval_k
    assert (above > 1.3 * below).all()
    fresh, measured = history(steps=4000, seed=2)
    measured += draw.exponential(0.5, measured.shape)
    miss = measured.to_numpy() - model.predict(fresh)
    assert np.mean((miss >= -below) & (miss <= above)) == pytest.approx(0.9, abs=0.02)


def test_a_probe_that_drifts_is_taken_as_it_reads_of_late() -> None:
    rows, inlets = history(steps=96 * 100)
    quarter = np.linspace(-np.pi / 2, np.pi / 2, len(rows))
    inlets["a1"] += 0.2 * np.sin(quarter)  # 0.2 K low at first, 0.2 K high in the end
    inlets["a2"] -= 2.4  # reads below the supply air
    model = RackInletModel("hall-1").fit(rows, inlets)
    late = inlets.to_numpy()[-96 * 7 :] - model.predict(rows.iloc[-96 * 7 :])
    np.testing.assert_allclose(late.mean(axis=0), 0.0, atol=0.02)
    assert model.inlets_.offset_k[1] < 0


def test_the_rise_beyond_a_knee_is_learned_where_history_has_been_there() -> None:
    rows, inlets = history(steps=2000)
    inlets += 0.8 * np.maximum(rows["air_rise_k"].to_numpy() - 10.0, 0.0)[:, None]
    found = RackInletModel("hall-1").fit(rows, inlets).inlets_
    assert found.knee_k == 10.0
    np.testing.assert_allclose(found.beyond_frac, 0.8, atol=0.1)


def test_air_indices() -> None:
    assert supply_heat_index([1.2, 0.6], [12.0, 6.0]) == pytest.approx(0.1)
    assert return_temperature_index(9.0) == pytest.approx(0.75)


@given(st.floats(16, 25), st.floats(1, 20))
def test_the_greatest_rise_just_keeps_the_limit(supply: float, share_of_prior: float) -> None:
    inlets = RackInlets(("a", "b"), np.array([0.2, 0.5]), np.array([0.01, 0.01 * share_of_prior]), np.array([0.5, 0.4]))
    rise = inlets.greatest_rise_k(supply, 27.0)
    temperature, margin = inlets.hottest(supply, max(rise, 0.0))
    assert float(temperature + margin) == pytest.approx(27.0, abs=1e-6)


def test_a_knee_that_nobody_has_seen_bounds_what_is_known() -> None:
    seen = replace(RackInlets.prior(["a"]), seen_rise_k=(6.0, 12.5), knee_k=12.5)
    assert seen.known_rise_k == 12.5
    assert replace(seen, knee_k=10.0).known_rise_k == np.inf  # learned from rows beyond it
    assert RackInlets.prior(["a"]).known_rise_k == np.inf


def test_how_cold_inlets_may_be_is_known_from_history_alone() -> None:
    prior = RackInlets.prior(["a", "b"])
    learned = replace(prior, seen_rise_k=(6.0, 12.5), interval_k=np.array([[0.2, 0.5], [0.4, 0.4]]))
    assert prior.coldest_degc(16.0, 10.0) == 16.0
    assert learned.coldest_degc(16.0, 10.0) == pytest.approx(16.0 + 0.3 + 0.12 * 10.0 - 0.5)
    assert replace(learned, offset_k=learned.offset_k - 2.0).coldest_degc(16.0, 10.0) == 16.0


def test_no_room_at_all() -> None:
    assert RackInlets.prior(["a"]).greatest_rise_k(26.5, 27.0) < 0


def test_air_rise() -> None:
    """12 kW warm 1 m3/s of standard air by 10 K (1.2 kg/m3, 1.006 kJ/kgK)."""
    assert air_rise_k(12.072, 1.0) == pytest.approx(10.0)
    assert air_rise_k(12.072, 1.0, density_frac=0.8) == pytest.approx(12.5)


def test_racks_hotter_than_predicted_raise_their_own_share_and_no_other() -> None:
    inlets = RackInlets(("a", "b"), np.zeros(2), np.array([0.1, 0.1]), np.array([0.5, 0.5]))
    supply, rise = np.array([20.0, 20.0, 20.0]), np.array([5.0, 10.0, 0.5])
    measured = np.array([[21.0, 20.0], [23.5, np.nan], [29.0, 29.0]])  # the last has no air rise to speak of
    raised = inlets.raised_to(supply, rise, measured)
    assert raised.recirculation_frac == pytest.approx([0.3, 0.1])  # 20 + 0.3 x 10 + 0.5 is 23.5
    assert (
        inlets.raised_to(np.array([np.nan]), np.array([np.nan]), measured[:1]).recirculation_frac.tolist() == [0.1] * 2
    )


def test_less_air_than_servers_draw_comes_back_from_the_hot_aisle() -> None:
    inlets = RackInlets(("a",), np.array([0.3]), np.array([0.1]), np.array([0.5]))
    at_knee, beyond = inlets.inlet_degc(20.0, np.array([KNEE_RISE_K, KNEE_RISE_K + 2.0]))[:, 0]
    assert at_knee == pytest.approx(20.3 + 0.1 * KNEE_RISE_K)
    assert beyond - at_knee == pytest.approx(2.0 * (0.1 + BEYOND_KNEE_FRAC))
    seen = replace(inlets, knee_k=15.0)
    assert seen.inlet_degc(20.0, 15.0)[0] == pytest.approx(21.8)  # history was there: its line holds
    assert seen.greatest_rise_k(20.0, 27.0) < inlets.greatest_rise_k(20.0, 100.0)
