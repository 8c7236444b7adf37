"""Any plant model -> tabulated operating states: convex pieces of overhead power against heat, with a validity range."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from operator import itemgetter

import numpy as np
import numpy.typing as npt

from models.convex_pieces import feasible_run, fewest_pieces, fitted_line, lower_envelope, upper_chord
from models.cooling import JointState, Load, PlantModel, PlantResponse, Setting, answers
from models.limits import NAME_DTYPE
from models.plant_samples import sample, steps_to_ask

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Ends:
    """IT heat apart from the heat of the plant room, where tanks and heat pumps make the two differ.

    The pieces then are those of the plant room's heat at the least IT heat; each kW of IT heat more takes `slope` more in the
    fans and pumps at the racks. Between `low_kw` and `high_kw` a state bears it.
    """

    low_kw: FloatArray  # (T,)
    high_kw: FloatArray  # (T, S)
    slope: FloatArray  # (T, S)

    def power_kw(self, it_kw: FloatArray) -> FloatArray:
        """Return what IT heat (T,) adds in each state (T, S)."""
        return np.asarray(self.slope * (it_kw - self.low_kw)[:, None])


@dataclass(frozen=True, slots=True, eq=False)
class StateTable:
    """Operating states of one plant over T steps, S states and K pieces.

    Heat is what the plant room removes (kW): IT heat (air and liquid), split between halls and loops as forecast for the step,
    and what reaches the chilled water directly, where `ends` keeps the two apart. Pieces rise in slope. Within
    [heat_min_kw, heat_max_kw], overhead power lies above max_k(slope_k heat + intercept_k) (equal at the knots) and below the
    chord upper_slope heat + upper_intercept_kw. Make-up water is one line, fitted to the sampled heats: evaporation goes with
    the heat; where pads start within a state, the line is their mean.
    """

    plant_id: str
    states: tuple[JointState, ...]
    available: BoolArray  # (T, S)
    limit: npt.NDArray[np.str_]  # (T, S): the limit that makes it unavailable
    heat_min_kw: FloatArray  # (T, S)
    heat_max_kw: FloatArray  # (T, S)
    slope: FloatArray  # (T, S, K)
    intercept_kw: FloatArray  # (T, S, K)
    upper_slope: FloatArray  # (T, S)
    upper_intercept_kw: FloatArray  # (T, S)
    piece_error_kw: FloatArray  # (T, S): worst distance between pieces and model at the sampled heats
    water_slope_lps_per_kw: FloatArray  # (T, S)
    water_intercept_lps: FloatArray  # (T, S)
    ends: Ends | None = None


DOMINATED = "dominated by a state of the same modes and leaving water"
_LEAST_HEAT_KW = 1e-3
_DOMINANCE_MARGIN_KW = 0.1
# How much of the range of IT heat, and whether with direct heat; the half, where a state does not bear all.
_MORE_IT = ((1.0, True), (1.0, False), (0.5, True))


def build_state_table(
    model: PlantModel,
    forecast: Load,
    *,
    heat_low_kw: FloatArray,
    heat_high_kw: FloatArray,
    states: Sequence[JointState] | None = None,
    it_range_kw: tuple[FloatArray, FloatArray] | None = None,
    knots: int = 8,
    tolerance_kw: float = 0.5,
    prune: bool = True,
) -> StateTable:
    """Tabulate a plant's states for the steps of a plan.

    Parameters
    ----------
    model
        The plant.
    forecast
        Load and weather expected, one row a step; its split between halls and loops is kept at every heat.
    heat_low_kw, heat_high_kw
        Range of the plant room's heat to cover, a step (T,).
    states
        States to tabulate; None: `model.states()`.
    it_range_kw
        Range of IT heat, a step (T,), where heat also reaches the chilled water directly or is taken from it; None: it is all IT
        heat.
    knots
        Heats sampled between low and high, >= 2; the pieces are at most knots - 1.
    tolerance_kw
        Pieces are dropped while the largest distance between pieces and model stays within it.
    prune
        Leave out states that another one of the same mode and leaving water beats at every heat (`limit` says so). States
        that differ in mode or leaving water stay: dwell times and ramps may need them.

    Returns
    -------
    StateTable
        T steps, S states, K pieces.
    """
    tabulated = tuple(states if states is not None else model.states())
    part = np.linspace(0.0, 1.0, knots)
    heats = heat_low_kw[:, None] + (heat_high_kw - heat_low_kw)[:, None] * part
    load = loads_at(forecast, heats) if it_range_kw is None else _direct_loads(forecast, it_range_kw[0], heats)
    asked = steps_to_ask(forecast, [heat_low_kw, heat_high_kw, *(it_range_kw or ())])
    samples = sample(model, tabulated, load, asked)
    power, water = np.swapaxes(samples.power_kw, 0, 1), np.swapaxes(samples.water_lps, 0, 1)
    heat, feasible = np.broadcast_to(heats[:, None, :], power.shape), feasible_run(np.isfinite(power))
    available, limit = _availability(tabulated, np.where(feasible, power, np.inf), samples.limit.T, prune=prune)
    envelope = lower_envelope(part, np.where(feasible, power, np.inf))
    slope, intercept, error = fewest_pieces(heat, envelope, power, feasible, tolerance_kw)
    upper_slope, upper_intercept = upper_chord(heat, power, feasible)
    water_slope, water_intercept = fitted_line(heat, water, feasible)
    table = StateTable(
        plant_id=model.plant_id,
        states=tabulated,
        available=available,
        limit=limit,
        heat_min_kw=_edge(heat, feasible, first=True),
        heat_max_kw=_edge(heat, feasible, first=False),
        slope=slope,
        intercept_kw=intercept,
        upper_slope=upper_slope,
        upper_intercept_kw=upper_intercept,
        piece_error_kw=error,
        water_slope_lps_per_kw=water_slope,
        water_intercept_lps=water_intercept,
    )
    return table if it_range_kw is None else replace(table, ends=_ends(model, table, forecast, *it_range_kw))


def loads_at(forecast: Load, heat_kw: FloatArray) -> Load:
    """Return the forecast scaled to given total heats (T, N), rows step by step: (T * N) rows."""
    total = forecast.heat_kw
    factor = heat_kw / np.maximum(total, _LEAST_HEAT_KW)[:, None]

    def scaled(power_kw: FloatArray) -> FloatArray:
        grid: FloatArray = power_kw[:, None, :] * factor[:, :, None]
        return grid.reshape(grid.shape[0] * grid.shape[1], grid.shape[2])

    knots = heat_kw.shape[1]
    return Load(
        it_air_kw=scaled(forecast.it_air_kw),
        it_liquid_kw=scaled(forecast.it_liquid_kw),
        outdoor_degc=np.repeat(forecast.outdoor_degc, knots),
        wet_bulb_degc=np.repeat(forecast.wet_bulb_degc, knots),
        breathes=None if forecast.breathes is None else np.repeat(forecast.breathes, knots),
    )


def _direct_loads(forecast: Load, it_kw: FloatArray, heat_kw: FloatArray) -> Load:
    """Return the forecast scaled to IT heats (T,), the rest of the plant room's heat (T, N) direct: (T * N) rows."""
    load = loads_at(forecast, np.broadcast_to(it_kw[:, None], heat_kw.shape))
    return replace(load, direct_kw=(heat_kw - it_kw[:, None]).ravel())


