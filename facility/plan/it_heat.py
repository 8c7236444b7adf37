"""Where IT power becomes heat: from halls, server pools and deferrable work to the halls and loops of each plant."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from facility.plan.inputs import PlanInputs
from facility.records import FloatArray
from facility.site import Hall
from models.airside import OutdoorAir
from models.cooling import BoolArray, Load, PlantModel
from models.damper_lockout import let_in

MOST_TAKEN_FRAC = 0.9


class ItHeat:
    """Shares by which each source of IT heat (a hall's base load, a pool, a class of work) reaches each plant.

    A hall cooled by two plants is split by the rated cooling of its CRAHs in service; racks with liquid cooling give their
    `liquid_frac` to the loop. What heat pumps take out of a loop does not reach its plant.
    """

    def __init__(self, inputs: PlanInputs) -> None:
        self._inputs = inputs
        site = inputs.site
        self.hall_of: dict[str, str] = {hall.id: hall.id for hall in site.halls if hall.id in inputs.it_power_kw}
        self.hall_of |= {pool.id: pool.hall for pool in site.server_pools}
        self.hall_of |= {work.id: self.hall_of[work.pool] for work in site.deferrable_work}
        racks = {pool.id: pool.racks for pool in site.server_pools}
        self._racks = racks | {work.id: racks[work.pool] for work in site.deferrable_work}
        self._shares = {
            plant.plant_id: {source: self._share(source, plant) for source in self.hall_of} for plant in inputs.plants
        }
        self._reaching = {
            plant: {source for source, share in shares.items() if share.any()} for plant, shares in self._shares.items()
        }
        self._taken = {plant.plant_id: self._taken_kw(plant) for plant in inputs.plants}
        self._breathes = {plant.plant_id: self._let_in(plant) for plant in inputs.plants}

    def share(self, plant_id: str, source: str) -> FloatArray:
        """Return how much of a source's kW reaches each hall, then each loop, of a plant."""
        return self._shares[plant_id][source]

    def heat_share(self, plant_id: str, source: str) -> float:
        """Return how much of a source's kW reaches a plant."""
        return float(self._shares[plant_id][source].sum())

    def base_kw(self) -> dict[str, FloatArray]:
        """Return the IT power of the halls as they are now run."""
        return {hall: self._inputs.it_power_kw[hall] for hall in self.hall_of if hall in self._inputs.it_power_kw}

    def load(
        self,
        plant: PlantModel,
        power_kw: Mapping[str, FloatArray],
        taken_kw: Mapping[str, FloatArray] | None = None,
        direct_kw: FloatArray | None = None,
    ) -> Load:
        """Return a plant's load when each source runs at its power and heat pumps that a plan moves take so much of loops."""
        shares, halls = self._shares[plant.plant_id], len(plant.halls)
        heat = -self._taken[plant.plant_id]
        reaching = [source for source in power_kw if source in self._reaching[plant.plant_id]]
        if reaching:
            heat += np.column_stack([power_kw[source] for source in reaching]) @ [shares[one] for one in reaching]
        for column, loop in enumerate(plant.loops, start=halls):
            heat[:, column] -= (taken_kw or {}).get(loop, 0.0)
        weather = self._inputs.outdoor_degc, self._inputs.wet_bulb_degc
        return Load(heat[:, :halls], heat[:, halls:], *weather, direct_kw, self._breathes[plant.plant_id])

    def taken_kw(self, plant_id: str) -> FloatArray:
        """Return the heat that never reaches a plant, because heat pumps take it."""
        return np.asarray(self._taken[plant_id].sum(axis=1))

    def _taken_kw(self, plant: PlantModel) -> FloatArray:
        """Return what is taken of each hall's and loop's heat: never all of a loop's, forecasts being what they are."""
        shares = self._shares[plant.plant_id]
        taken = np.zeros((self._inputs.steps, len(plant.halls) + len(plant.loops)))
        for column, loop in enumerate(plant.loops, start=len(plant.halls)):
            base = sum(kw * shares[source][column] for source, kw in self.base_kw().items())
            taken[:, column] = np.minimum(self._inputs.taken_heat_kw.get(loop, 0.0), MOST_TAKEN_FRAC * base)
        return taken

    def _let_in(self, plant: PlantModel) -> BoolArray | None:
        """Return when air comes in that all dampers of a plant's halls are told to let in; None without dampers."""
        inputs = self._inputs
        units = [hall.economizer for hall in inputs.site.halls if hall.id in plant.halls and hall.economizer]
        if not units:
            return None
        outdoor = OutdoorAir.of(inputs.outdoor_degc, inputs.wet_bulb_degc, inputs.site.altitude_m)
        open_now = inputs.plants_now[plant.plant_id].dampers_open
        return np.asarray(np.logical_and.reduce([let_in(unit, outdoor, open_now=open_now) for unit in units]))

    def hall_kw(self, power_kw: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
        """Return IT power by hall."""
        totals = {hall: np.zeros(self._inputs.steps) for hall in self._inputs.it_power_kw}
        for source, kw in power_kw.items():
            totals[self.hall_of[source]] = totals[self.hall_of[source]] + kw
        return totals

    def _share(self, source: str, plant: PlantModel) -> FloatArray:
        hall = next(hall for hall in self._inputs.site.halls if hall.id == self.hall_of[source])
        loops = _loop_shares(hall, self._racks.get(source, ()))
        air = np.zeros(len(plant.halls))
        if hall.id in plant.halls:
            air[plant.halls.index(hall.id)] = (1.0 - sum(loops.values())) * self._crah_share(hall, plant)
        return np.concatenate([air, [loops.get(loop, 0.0) for loop in plant.loops]])

    def _crah_share(self, hall: Hall, plant: PlantModel) -> float:
        site, at = self._inputs.site, self._inputs.start
        crahs = [crah for crah in site.crahs if crah.hall == hall.id and site.in_service(crah.id, at)]
        total = sum(crah.rated_cooling_kw for crah in crahs)
        ours = sum(crah.rated_cooling_kw for crah in crahs if crah.plant == plant.plant_id)
        return ours / total if total else 1.0


def _loop_shares(hall: Hall, racks: tuple[str, ...]) -> dict[str, float]:
    chosen = [rack for rack in hall.racks if not racks or rack.id in racks]
    total = sum(rack.rated_kw for rack in chosen)
    shares: dict[str, float] = {}
    for rack in chosen:
        if rack.liquid_loop is not None:
            shares[rack.liquid_loop] = shares.get(rack.liquid_loop, 0.0) + rack.rated_kw * rack.liquid_frac / total
    return shares
