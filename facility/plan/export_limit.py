"""The export limit as inverters keep it by themselves: arrays that may be held down give way, all alike."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from facility.plan.case import ItCase
from facility.plan.simulate import Simulation, simulate

_ROUNDS = 2  # the second for what the losses changed


def within_export_limit(it: ItCase, run: Simulation, work_value_per_kwh: float = 0.0) -> Simulation:
    """Return a run with arrays held down so far that no more flows out than is allowed.

    Where power is worth nothing the problem may lose a little more of it than the plant does; this takes up the difference.
    """
    for _ in range(_ROUNDS if it.arrays else 0):
        too_much_kw = np.maximum(-run.site_kw - it.inputs.export_limit_kw, 0.0)
        if not too_much_kw.any():
            break
        limits = run.decisions.array_limit_kw
        given = {name: case.delivered_kw(limits[name]) for name, case in it.arrays.items()}
        left_frac = 1.0 - np.minimum(too_much_kw / np.maximum(sum(given.values()), 1e-9), 1.0)
        held = {name: np.where(too_much_kw > 0.0, kw * left_frac, limits[name]) for name, kw in given.items()}
        run = simulate(it, replace(run.decisions, array_limit_kw=held), work_value_per_kwh)
    return run
