"""What changes of a hall's IT power say of its server fans, once the work that is known has explained its part.

Work that nobody measures comes and goes over hours. So a step is compared with the one before it, as much of which is
expected to last as the history itself shows.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import least_squares

from models.server_fans_step import HallHistory, HallLaw, IntArray, StepAhead
from models.servers import ServerFans

FloatArray = npt.NDArray[np.float64]

# In the order of `ServerFans`, then the steady share: how far the prior may be off, and what is possible at all (power stays
# above 0 at 18 degC).
PRIOR_DEVIATION = np.array([0.05, 0.02, 0.2, 0.008, 0.25])
_LOWEST, _HIGHEST = np.array([0.0, 0.0, 0.2, 0.0, 0.0]), np.array([0.6, 0.12, 1.0, 0.05, 1.0])
_PASSES = 4  # the law, then how much of the unknown work lasts a step, and again
_FIRST_MEMORY, _LONGEST_MEMORY = 0.9, 0.98
_AS_DATA_HAVE_IT = (
    0.1  # of the noise about the prior, which holds what the law will explain: the first fit finds the noise
)
_NEAR_ENOUGH = 1e-6  # of what is minimised, and of the parameters
_LEAST_NOISE_KW = 1e-9  # a history without noise is no reason to divide by it


class Changes:
    """Changes over some steps of a history; `memory` is the share of unknown work that is expected to last a step."""

    def __init__(self, history: HallHistory, steps: IntArray, memory: float = _FIRST_MEMORY) -> None:
        self.history, self.steps, self.memory = history, steps, memory
        change = self._change(history.work)
        size, directions = np.linalg.eigh(change.T @ change)
        kept = size > 1e-9 * size[-1]
        self._explained = change @ directions[:, kept] / np.sqrt(size[kept])  # orthonormal

    def unexplained_kw(self, law: HallLaw) -> FloatArray:
        """Return the changes at one inlet temperature that work does not explain (steps,), if the law holds."""
        change = self._change(self.history.at_one_inlet_kw(law))
        return np.asarray(change - self._explained @ (self._explained.T @ change))

    def noise_kw(self, law: HallLaw) -> float:
        """Return how large unexplained changes are where the inlet changes, which is where they mislead: work may change then."""
        weight = self._change(self.history.inlet_degc - self.history.inlet_degc.mean()) ** 2
        squares = float(self.unexplained_kw(law) ** 2 @ weight)
        return float(np.sqrt(squares / max(float(weight.sum()), _LEAST_NOISE_KW)) + _LEAST_NOISE_KW)

    def ahead(self, law: HallLaw) -> StepAhead:
        """Return what the changes say of a step, given the one before, if the law holds."""
        change = self._change(self.history.at_reference_kw(law))
        kw_by_part = np.linalg.lstsq(self._change(self.history.work), change)[0]
        return StepAhead(law, self.history.parts, np.asarray(kw_by_part), self.memory)

    def remembering(self, law: HallLaw) -> Changes:
        """Return the same with the memory that the history shows, if the law holds."""
        history = self.history
        unknown = history.at_reference_kw(law) - history.work @ self.ahead(law).kw_by_part
        now, before = unknown[self.steps], unknown[self.steps - 1]
        lasting = float(now @ before) / max(float(before @ before), 1e-12)
        return Changes(history, self.steps, min(max(lasting, 0.0), _LONGEST_MEMORY))

    def _change(self, course: FloatArray) -> FloatArray:
        return np.asarray(course[self.steps] - self.memory * course[self.steps - 1])


@dataclass(frozen=True, slots=True, eq=False)
class LikelyLaw:
    """The most probable law, its parameters and their covariance, and the changes that it rests on."""

    law: HallLaw
    parameters: FloatArray
    covariance: FloatArray
    changes: Changes

    @property
    def ahead(self) -> StepAhead:
        """What it says of a step, given the one before."""
        return self.changes.ahead(self.law)


def likely_law(history: HallHistory, steps: IntArray, prior: ServerFans) -> LikelyLaw:
    """Return the law that some steps and the prior make most probable."""
    before = np.array([*dataclasses.astuple(prior), 0.0])
    changes, begin = Changes(history, steps), np.clip(before, _LOWEST, _HIGHEST)
    for _ in range(_PASSES):
        found = _most_probable(changes, before, begin)
        changes, begin = changes.remembering(found.law), found.parameters
    return _most_probable(changes, before, begin)


def step_ahead(history: HallHistory, steps: IntArray, fans: ServerFans) -> StepAhead:
    """Return what some steps say of work where a law is given."""
    law = history.law(fans)
    return Changes(history, steps).remembering(law).ahead(law)


def work_of(history: HallHistory, law: HallLaw) -> StepAhead:
    """Return what a history says of work, and of how long unknown work lasts, if a law holds."""
    return Changes(history, history.steps).remembering(law).ahead(law)


def fans_of(parameters: FloatArray) -> ServerFans:
    """Return the server fans with these parameters, in their own order."""
    share, speed, floor, leakage, _ = (float(each) for each in parameters)
    return ServerFans(share, speed, floor, leakage)


def _most_probable(changes: Changes, before: FloatArray, begin: FloatArray) -> LikelyLaw:
    """Return the law that changes and the prior's parameters make most probable, looked for from some parameters on."""
    noise_kw = _AS_DATA_HAVE_IT * changes.noise_kw(_law(changes, before))
    for _ in range(2):
        found = least_squares(
            _misses(changes, before, noise_kw),
            begin,
            bounds=(_LOWEST, _HIGHEST),
            x_scale=PRIOR_DEVIATION,
            ftol=_NEAR_ENOUGH,
            xtol=_NEAR_ENOUGH,
        )
        begin = found.x
        noise_kw = changes.noise_kw(_law(changes, found.x))
    slopes = np.asarray(found.jac, np.float64)
    covariance = np.asarray(np.linalg.inv(slopes.T @ slopes), np.float64)
    return LikelyLaw(_law(changes, found.x), np.asarray(found.x, np.float64), covariance, changes)


def _law(changes: Changes, parameters: FloatArray) -> HallLaw:
    return changes.history.law(fans_of(parameters), float(parameters[-1]))


def _misses(changes: Changes, before: FloatArray, noise_kw: float) -> Callable[[FloatArray], FloatArray]:
    """Return what is to be small: changes unexplained and departures from the prior, in standard deviations."""

    def misses(parameters: FloatArray) -> FloatArray:
        unexplained = changes.unexplained_kw(_law(changes, parameters)) / noise_kw
        return np.append(unexplained, (parameters - before) / PRIOR_DEVIATION)

    return misses
