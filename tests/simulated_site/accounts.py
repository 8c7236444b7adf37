"""Energy accounts of a simulated site: what came in, what went out, what is stored, over any number of steps."""

from __future__ import annotations

from dataclasses import dataclass, field

from tools.simulated_site import SimulatedSite
from tools.simulated_site.physics.constants import VAPORISATION_0C_KJPKG
from tools.simulated_site.plant import SimulatedPlant


@dataclass(slots=True)
class Account:
    """Sums over steps [kJ]."""

    into_kj: float = 0.0
    out_kj: float = 0.0
    stored_kj: float = 0.0

    def add(self, dt_s: float, into_kw: float, out_kw: float) -> None:
        self.into_kj += dt_s * into_kw
        self.out_kj += dt_s * out_kw

    @property
    def gap_frac(self) -> float:
        """What the account lacks, over its turnover."""
        return abs(self.into_kj - self.out_kj - self.stored_kj) / max(abs(self.into_kj), abs(self.out_kj))


@dataclass
class Books:
    """The accounts of a site's parts, and of the whole."""

    site: SimulatedSite
    accounts: dict[str, Account] = field(default_factory=dict)

    def run(self, steps: int, dt_s: float) -> dict[str, Account]:
        """Step, and keep the books."""
        before = self._stored_kj()
        for _ in range(steps):
            self.site.step(dt_s)
            for name, (into_kw, out_kw) in self._flows_kw().items():
                self.accounts.setdefault(name, Account()).add(dt_s, into_kw, out_kw)
        for name, kj in self._stored_kj().items():
            self.accounts[name].stored_kj += kj - before[name]
        return self.accounts

    def _flows_kw(self) -> dict[str, tuple[float, float]]:
        found: dict[str, tuple[float, float]] = {"site": self._whole_kw(), "chain": self._chain_kw()}
        for hall in self.site.halls:
            flows, latent = hall.flows, VAPORISATION_0C_KJPKG
            humidifier_kw = sum(kw for name, kw in hall.auxiliary_kw().items() if name.startswith("humidifier"))
            into_kw = flows.rack_kw + flows.fan_kw + flows.outdoor_kw + latent * flows.outdoor_kgps + humidifier_kw
            found[hall.hall_id] = into_kw, sum(one.coil_kw for one in hall.state.crahs.machines)
        for loop in self.site.loops:
            on_loop = [name == loop.loop.id for name in self.site.workload._racks.loops]
            racks_kw = float(self.site.rack_load.liquid_kw[on_loop].sum())
            taken_kw = sum(one.state.source_kw for one in self.site.heat_pumps if one.pump.source == loop.loop.id)
            found[loop.loop.id] = racks_kw + sum(loop.state.pump_kw), sum(loop.state.heat_kw) + taken_kw
        return found | {plant.plant.id: self._plant_kw(plant) for plant in self.site.plants}

    def _plant_kw(self, plant: SimulatedPlant) -> tuple[float, float]:
        into_kw = plant.state.heat_kw + plant.chilled.state.total_kw + plant.bank.compressor_kw
        into_kw += plant.tank.state.ambient_kw if plant.tank else 0.0
        out_kw = plant.bank.to_air_kw()
        if plant.outside is not None and plant.condenser is not None:
            into_kw += plant.condenser.state.total_kw + plant.outside.state.heater_kw
            out_kw += plant.outside.state.rejected_kw
        return into_kw, out_kw

    def _chain_kw(self) -> tuple[float, float]:
        """Return what is generated or delivered, and what is used or lost on the way."""
        site, chain = self.site, self.site.metering.chain
        house_kw = chain.house_kw if chain.motors_powered else 0.0
        own_kw = sum(one.state.power_kw for one in site.batteries)
        own_kw -= sum(one.state.power_kw for one in site.photovoltaics)
        used_kw = float(site.rack_load.it_kw.sum()) + site.mechanical_kw() + house_kw + chain.state.losses_kw
        return chain.state.supply_kw - chain.state.ups_charge_kw - own_kw, used_kw

    def _whole_kw(self) -> tuple[float, float]:
        """Return all electricity that is used, and the heat that leaves: outside, to the house and to those who buy it."""
        site, state = self.site, self.site.metering.chain.state
        into_kw, _ = self._chain_kw()
        house_kw = site.metering.chain.house_kw if site.metering.chain.motors_powered else 0.0
        out_kw = state.losses_kw + house_kw  # of rooms that no plant cools
        for pump in site.heat_pumps:
            out_kw += pump.state.source_kw + pump.state.power_kw  # sold, and what the pump itself gives off
        for hall in site.halls:
            out_kw -= hall.flows.outdoor_kw + VAPORISATION_0C_KJPKG * hall.flows.outdoor_kgps
            out_kw += sum(kw for name, kw in hall.auxiliary_kw().items() if name.startswith("ase"))  # relief fans
        for plant in site.plants:
            fans_kw = sum(one.state.fan_kw for one in plant.bank.machines)
            out_kw += plant.bank.to_air_kw() + fans_kw
            if plant.outside is not None:
                fans_kw = sum(plant.outside.fan_kw().values()) - plant.outside.state.heater_kw
                out_kw += plant.outside.state.rejected_kw + fans_kw
            out_kw -= plant.tank.state.ambient_kw if plant.tank else 0.0
        return into_kw, out_kw

    def _stored_kj(self) -> dict[str, float]:
        found: dict[str, float] = {"chain": 0.0}
        for hall in self.site.halls:
            found[hall.hall_id] = hall.stored_kj() + VAPORISATION_0C_KJPKG * hall.vapour_kg()
        found |= {loop.loop.id: loop.stored_kj() for loop in self.site.loops}
        found |= {plant.plant.id: plant.stored_kj() for plant in self.site.plants}
        return found | {"site": sum(found.values())}
