"""One call of the fast layer: solve, keep what is worth a write, check it apart from the solver, say why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from facility.corrections import Correction, Tracking
from facility.errors import NoPlanFoundError
from facility.records import LimitShortfall
from facility.track.inputs import Lever, TrackInputs
from facility.track.problem import Moves, Shape, TrackingProblem
from facility.track.verify import Excesses, excesses, inlet_limit, made_worse, passed
from facility.units import DEADBAND

_STORE_DEADBAND_FRAC = 0.01  # of rated power: less is noise of the meters


class Tracker:
    """Makes corrections; keeps the problem of the last shape, which is compiled once."""

    def __init__(self) -> None:
        self._problem: TrackingProblem | None = None

    def correct(self, inputs: TrackInputs) -> Tracking:
        """Return what is to differ from the plan now.

        Where the solver finds nothing, or what it found passes a limit further than the plan does, the plan is held, and a note
        says so.
        """
        inputs, servers = with_servers(inputs)
        nothing = Moves.none(inputs)
        planned = excesses(inputs, nothing)
        try:
            moves = _worth_it(inputs, self._of_shape(inputs).solve(inputs))
        except NoPlanFoundError as error:
            return Tracking(inputs.plan_id, inputs.at, servers, passed(planned), (*inputs.notes, f"plan held: {error}"))
        moves, notes = _borne_out(inputs, planned, moves)
        found = [*servers, *_powers(inputs, moves, planned), *_air(inputs, moves, planned)]
        return Tracking(inputs.plan_id, inputs.at, found, passed(excesses(inputs, moves)), (*inputs.notes, *notes))

    def _of_shape(self, inputs: TrackInputs) -> TrackingProblem:
        shape = Shape.of(inputs)
        if self._problem is None or self._problem.shape != shape:
            self._problem = TrackingProblem(shape)
        return self._problem


def _worth_it(inputs: TrackInputs, moves: Moves) -> Moves:
    """Return the moves without those of now that are too small to be written."""
    charge_kw, work_kw = list(moves.charge_kw), list(moves.work_kw)
    for at, store in enumerate(inputs.stores):
        if _small(store.lever, charge_kw[at][0], _STORE_DEADBAND_FRAC * store.battery.power_kw):
            charge_kw[at] = store.lever.planned
    for at, work in enumerate(inputs.works):
        if _small(work.lever, work_kw[at][0], 0.0):
            work_kw[at] = work.lever.planned
    air = [
        (_or_kept(colder, hall.kept[0], "degC"), _or_kept(faster, hall.kept[1], "frac"))
        for hall, (colder, faster) in zip(inputs.halls, moves.air, strict=True)
    ]
    return Moves(charge_kw, work_kw, air)


def _borne_out(inputs: TrackInputs, planned: Excesses, moves: Moves) -> tuple[Moves, list[str]]:
    """Return the moves less those that only make a limit worse than the plan does, and what was held for that reason.

    Halls stand each for itself. At the meter limits may be at odds, the reserve and a cap: there one may give way for another.
    """
    corrected, nothing = excesses(inputs, moves), Moves.none(inputs)
    worse = {one.limit: one for one in made_worse(inputs, planned, corrected)}
    halls = [inlet_limit(hall.hall) for hall in inputs.halls]
    air = [nothing.air[at] if name in worse else moves.air[at] for at, name in enumerate(halls)]
    better = {one.limit for one in made_worse(inputs, corrected, planned)} - set(halls)
    held = [one for name, one in worse.items() if name in halls or not better]
    notes = [f"plan held: its correction fails verification: {one}" for one in held]
    if better or worse.keys() <= set(halls):
        return Moves(moves.charge_kw, moves.work_kw, air), notes
    return Moves(nothing.charge_kw, nothing.work_kw, air), notes


def with_servers(inputs: TrackInputs) -> tuple[TrackInputs, list[Correction]]:
    """Return the inputs with the power of servers that have to be awake beyond the plan, and the corrections that wake them."""
    found, more_kw = [], 0.0
    for pool in inputs.pools:
        planned = float(pool.lever.planned[0])
        value = pool.lever.within(pool.needed)
        if pool.lever.free and pool.is_short and value > planned:
            more_kw += pool.kw_per_server * (value - planned)
            found.append(
                _correction(pool.id, pool.lever, value, f"the work of now needs {value:.0f} awake, headroom included")
            )
    grid = replace(inputs.grid, import_kw=inputs.grid.import_kw + more_kw)
    return replace(inputs, grid=grid), found


def _small(lever: Lever, value: float, least: float) -> bool:
    return abs(value - float(lever.planned[0])) < max(DEADBAND[lever.unit], least)


def _or_kept(move: float, kept: float, unit: str) -> float:
    return move if move - kept >= DEADBAND[unit] else kept


def _powers(inputs: TrackInputs, moves: Moves, planned: Excesses) -> Iterator[Correction]:
    """Yield the corrections of batteries and of work."""
    of_meter = [one for name, one in planned.items() if name in {*inputs.grid.cap_names, *inputs.grid.window_names}]
    near = [
        f"{one.limit} would come within {-one.amount:.3g} {one.unit}, less than a step may add"
        for one in of_meter
        if one.limit in inputs.grid.window_names and -inputs.grid.margin_kw < one.amount <= 0.0
    ]
    stores = [(one.battery.id, one.lever, kw) for one, kw in zip(inputs.stores, moves.charge_kw, strict=True)]
    works = [(one.id, one.lever, kw) for one, kw in zip(inputs.works, moves.work_kw, strict=True)]
    for name, lever, power_kw in (*stores, *works):
        value = lever.within(float(power_kw[0]))
        if value != lever.planned[0]:
            own = [one for limit, one in planned.items() if limit.startswith(f"{name} ")]
            why = [_would_pass(one) for one in (*of_meter, *own) if one.amount > 0.0] or near
            yield _correction(name, lever, value, "; ".join(why) or "back to the course of the plan")


def _air(inputs: TrackInputs, moves: Moves, planned: Excesses) -> Iterator[Correction]:
    for hall, (colder, faster) in zip(inputs.halls, moves.air, strict=True):
        over = hall.over_k(0.0, 0.0).max(axis=0)
        rack = hall.racks[int(over.argmax())]
        why = f"{_would_pass(planned[inlet_limit(hall.hall)])}, first at {rack}"
        if (colder, faster) == hall.kept:
            why = "kept until a plan has seen why it was needed"
        if hall.driven:
            why = f"{hall.hall} is cooled by the site's own protection: its setpoints do not do"
        planned_degc = float(hall.supply.planned[0])
        value = hall.supply.within(planned_degc - colder)
        if value - planned_degc >= DEADBAND[hall.supply.unit]:
            damp = f"{hall.hall} is measured so damp that colder air would be too humid"
            yield _correction(hall.hall, hall.supply, value, damp)
        elif colder:
            yield _correction(hall.hall, hall.supply, value, why)
        if faster:
            yield _correction(hall.hall, hall.fans, hall.fans.within(hall.fans.planned[0] + faster), why)


def _would_pass(one: LimitShortfall) -> str:
    return f"{one.limit} would be passed by {one.amount:.3g} {one.unit}"


def _correction(equipment: str, lever: Lever, value: float, reason: str) -> Correction:
    quantity = lever.targets[0].rpartition(".")[2]
    planned = float(lever.planned[0])
    return Correction(equipment, quantity, lever.targets, lever.current, planned, float(value), lever.unit, reason)
