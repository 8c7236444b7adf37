"""Is the reference a reference? Other runs, and random perturbations of them and of itself, try to beat it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from facility.records import FloatArray
from tools.closed_loop.appraisal import Appraisal, Stage
from tools.closed_loop.levers import Lever, cooling_levers, frozen_keys
from tools.closed_loop.schedule import Schedule

MARGIN_FRAC = 0.005  # of its cost: by so much it may be beaten
KNOT_INTERVALS = 36  # three hours: perturbations are smooth


@dataclass(frozen=True, slots=True, eq=False)
class Challenge:
    """Who tried, and the best of them; scores are costs with a price on limits broken beyond the allowance."""

    reference_score: float
    best_score: float
    best: Schedule
    tried: int

    @property
    def margin_frac(self) -> float:
        """How much cheaper the best challenger was than the reference, as a share of the reference; negative if dearer."""
        return (self.reference_score - self.best_score) / abs(self.reference_score)

    @property
    def held(self) -> bool:
        """Whether the reference is one: nobody beat it by more than half a per cent."""
        return self.margin_frac <= MARGIN_FRAC


def challenge(
    stage: Stage,
    reference: Appraisal,
    others: Sequence[Schedule],
    *,
    perturbations: int = 4,
    seed: int = 0,
    cooling_only: bool = False,
) -> Challenge:
    """Let others, and random perturbations of them and of the reference, try to beat it on the same plant.

    Parameters
    ----------
    others
        What other arms wrote. Each is run as it is.
    perturbations
        How many perturbed schedules are run, of the reference and of the others in turn.
    seed
        Draws the perturbations.
    cooling_only
        Whether servers, jobs and storage are left as they are.
    """
    rng = np.random.default_rng(seed)
    bases = [reference.schedule, *others]
    turns = [bases[number % len(bases)] for number in range(perturbations)]
    contenders = [*others, *(perturbed(stage, one, rng, cooling_only=cooling_only) for one in turns)]
    runs = [stage.appraise(one) for one in contenders]
    best = min(runs, key=lambda one: one.score, default=reference)
    return Challenge(reference.score, best.score, best.schedule, len(runs))


def perturbed(stage: Stage, schedule: Schedule, rng: np.random.Generator, *, cooling_only: bool) -> Schedule:
    """Return a schedule with smooth random courses added to all setpoints, within the limits of its levers."""
    site, values = stage.case.loaded.site, schedule.values.copy()
    for lever in cooling_levers(site):
        _shake(schedule, values, lever, rng)
    if not cooling_only:
        for key in sorted(frozen_keys(site)):
            for row in schedule.rows([key]):
                low, high = np.nanmin(values[row]), np.nanmax(values[row])
                _shake(schedule, values, Lever("", (key,), float(low), float(high), 0.1 * float(high - low)), rng)
                if key[1] == "awake_servers_command":  # the headroom is a rule of the site
                    values[row] = np.maximum(values[row], schedule.values[row])
    return schedule.with_values(values)


def _shake(schedule: Schedule, values: FloatArray, lever: Lever, rng: np.random.Generator) -> None:
    """Move the setpoints of a lever together, by about a step."""
    count = values.shape[1]
    knots = np.arange(0, count + KNOT_INTERVALS, KNOT_INTERVALS)
    drift = np.interp(np.arange(count), knots, rng.normal(0.0, lever.step, len(knots)))
    if lever.whole:
        drift = np.where(np.abs(drift) > 1.5 * lever.step, np.sign(drift), 0.0)
    for row in schedule.rows(lever.keys):
        low, high = np.minimum(values[row], lever.low), np.maximum(values[row], lever.high)
        values[row] = np.clip(values[row] + drift, low, high)
