"""Promises to the grid: in their steps the site draws no more than a cap, or than a baseline less a reduction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cvxpy as cp
import numpy as np

from facility.plan.inputs import PlanInputs
from facility.plan.problem import Problem
from facility.plan.vertices import IntArray
from facility.promises import Commitment, CommitmentKind, CommitmentOutcome
from facility.records import FloatArray, LimitShortfall

# Of a unit that is short, beside 1 for the site's own limits. Our judgement: what a promise clashes with, a reserve or a rack's
# inlet, is kept, and the promise is what cannot be met.
GIVES_WAY = 0.1


class CommitmentCase:
    """What a commitment asks of the steps of a plan."""

    def __init__(self, inputs: PlanInputs, commitment: Commitment) -> None:
        self.commitment, self.times = commitment, inputs.times
        step, starts = inputs.site.step, np.arange(inputs.steps)
        touched = [time < commitment.end and time + step > commitment.start for time in self.times]
        self.steps: IntArray = starts[touched]
        held = [min(self.times[at] + step, commitment.end) - max(self.times[at], commitment.start) for at in self.steps]
        self.hours = np.array([part.total_seconds() / 3600.0 for part in held])
        amount, baseline = commitment.amount_kw, commitment.baseline_kw
        self.most_kw = np.full(len(self.steps), amount) if baseline is None else baseline[self.steps] - amount

    def excess_kw(self, site_kw: FloatArray) -> FloatArray:
        """Return by how much the site draws more than promised, in the commitment's steps; negative: less."""
        return np.asarray(site_kw[self.steps] - self.most_kw)

    def shortfall_kwh(self, site_kw: FloatArray) -> float:
        """Return the energy drawn beyond the promise."""
        return float(np.maximum(self.excess_kw(site_kw), 0.0) @ self.hours)

    def cost(self, site_kw: FloatArray) -> float:
        """Return what falling short costs."""
        return self.shortfall_kwh(site_kw) * (self.commitment.penalty_per_kwh or 0.0)

    def outcome(self, site_kw: FloatArray) -> CommitmentOutcome:
        """Return what comes of it."""
        one, worst_kw = self.commitment, float(self.excess_kw(site_kw).max())
        delivered = (
            one.amount_kw - worst_kw if one.kind is CommitmentKind.REDUCTION else float(site_kw[self.steps].max())
        )
        short_kwh = self.shortfall_kwh(site_kw)
        baseline_kw = () if one.baseline_kw is None else tuple(map(float, one.baseline_kw[self.steps]))
        return CommitmentOutcome(
            one.id, one.kind, one.start, one.end, one.amount_kw, delivered, short_kwh, self.cost(site_kw), baseline_kw
        )

    def shortfall(self, site_kw: FloatArray) -> LimitShortfall:
        """Return by how much it falls short at its worst."""
        excess = self.excess_kw(site_kw)
        worst = int(excess.argmax())
        at = self.times[self.steps[worst]]
        return LimitShortfall(f"{self.commitment.id} commitment", float(excess[worst]), "kW", at)


def commitment_cases(inputs: PlanInputs) -> list[CommitmentCase]:
    """Return the commitments that touch the horizon."""
    cases = [CommitmentCase(inputs, commitment) for commitment in inputs.commitments]
    return [case for case in cases if case.steps.size]


def overlap_kw(cases: Sequence[CommitmentCase], inputs: PlanInputs, margin_kw: float) -> FloatArray:
    """Return, in each step, by how much a cap less its margin lies below the least that the site may draw.

    A cap of nothing where nothing may be exported is one: losses are known to the margin, and no plan draws exactly nothing.
    Where a cap is below that least even without a margin, nothing is returned: it cannot be held.
    """
    found = np.zeros(inputs.steps)
    for case in cases:
        room_kw = case.most_kw + inputs.export_limit_kw
        if case.commitment.penalty_per_kwh is None:
            tight_kw = np.where(room_kw >= 0.0, np.maximum(margin_kw - room_kw, 0.0), 0.0)
            found[case.steps] = np.maximum(found[case.steps], tight_kw)
    return found


def plan_commitment(problem: Problem, case: CommitmentCase, site_kw: Any, margin_kw: float) -> None:
    """Hold a commitment in the problem, or price what it falls short."""
    one, excess_kw = case.commitment, site_kw[case.steps] - case.most_kw
    if one.penalty_per_kwh is None:
        problem.limit("commitment", one.id, excess_kw + margin_kw, "kW", case.steps, weight=GIVES_WAY)
    else:
        problem.cost("commitments", one.penalty_per_kwh * (case.hours @ cp.pos(excess_kw)))
