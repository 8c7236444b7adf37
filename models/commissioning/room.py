"""A hall as it stands, and how warm its inlets could become at worst if a setpoint moved, all CRAHs running or its spares lost."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from models.rack_inlet import RackInlets

DISTRUST = 1.5  # an effect that nobody has tried may be half as large again as the model and the prior say
# Where history does not tell whose air reaches which rack: reach (as in `RackInlets`) of a CRAH to the racks in front of it. Of a
# plenum about half stays near, the rest mixes: with two CRAHs such a rack keeps a quarter of its air when its own stops.
NEAR_REACH = 1.5
_LEAST_LEFT_FRAC = 0.1  # a rack gets some air from its neighbours whatever stands


@dataclass(frozen=True, slots=True, eq=False)
class Room:
    """A hall at its present setpoints.

    Attributes
    ----------
    id
        Its id.
    inlets
        Its inlet model, learned or prior.
    supply_degc, air_rise_k
        Supply air, and the air rise at the highest load of the last day.
    hottest_degc, coldest_degc
        The hottest and the coldest inlet measured in the last day.
    inlet_min_degc, inlet_max_degc
        Its limits.
    crah_share
        Share of the airflow by CRAH that runs.
    spare
        How many CRAHs it must be able to lose at any time, its limits kept.
    """

    id: str
    inlets: RackInlets
    supply_degc: float
    air_rise_k: float
    hottest_degc: float
    coldest_degc: float
    inlet_min_degc: float
    inlet_max_degc: float
    crah_share: dict[str, float]
    spare: int = 0

    @property
    def margin_k(self) -> float:
        """Upper half of the 90 % interval of the worst rack."""
        return float(self.inlets.margin_k.max())

    @property
    def spare_crahs(self) -> str:
        """What it must be able to lose, in words."""
        return "a CRAH" if self.spare == 1 else f"{self.spare} CRAHs"

    def worst_degc(self, warmer_k: float = 0.0, airflow_frac: float = 1.0, *, lost: bool = False) -> float:
        """Return the hottest inlet to be feared [degC], margin included.

        Parameters
        ----------
        warmer_k
            By how much the supply air becomes warmer [K].
        airflow_frac
            Airflow over the present one [-].
        lost
            Whether the spare CRAHs stop meanwhile, the others going on as they are.
        """
        supply, rise = self.supply_degc + warmer_k, self.air_rise_k / airflow_frac
        rises = [_hottest(one, supply, rise) - _hottest(one, self.supply_degc, self.air_rise_k) for one in self._models]
        largest = max(rises)
        worst = self.hottest_degc + self.margin_k + (DISTRUST * largest if largest > 0 else min(rises) / DISTRUST)
        if not lost:
            return worst
        told = (self.inlets,) if self.inlets.crahs else self._models  # the prior knows nothing of whose air goes where
        return worst + max(self._lost_k(one, supply, rise) for one in told)

    @property
    def _models(self) -> tuple[RackInlets, RackInlets]:
        return self.inlets, RackInlets.prior(self.inlets.racks)

    def _lost_k(self, inlets: RackInlets, supply_degc: float, rise_k: float) -> float:
        """Return by how much the hottest inlet warms when the spare CRAHs stop [K]."""
        before = _hottest(inlets, supply_degc, rise_k)
        return max((after - before for after in self._after_loss(inlets, supply_degc, rise_k)), default=0.0)

    def _after_loss(self, inlets: RackInlets, supply_degc: float, rise_k: float) -> Iterator[float]:
        """Yield the hottest inlet [degC] for each choice of CRAHs that stop."""
        for stopped in itertools.combinations(self.crah_share, self.spare):
            lost = sum(self.crah_share[crah] for crah in stopped)
            if inlets.crahs:
                airflow = [0.0 if crah in stopped else self.crah_share[crah] for crah in inlets.crahs]
                supply = np.full(len(airflow), supply_degc)
                after = inlets.inlet_by_crah_degc(supply, airflow, rise_k / max(1.0 - lost, _LEAST_LEFT_FRAC))
                yield float(after.max())
            else:
                yield _hottest(inlets, supply_degc, rise_k / max(1.0 - NEAR_REACH * lost, _LEAST_LEFT_FRAC))


def _hottest(inlets: RackInlets, supply_degc: float, rise_k: float) -> float:
    return float(inlets.hottest(supply_degc, rise_k)[0])
