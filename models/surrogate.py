"""Any plant model -> tabulated operating states: convex pieces of overhead power against heat, with a validity range."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from models.convex_pieces import feasible_run, fewest_pieces, fitted_line, lower_envelope, upper_chord
from models.cooling import JointState, Load, PlantModel
from models.limits import NAME_DTYPE
from models.plant_samples import sample, steps_to_ask
from models.scaled_loads import loads_at, loads_beside
from models.state_ends import Ends, ends_of

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


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
_DOMINANCE_MARGIN_KW = 0.1


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
    load = loads_at(forecast, heats) if it_range_kw is None else loads_beside(forecast, it_range_kw[0], heats)
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
    return table if it_range_kw is None else replace(table, ends=ends_of(model, table, forecast, it_range_kw, asked))


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
