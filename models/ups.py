"""UPS systems: modules that share the load, redundant paths, double conversion and eco mode."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from models.electrical import LossCurve

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int_]

Mode = Literal["double_conversion", "eco"]


@dataclass(frozen=True, slots=True)
class UpsSystem:
    """Equal modules in parallel, on one path or on two.

    Attributes
    ----------
    module
        Loss curve of one module in double conversion.
    modules
        Modules installed on each path.
    paths
        2 for 2N: both paths are live, each carries half and must be able to carry all.
    spare
        Modules of a path that may fail without the rest being overloaded.
    eco
        Loss curve of one module in eco mode, the load on the static bypass; None: it has none.
    """

    module: LossCurve
    modules: int
    paths: Literal[1, 2] = 1
    spare: int = 1
    eco: LossCurve | None = None

    @property
    def capacity_kw(self) -> float:
        """What the system may carry with its spare modules lost, and with one of two paths lost [kW]."""
        return self.module.rated_kw * (self.modules - self.spare)

    def loss_kw(
        self, output_kw: npt.ArrayLike, modules_on: npt.ArrayLike, mode: Mode = "double_conversion"
    ) -> FloatArray:
        """Return the loss [kW] at an output of the whole system [kW] with so many modules of each path on.

        Modules share a path's load evenly; those that sleep take nothing.

        Raises
        ------
        ValueError
            For eco mode where the system has none.
        """
        curve = self._curve(mode)
        on = np.asarray(modules_on, float)
        each_kw = np.asarray(output_kw, float) / (self.paths * on)
        loss: FloatArray = self.paths * on * curve.loss_kw(each_kw)
        return loss

    def least_modules(self, output_kw: npt.ArrayLike) -> IntArray:
        """Return how many modules of each path must be on for an output [kW]: all of it on one path, its spares lost."""
        carrying = np.ceil(np.asarray(output_kw, float) / self.module.rated_kw - 1e-9)
        needed: IntArray = np.clip(carrying + self.spare, 1, self.modules).astype(int)
        return needed

    def best_modules(self, output_kw: npt.ArrayLike) -> IntArray:
        """Return how many modules of each path lose least at an output [kW], not fewer than `least_modules`.

        More modules halve the square-law loss but each adds its no-load loss.
        """
        output = np.asarray(output_kw, float)
        counts = np.arange(1, self.modules + 1)
        loss = self.loss_kw(output[..., None], counts)
        loss = np.where(counts < self.least_modules(output)[..., None], np.inf, loss)
        best: IntArray = counts[np.argmin(loss, axis=-1)]
        return best

    def as_one(self, mode: Mode = "double_conversion") -> LossCurve:
        """Return the system with all modules on as one curve of its whole output, for plans and site files."""
        curve, units = self._curve(mode), self.paths * self.modules
        return dataclasses.replace(curve, rated_kw=units * curve.rated_kw, no_load_kw=units * curve.no_load_kw)

    def _curve(self, mode: Mode) -> LossCurve:
        if mode == "double_conversion":
            return self.module
        if self.eco is None:
            raise ValueError("this UPS has no eco mode; give `eco`, the loss curve of a module on its static bypass")
        return self.eco
