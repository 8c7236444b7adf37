"""A plant's answers in all its states at some heats, for the steps of a plan.

The plant is asked at the steps where weather, load or range of heat bend, and its answers are drawn straight between them: a
quarter of an hour says little that is new. Where a state is borne at one end only, each step between is asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.bends import IntArray, bends, neighbours
from models.cooling import JointState, Load, PlantModel, PlantResponse, answers
from models.limits import NAME_DTYPE
from models.scaled_loads import LEAST_HEAT_KW

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

# Between steps asked: how far weather [K], and heat over the most heat [-], may be off straight lines, and may go.
_STRAIGHT, _REACH = (0.2, 0.01), (2.0, 0.1)


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """Answers in S states at T steps and N heats each."""

    power_kw: FloatArray  # (S, T, N): infinite where infeasible
    water_lps: FloatArray  # (S, T, N)
    limit: npt.NDArray[np.str_]  # (S, T): the limit met at the least heat

    def note(self, state: int, rows: IntArray, answer: PlantResponse) -> None:
        """Write down the answer of a state in some rows, heat by heat within a step."""
        steps, heats = np.divmod(rows, self.power_kw.shape[2])
        self.power_kw[state, steps, heats] = np.where(answer.feasible, answer.overhead_kw, np.inf)
        self.water_lps[state, steps, heats] = answer.makeup_water_lps
        self.limit[state, steps[heats == 0]] = answer.limit[heats == 0]

    def between(self, left: IntArray, right: IntArray, part: FloatArray) -> Samples:
        """Return answers on straight lines from one step to another; infeasible where either is."""
        share, power = part[:, None], self.power_kw
        with np.errstate(invalid="ignore"):
            line_kw = power[:, left] + share * (power[:, right] - power[:, left])
        borne = np.isfinite(power[:, left]) & np.isfinite(power[:, right])
        water = self.water_lps[:, left] + share * (self.water_lps[:, right] - self.water_lps[:, left])
        return Samples(np.where(borne, line_kw, np.inf), water, self.limit[:, left])


def steps_to_ask(forecast: Load, heats_kw: Sequence[FloatArray]) -> IntArray:
    """Return the steps at which weather, loads, or courses of heat (T,) that matter bend."""
    loads = [*forecast.it_air_kw.T, *forecast.it_liquid_kw.T, *heats_kw]
    weather = [forecast.outdoor_degc, forecast.wet_bulb_degc]
    most_kw = max(float(np.abs(heats_kw).max()), LEAST_HEAT_KW)
    straight, reach = (
        np.array([of_weather_k] * len(weather) + [of_heat_frac * most_kw] * len(loads))
        for of_weather_k, of_heat_frac in (_STRAIGHT, _REACH)
    )
    return bends(np.column_stack([*weather, *loads]), straight, reach)


def sample(model: PlantModel, states: Sequence[JointState], load: Load, asked: IntArray) -> Samples:
    """Ask a plant about all states at some steps, and tell of all steps.

    Parameters
    ----------
    model
        The plant.
    states
        Its states, S of them.
    load
        At N heats in each of T steps, T * N rows, step by step.
    asked
        Steps to ask about, the first and the last among them.
    """
    heats = load.rows // (int(asked[-1]) + 1)
    rows = (asked[:, None] * heats + np.arange(heats)).ravel()
    there, at_asked = _none(len(states), asked.size, heats), load.at(rows)
    for s, answer in answers(model, [(state, at_asked) for state in states]):
        there.note(s, np.arange(rows.size), answer)
    left, right, part = neighbours(asked)
    whole = there.between(left, right, part)
    borne = np.isfinite(there.power_kw)
    unclear = (borne[:, left] != borne[:, right]).reshape(len(states), -1)
    questions = [(s, np.flatnonzero(unclear[s])) for s in range(len(states)) if unclear[s].any()]
    for place, answer in answers(model, [(states[s], load.at(rows)) for s, rows in questions]):
        whole.note(*questions[place], answer)
    return whole


def _none(states: int, steps: int, heats: int) -> Samples:
    shape = (states, steps, heats)
    # Heats, which are few, outermost in memory: numpy is fast along long axes.
    power_kw, water_lps = np.full(shape, np.inf, order="F"), np.zeros(shape, order="F")
    return Samples(power_kw, water_lps, np.zeros(shape[:2], dtype=NAME_DTYPE))
