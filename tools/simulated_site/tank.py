"""A stratified chilled-water tank: cold water below, warm above, layers that water pushes up when charging and down when not.

Energy balance, exact at every step: charging takes from the tank what it gives to the return header; the ambient warms it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from facility.site import ChilledWaterTank
from tools.simulated_site.physics.constants import SECONDS_PER_HOUR, WATER_HEAT_KJPKGK

LAYERS = 10
USEFUL_K = 0.5  # a smaller difference is not worth a pump
STILL_USEFUL_K = 2.0  # over the water that is wanted, a layer is of no use any more
LITRES_PER_M3 = 1000.0


@dataclass(slots=True)
class TankState:
    """What a tank remembers."""

    layers_degc: list[float] = field(default_factory=list)  # from the bottom up
    flow_kwpk: float = 0.0  # positive while charging: into the bottom
    charge_kw: float = 0.0
    ambient_kw: float = 0.0


class SimulatedTank:
    """One tank, beside the chillers; it starts at the warmest water of use: empty."""

    def __init__(self, tank: ChilledWaterTank, coldest_degc: float, warmest_degc: float) -> None:
        self.tank, self._coldest_degc, self._warmest_degc = tank, coldest_degc, warmest_degc
        self.layer_kjpk = tank.volume_m3 * LITRES_PER_M3 * WATER_HEAT_KJPKGK / LAYERS
        self.state = TankState([warmest_degc] * LAYERS)

    @property
    def top_degc(self) -> float:
        """The water at the top."""
        return self.state.layers_degc[-1]

    @property
    def bottom_degc(self) -> float:
        """The water at the bottom."""
        return self.state.layers_degc[0]

    @property
    def cold_kwh(self) -> float:
        """Cold in the tank, below the warmest water that the plant may supply."""
        kelvins = sum([self._warmest_degc - degc for degc in self.state.layers_degc])
        return kelvins * self.layer_kjpk / SECONDS_PER_HOUR

    @property
    def charge_frac(self) -> float:
        """Cold in the tank over what it could hold."""
        full_kwh = (self._warmest_degc - self._coldest_degc) * self.layer_kjpk * LAYERS / SECONDS_PER_HOUR
        return min(max(self.cold_kwh / full_kwh, 0.0), 1.0)

    def flow_kwpk(self, dt_s: float, wanted_kw: float, supply_degc: float, return_degc: float) -> float:
        """Return the water that charges (positive) or discharges the tank by so much heat, as far as pipes and tank allow."""
        most_kwpk = min(self.tank.max_flow_lps * WATER_HEAT_KJPKGK, 0.9 * self.layer_kjpk / dt_s)
        if wanted_kw > 0.0 and self.top_degc > supply_degc + USEFUL_K:
            return min(wanted_kw / (self.top_degc - supply_degc), most_kwpk)
        if wanted_kw < 0.0 and return_degc > self.bottom_degc + USEFUL_K:
            return -min(-wanted_kw / (return_degc - self.bottom_degc), most_kwpk)
        return 0.0

    def usable_kwh(self, supply_degc: float, return_degc: float) -> float:
        """Return the cold in layers that are cold enough to supply, against the water that would replace it.

        Of a layer that is a little too warm a part counts: it is mixed, and so is what it supplies.
        """
        shares = [min(max(1.0 - (degc - supply_degc) / STILL_USEFUL_K, 0.0), 1.0) for degc in self.state.layers_degc]
        cold_k = [share * (return_degc - degc) for share, degc in zip(shares, self.state.layers_degc, strict=True)]
        return max(sum(cold_k), 0.0) * self.layer_kjpk / SECONDS_PER_HOUR

    def step(self, dt_s: float, flow_kwpk: float, entering_degc: float, ambient_degc: float) -> None:
        """Push water through: in at the bottom when charging, at the top when discharging; the ambient warms every layer."""
        state = self.state
        layers = state.layers_degc
        leaving_degc = layers[-1] if flow_kwpk > 0.0 else layers[0]
        state.flow_kwpk = flow_kwpk
        state.charge_kw = abs(flow_kwpk) * (leaving_degc - entering_degc)
        pushed = abs(flow_kwpk) * dt_s / self.layer_kjpk
        warmed = self.tank.loss_w_per_k / 1000.0 / LAYERS * dt_s / self.layer_kjpk
        behind = [entering_degc, *layers[:-1]] if flow_kwpk > 0.0 else [*layers[1:], entering_degc]
        state.ambient_kw = self.tank.loss_w_per_k / 1000.0 * (ambient_degc - sum(layers) / LAYERS)
        moved = [
            degc + pushed * (before - degc) + warmed * (ambient_degc - degc)
            for degc, before in zip(layers, behind, strict=True)
        ]
        state.layers_degc = sorted(moved)  # warm water rises past colder water at once

    def stored_kj(self) -> float:
        """Return the heat stored above 0 C."""
        return sum(self.state.layers_degc) * self.layer_kjpk
