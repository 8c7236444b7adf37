"""A hall as it stands, and how warm its inlets could become at worst if a setpoint moved."""

from __future__ import annotations

from dataclasses import dataclass

from models.rack_inlet import RackInlets

DISTRUST = 1.5  # an effect that nobody has tried may be half as large again as the model and the prior say


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
    hottest_degc
        The hottest inlet measured in the last day.
    inlet_min_degc, inlet_max_degc
        Its limits.
    """

    id: str
    inlets: RackInlets
    supply_degc: float
    air_rise_k: float
    hottest_degc: float
    inlet_min_degc: float
    inlet_max_degc: float

    @property
    def margin_k(self) -> float:
        """Upper half of the 90 % interval of the worst rack."""
        return float(self.inlets.margin_k.max())

    def worst_degc(self, warmer_k: float = 0.0, airflow_frac: float = 1.0) -> float:
        """Return the hottest inlet to be feared [degC], margin included.

        Parameters
        ----------
        warmer_k
            By how much the supply air becomes warmer [K].
        airflow_frac
            Airflow over the present one [-].
        """
        rises = [
            self._rise_k(one, warmer_k, airflow_frac) for one in (self.inlets, RackInlets.prior(self.inlets.racks))
        ]
        largest = max(rises)
        return self.hottest_degc + self.margin_k + (DISTRUST * largest if largest > 0 else min(rises) / DISTRUST)

    def _rise_k(self, inlets: RackInlets, warmer_k: float, airflow_frac: float) -> float:
        before, _ = inlets.hottest(self.supply_degc, self.air_rise_k)
        after, _ = inlets.hottest(self.supply_degc + warmer_k, self.air_rise_k / airflow_frac)
        return float(after - before)
