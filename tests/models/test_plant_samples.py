"""What is told of steps between those asked: near the plant's own answer, and feasible where the plant says so."""

from __future__ import annotations

import numpy as np
import pytest

from models.cooling import JointState, Load, Mode, answers
from models.plant_samples import sample, steps_to_ask
from models.scaled_loads import loads_at
from tests.models.small_plant import load, plant

STEPS, HEATS = 96, 6


@pytest.fixture(scope="module")
def forecast() -> Load:
    """Two days in which free cooling comes and goes."""
    hour = np.arange(STEPS) / 2.0
    wave = np.sin(2 * np.pi * hour / 24.0)
    return load(180.0 + 30.0 * wave, 150.0 + 20.0 * wave, 10.0 + 7.0 * wave)


def test_few_steps_are_asked_and_the_others_are_near(forecast: Load) -> None:
    heats = forecast.heat_kw[:, None] * np.linspace(0.7, 1.3, HEATS)
    rows, asked = loads_at(forecast, heats), steps_to_ask(forecast, [heats[:, 0], heats[:, -1]])
    assert len(asked) < 0.7 * STEPS
    states = plant().states()[::5]
    told = sample(plant(), states, rows, asked)
    wrong, apart = 0, []
    for s, state in enumerate(states):
        answer = plant().evaluate(state, rows)
        truth = np.where(answer.feasible, answer.overhead_kw, np.inf).reshape(STEPS, HEATS)
        both = np.isfinite(truth) & np.isfinite(told.power_kw[s])
        wrong += int((np.isfinite(truth) != np.isfinite(told.power_kw[s])).sum())
        apart.append(np.abs(told.power_kw[s][both] - truth[both]))
    # Where the ends of a span differ each step between was asked; what is left are crests within the tolerance of a line.
    assert wrong < 0.001 * len(states) * STEPS * HEATS
    apart_kw = np.concatenate(apart)
    assert np.median(apart_kw) < 0.1
    assert np.quantile(apart_kw, 0.99) < 1.5
    assert apart_kw.max() < 4.0  # at the edge of free cooling, where the power of tower fans bends most


def test_the_same_question_twice_is_answered_twice_and_each_load_by_its_own() -> None:
    state, other = JointState(Mode.MECHANICAL, 12.0, (21.0,), 1), JointState(Mode.MECHANICAL, 14.0, (21.0,), 2)
    one, two = load([200.0, 240.0]), load([180.0])
    asked = [(state, one), (state, two), (state, one), (other, two)]
    told = dict(answers(plant(), asked))
    assert sorted(told) == [0, 1, 2, 3]
    for place, (which, its) in enumerate(asked):
        np.testing.assert_array_equal(told[place].overhead_kw, plant().evaluate(which, its).overhead_kw)
