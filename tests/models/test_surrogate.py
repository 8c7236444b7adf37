"""State tables: pieces below, chord above, ranges honest, against the plant itself between the knots."""

from __future__ import annotations

import dataclasses
import time

import numpy as np
import pytest

from models.convex_pieces import feasible_run, fewest_pieces, fitted_line, lower_envelope, upper_chord
from models.cooling import JointState, Load, Mode
from models.scaled_loads import loads_at
from models.surrogate import DOMINATED, StateTable, build_state_table
from tests.models.small_plant import load, plant


def forecast(steps: int = 24) -> Load:
    return load(np.linspace(140, 220, steps), np.linspace(120, 180, steps), np.linspace(2, 21, steps))


def table(steps: int = 24, **options: object) -> StateTable:
    expected = forecast(steps)
    total = expected.it_air_kw.sum(axis=1) + expected.it_liquid_kw.sum(axis=1)
    return build_state_table(
        plant(),
        expected,
        heat_low_kw=0.7 * total,
        heat_high_kw=1.3 * total,
        **options,  # type: ignore[arg-type]
    )


def test_pieces_and_chord_enclose_the_plant_between_the_knots() -> None:
    made, expected = table(prune=False), forecast()
    generator = np.random.default_rng(3)
    over: list[float] = []
    under: list[float] = []
    loose: list[float] = []
    for s in generator.choice(len(made.states), 25, replace=False):
        for t in generator.choice(24, 4, replace=False):
            if not made.available[t, s] or made.heat_max_kw[t, s] <= made.heat_min_kw[t, s]:
                continue
            heat = np.linspace(made.heat_min_kw[t, s], made.heat_max_kw[t, s], 15)
            row = expected.at([t])
            power = plant().evaluate(made.states[s], loads_at(row, heat[None])).overhead_kw
            below = (made.slope[t, s] * heat[:, None] + made.intercept_kw[t, s]).max(axis=1)
            above = made.upper_slope[t, s] * heat + made.upper_intercept_kw[t, s]
            over += list(np.maximum(below - power, 0.0))
            under += list(np.maximum(power - above, 0.0))
            loose += list(np.maximum(power - below - made.piece_error_kw[t, s], 0.0))
    assert len(over) > 400
    # Exact at the knots; between them the secants of a convex curve lie a little above it.
    for error_kw in (over, under, loose):
        assert np.quantile(error_kw, 0.95) < 0.4
        assert max(error_kw) < 5.0  # next to a chiller's capacity the power may step with the fan trial


def test_make_up_water_is_nearly_a_line_of_the_heat() -> None:
    found = table(12)
    expected = forecast(12)
    middle = 0.5 * (found.heat_min_kw + found.heat_max_kw)
    for state in range(0, len(found.states), 7):
        used = plant().evaluate(found.states[state], loads_at(expected, middle[:, state : state + 1]))
        line = found.water_slope_lps_per_kw[:, state] * middle[:, state] + found.water_intercept_lps[:, state]
        open_ = found.available[:, state] & used.feasible
        np.testing.assert_allclose(line[open_], used.makeup_water_lps[open_], rtol=0.03)
    assert (found.water_slope_lps_per_kw[found.available] >= 0.0).all()


def test_unavailable_states_name_their_limit() -> None:
    made = table()
    assert ((made.limit == "") == made.available).all()
    named = set(made.limit[~made.available])
    assert "plant-1: economizer too warm" in named
    assert DOMINATED in named


def test_pruning_keeps_the_cheapest_of_every_mode_and_water() -> None:
    whole, pruned = table(prune=False), table(prune=True)
    total = forecast().it_air_kw.sum(axis=1) + forecast().it_liquid_kw.sum(axis=1)

    def cheapest(made: StateTable, members: list[int], heat: np.ndarray) -> list[float]:
        power = (made.slope * heat[:, None, None] + made.intercept_kw).max(axis=2)
        inside = (made.heat_min_kw <= heat[:, None]) & (heat[:, None] <= made.heat_max_kw) & made.available
        return list(np.where(inside, power, np.inf)[:, members].min(axis=1))

    assert pruned.available.sum() < 0.5 * whole.available.sum()
    for mode, water in {(state.mode, state.leaving_water_degc) for state in whole.states}:
        members = [s for s, state in enumerate(whole.states) if (state.mode, state.leaving_water_degc) == (mode, water)]
        for part in (0.75, 1.0, 1.25):
            np.testing.assert_allclose(
                cheapest(pruned, members, part * total), cheapest(whole, members, part * total), atol=1.0
            )


def test_a_range_cut_by_a_limit_ends_inside_it() -> None:
    expected = load([200.0], 160.0, 18.0)
    made = build_state_table(
        plant(), expected, heat_low_kw=np.array([200.0]), heat_high_kw=np.array([900.0]),
        states=[JointState(Mode.MECHANICAL, 12.0, (21.0,), 1)],
    )  # fmt: skip
    assert made.available.all()
    assert 440.0 < made.heat_max_kw[0, 0] < 900.0
    top = plant().evaluate(made.states[0], loads_at(expected, made.heat_max_kw))
    assert top.feasible.all()