def _ends(model: PlantModel, table: StateTable, forecast: Load, low_kw: FloatArray, high_kw: FloatArray) -> Ends:
    """Ask about more IT heat: in the middle of a state's range of the plant room's heat, or with nothing direct.

    Racks, coils and CDUs do not know the mode nor the stage: of states that differ in these alone, the first that answers does.
    The one that can be had most often is asked first, and where it does not bear it all others at once.
    """
    ends = Ends(low_kw, np.repeat(low_kw[:, None], len(table.states), axis=1), np.zeros_like(table.heat_min_kw))
    often_first = [
        members[np.argsort(-table.available[:, members].sum(axis=0), kind="stable")]
        for members in _alike_at_racks(table)
    ]
    for (part, direct), which in itertools.product(_MORE_IT, (slice(1), slice(1, None))):
        it_kw = low_kw + part * (high_kw - low_kw)
        asked = []
        for members in often_first:
            for s in members[which]:
                rows = np.flatnonzero(table.available[:, s] & (ends.high_kw[:, s] < it_kw))
                if rows.size:
                    low, high = table.heat_min_kw[rows, s], table.heat_max_kw[rows, s]
                    heat = 0.5 * (low + high) if direct else np.clip(it_kw[rows], low, high)
                    asked.append(_MoreIt(members, s, rows, heat, it_kw[rows]))
        loads = [_direct_loads(forecast.at(one.rows), one.it_kw, one.heat_kw[:, None]) for one in asked]
        questions = [(table.states[one.state], load) for one, load in zip(asked, loads, strict=True)]
        for place, answer in sorted(answers(model, questions), key=itemgetter(0)):
            asked[place].note(ends, table, answer)
    return ends


