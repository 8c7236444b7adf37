"""One server: its family's curve, moved by what it has shown itself, with an interval that follows its drift."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.server_power.curve import PowerCurve
from models.server_power.family import Nameplate, ServerFamily, ServerRows

FloatArray = npt.NDArray[np.float64]

_GAUSSIAN_90 = 1.645  # half-width of 90 % in standard deviations
_LEVEL = 0.9
_STEP = 0.05  # a miss widens by 4.5 %, ten steps inside narrow by as much


@dataclass(frozen=True, slots=True, eq=False)
class ServerPower:
    """Power of one server.

    Attributes
    ----------
    nameplate, curve
        In whose shares the curve is, and the curve.
    widths
        Half-width of the 90 % interval in standard deviations of the curve; `adapted` changes it.
    """

    nameplate: Nameplate
    curve: PowerCurve
    widths: float = _GAUSSIAN_90

    def power_kw(self, utilisation_frac: npt.ArrayLike) -> FloatArray:
        """Return the expected power (n,) [kW] at utilisations within 0..1."""
        return np.asarray(self.nameplate.idle_kw + self.nameplate.span_kw * self.curve.share(utilisation_frac))

    def half_width_kw(self, utilisation_frac: npt.ArrayLike) -> FloatArray:
        """Return half of the 90 % interval (n,) [kW]."""
        return np.asarray(self.widths * self.nameplate.span_kw * self.curve.deviation(utilisation_frac))

    def adapted(self, rows: ServerRows) -> tuple[ServerPower, FloatArray]:
        """Return the server with its interval adapted to measured rows, and the half-widths (n,) [kW] in force before each.

        The interval widens with each miss and narrows a little with each hit, so that nine in ten are hits in the long run
        whatever drifts: the server's own drivers, firmware and kinds of job.

        References
        ----------
        Gibbs, Candes, "Adaptive conformal inference under distribution shift", NeurIPS 2021; here on the width's logarithm.
        """
        miss_kw = np.abs(rows.power_kw - self.power_kw(rows.utilisation_frac))
        one_kw = self.half_width_kw(rows.utilisation_frac) / self.widths
        widths = np.empty(miss_kw.size + 1)
        widths[0] = self.widths
        for row, missed in enumerate(miss_kw / one_kw):
            widths[row + 1] = widths[row] * math.exp(_STEP * ((missed > widths[row]) - (1 - _LEVEL)))
        return dataclasses.replace(self, widths=float(widths[-1])), widths[:-1] * one_kw


def of_family(family: ServerFamily, own: ServerRows | None = None) -> ServerPower:
    """Return a server of a family, after its own rows where it has some."""
    if own is None or not own.weight.size:
        return ServerPower(family.nameplate, family.curve)
    share = (own.power_kw - family.nameplate.idle_kw) / family.nameplate.span_kw
    return ServerPower(family.nameplate, family.curve.learned(own.utilisation_frac, share, own.weight))