def test_a_single_heat_is_enough() -> None:
    expected = load([200.0])
    made = build_state_table(
        plant(), expected, heat_low_kw=np.array([360.0]), heat_high_kw=np.array([360.0]),
        states=[JointState(Mode.MECHANICAL, 12.0, (21.0,), 1)],
    )  # fmt: skip
    power = plant().evaluate(made.states[0], expected).overhead_kw[0]
    assert made.slope[0, 0].max() * 360 + made.intercept_kw[0, 0].max() == pytest.approx(power)
    assert made.heat_min_kw[0, 0] == made.heat_max_kw[0, 0] == 360.0


def test_envelope_against_brute_force() -> None:
    generator = np.random.default_rng(0)
    part, value = np.linspace(0, 1, 8), generator.normal(size=(50, 8)).cumsum(axis=1)
    envelope = lower_envelope(part, value)
    assert (envelope <= value + 1e-12).all()
    assert (np.diff(envelope, 2, axis=1) >= -1e-9).all()
    touched = np.isclose(envelope, value).sum(axis=1)
    assert (touched >= 2).all()  # the ends always
    for row in range(50):  # no line below all samples lies above the envelope anywhere
        for i in range(8):
            for k in range(i + 1, 8):
                line = value[row, i] + (value[row, k] - value[row, i]) * (part - part[i]) / (part[k] - part[i])
                if (line <= value[row] + 1e-12).all():
                    assert (line <= envelope[row] + 1e-9).all()


def test_pieces_grow_until_the_error_is_small() -> None:
    heat = np.linspace(0, 10, 9)[None]
    power, everywhere = heat**3 / 20, np.ones((1, 9), bool)
    envelope = lower_envelope(np.linspace(0, 1, 9), power)
    coarse = fewest_pieces(heat, envelope, power, everywhere, tolerance=3.0)
    fine = fewest_pieces(heat, envelope, power, everywhere, tolerance=0.0)
    assert coarse[0].shape[-1] < fine[0].shape[-1]
    assert coarse[2][0] <= 3.0
    assert fine[2][0] == pytest.approx(0.0, abs=1e-9)


def test_runs_and_chords() -> None:
    feasible = np.array([[True, False, True, True, False], [False] * 5, [True] * 5])
    run = feasible_run(feasible)
    assert run[0].tolist() == [False, False, True, True, False]
    assert not run[1].any()
    assert run[2].all()
    heat = np.broadcast_to(np.linspace(0, 4, 5), (3, 5))
    power = np.sqrt(heat)  # concave: the chord must be lifted
    slope, intercept = upper_chord(heat, power, run)
    assert (slope[2] * heat[2] + intercept[2] >= power[2] - 1e-12).all()
    assert slope[2] == pytest.approx(0.5)


def test_a_line_is_fitted_to_feasible_samples_alone() -> None:
    heat = np.broadcast_to(np.linspace(0, 4, 5), (3, 5))
    feasible = np.array([[True, True, True, False, False], [False] * 5, [False, True, False, False, False]])
    values = np.where(feasible, 2.0 * heat + 1.0, np.nan)
    slope, intercept = fitted_line(heat, values, feasible)
    assert slope.tolist() == pytest.approx([2.0, 0.0, 0.0])
    assert intercept.tolist() == pytest.approx([1.0, 0.0, 3.0])


@pytest.mark.slow
def test_two_days_are_tabulated_in_seconds() -> None:
    began = time.process_time()
    made = table(192)
    assert time.process_time() - began < 2.0  # 0.2 s on the 2-core machine it was measured on
    assert made.available.any(axis=1).all()


# Each step is asked, or most are drawn between those that are; then one in some thousand is not borne, as when all were asked.
@pytest.mark.parametrize(("steps", "borne_frac", "off_frac"), [(6, 1.0, 0.08), (60, 0.999, 0.1)])
def test_it_heat_and_heat_beside_the_coils_are_kept_apart(steps: int, borne_frac: float, off_frac: float) -> None:
    """Charging must not pay for fans, nor servers go without them."""
    expected = forecast(steps)
    low, high = 0.9 * expected.heat_kw, 1.2 * expected.heat_kw
    made = build_state_table(
        plant(), expected, heat_low_kw=low - 100.0, heat_high_kw=high + 100.0, it_range_kw=(low, high), knots=12, prune=False
    )  # fmt: skip
    assert made.ends is not None
    generator = np.random.default_rng(5)
    errors: list[float] = []
    borne: list[bool] = []
    for s, state in enumerate(made.states):
        it_kw, room_kw = (generator.uniform(*span) for span in ((low, high), (low - 80.0, high + 80.0)))
        asked = dataclasses.replace(loads_at(expected, it_kw[:, None]), direct_kw=room_kw - it_kw)
        answer = plant().evaluate(state, asked)
        inside = made.available[:, s] & (room_kw >= made.heat_min_kw[:, s]) & (room_kw <= made.heat_max_kw[:, s])
        inside &= it_kw <= made.ends.high_kw[:, s]
        borne.extend(answer.feasible[inside])
        pieces = (made.slope[:, s] * room_kw[:, None] + made.intercept_kw[:, s]).max(axis=1)
        found = pieces + made.ends.power_kw(it_kw)[:, s]
        errors.extend((found / answer.overhead_kw - 1.0)[inside])
    assert len(errors) > 50
    assert np.mean(borne) >= borne_frac  # a state is asked in the middle of its range: at its ends it may bear less
    assert np.abs(errors).max() < 0.2  # one state in hundreds, where the airflow turns to its other trial
    assert np.quantile(np.abs(errors), 0.99) < off_frac
    assert np.abs(errors).mean() < 0.03