@dataclass(frozen=True, slots=True, eq=False)
class _MoreIt:
    """A question about more IT heat in some rows, which one state answers for all that are alike at the racks."""

    members: npt.NDArray[np.int_]
    state: int
    rows: npt.NDArray[np.int_]
    heat_kw: FloatArray
    it_kw: FloatArray

    def note(self, ends: Ends, table: StateTable, answer: PlantResponse) -> None:
        """Write down what it takes where it is borne."""
        slopes, intercepts = table.slope[self.rows, self.state], table.intercept_kw[self.rows, self.state]
        pieces_kw = (slopes * self.heat_kw[:, None] + intercepts).max(axis=1)
        more_kw = np.maximum(self.it_kw - ends.low_kw[self.rows], _LEAST_HEAT_KW)
        kept = answer.feasible & (ends.high_kw[self.rows, self.state] < self.it_kw)
        bears = np.ix_(self.rows[kept], self.members)
        ends.slope[bears] = ((answer.overhead_kw - pieces_kw) / more_kw)[kept, None]
        ends.high_kw[bears] = self.it_kw[kept, None]


def _alike_at_racks(table: StateTable) -> list[npt.NDArray[np.int_]]:
    """Return the states of each leaving water, supply air and way of the dampers."""
    groups: dict[Setting, list[int]] = {}
    for s, state in enumerate(table.states):
        groups.setdefault(state.setting, []).append(s)
    return [np.array(members) for members in groups.values()]


def _availability(
    states: tuple[JointState, ...], power_kw: FloatArray, met: npt.NDArray[np.str_], *, prune: bool
) -> tuple[BoolArray, npt.NDArray[np.str_]]:
    """Return which states can be had, and the limit that forbids the others, (T, S) each."""
    available: BoolArray = np.asarray(np.isfinite(power_kw).any(axis=2))
    limit = np.where(available, "", met)
    if prune:
        beaten = available & _dominated(states, power_kw)
        available, limit = available & ~beaten, np.where(beaten, DOMINATED, limit)
    return available, limit.astype(NAME_DTYPE)


def _edge(heat: FloatArray, feasible: BoolArray, *, first: bool) -> FloatArray:
    """Return the lowest or highest feasible heat, 0 where there is none."""
    knots = heat.shape[-1]
    at = np.argmax(feasible, axis=2) if first else knots - 1 - np.argmax(feasible[..., ::-1], axis=2)
    edge = np.take_along_axis(heat, at[..., None], axis=2)[..., 0]
    return np.where(feasible.any(axis=2), edge, 0.0)


def _dominated(states: tuple[JointState, ...], power: FloatArray) -> BoolArray:
    """Return (T, S): another state of its mode and leaving water is feasible wherever this one is, and cheaper by a margin."""
    beaten = np.zeros(power.shape[:2], bool)
    groups: dict[tuple[int, float, bool], list[int]] = {}
    for s, state in enumerate(states):
        groups.setdefault((state.mode, state.leaving_water_degc, state.dampers_open), []).append(s)
    for members in groups.values():
        mine = power[:, members]
        for other in members:
            rival = power[:, other][:, None, :] + _DOMINANCE_MARGIN_KW
            beaten[:, members] |= ((rival <= mine) | ~np.isfinite(mine)).all(axis=2)
    return beaten
