"""The lower bound of a case, where its plant says what it could do with at least."""

from __future__ import annotations

from tools.closed_loop.bound import lower_bound_cost
from tools.closed_loop.case import Case
from tools.closed_loop.prologue import Prologue, plant_at_start


def bound_of_case(case: Case, prologue: Prologue) -> float | None:
    """Return it; None where the plant does not tabulate."""
    plant = plant_at_start(case, prologue)
    try:
        return lower_bound_cost(case, plant, prologue.month_peak_kw)
    finally:
        plant.close()
