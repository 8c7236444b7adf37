"""Server fans learned from steps of the supply air: IT power at constant work against inlet temperature, as the plant has it."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import numpy.typing as npt

from facility.learn.hall_load import HallLoad, halls_with_pools, read_hall_load
from facility.learn.twin import described_server_fans
from facility.site_file import LoadedSite, load_site
from models.server_fans_fit import fit_server_fans
from models.server_fans_step import hall_table
from models.servers import ServerFans
from tools import energyplus_plant
from tools.bench.rows import Row, compared
from tools.bench.shared_data import energyplus_site, folder
from tools.bench.supply_air_steps import END, START, stepped
from tools.closed_loop.memory_telemetry import MemoryTelemetry
from tools.energyplus.mapping_file import load_mapping, mapping_path
from tools.energyplus.model import FOLDERS, find_file
from tools.simulated_site import closed_loop_plant
from tools.simulated_site.servers import rack_load

FloatArray = npt.NDArray[np.float64]
Law = Callable[[FloatArray], FloatArray]

SITES = Path(__file__).parents[2] / "site_configs"
SEEDS = range(11, 21)  # 1 to 5 were looked at while the method was chosen
SERVERS = "ElectricEquipment:ITE:AirCooled"
_INLETS_DEGC = np.arange(18.0, 32.01, 0.25)  # scored are those that the steps reached


@dataclass(frozen=True, slots=True)
class _Score:
    """Worst error of power over that at the middle of the inlets reached: work measured, work by the hour, and the prior's."""

    measured_frac: float
    by_hour_frac: float
    prior_frac: float


def rows(quick: bool) -> list[Row]:
    """Return the worst errors over seeds and halls: of the simulated sites, and of the EnergyPlus plant (`quick`: one of each)."""
    names = ("demo",) if quick else ("demo", "liquid_ai", "air_economizer")
    seeds = SEEDS[:1] if quick else SEEDS
    simulated = [score for name in names for seed in seeds for score in _simulated(SITES / f"{name}.yaml", seed)]
    return [*_rows("", simulated), *_rows("energyplus_", [score for seed in seeds for score in _energyplus(seed)])]


def _rows(prefix: str, scores: list[_Score]) -> list[Row]:
    if not scores:
        return []
    prior = max(score.prior_frac for score in scores)
    return [
        compared(f"{prefix}server_fan_error_frac", max(score.measured_frac for score in scores), "-", prior),
        compared(f"{prefix}server_fan_error_frac_by_hour", max(score.by_hour_frac for score in scores), "-", prior),
    ]


def _simulated(site_file: Path, seed: int) -> Iterator[_Score]:
    loaded = load_site(site_file)
    readings = stepped(loaded, closed_loop_plant.factory, closed_loop_plant.own_conditions, seed)
    for hall, load, prior in _halls(loaded, readings):
        yield _score(hall, load, prior, simulated_law(prior.fan_power_share_frac))


def _energyplus(seed: int) -> Iterator[_Score]:
    found = folder("energyplus")
    if found is None:
        return
    if find_spec("pyenergyplus") is None:
        sys.stderr.write("energyplus: skipped, EnergyPlus extra absent\n")
        return
    os.environ.setdefault(FOLDERS, str(found))
    loaded = load_site(energyplus_site())
    readings = stepped(loaded, energyplus_plant.factory, energyplus_plant.own_conditions, seed)
    mapping, file = load_mapping(mapping_path(loaded.path), loaded)
    model = json.loads(find_file(mapping.model, file.path, "model").read_text(encoding="utf-8"))
    for hall, load, prior in _halls(loaded, readings):
        assert load.work is not None
        used_frac = load.work[f"busy pool-{hall}"].mean() / load.work[f"awake pool-{hall}"].mean()
        yield _score(hall, load, prior, _energyplus_law(model, float(used_frac)))


def _halls(loaded: LoadedSite, readings: MemoryTelemetry) -> Iterator[tuple[str, HallLoad, ServerFans]]:
    """Yield what each hall's servers did, and the law by the site file; all pools of a hall have the same servers here."""
    for hall in halls_with_pools(loaded.site):
        load = read_hall_load(loaded, readings, hall, START, END)
        yield hall.id, load, described_server_fans(loaded.site, hall)


def _score(hall: str, load: HallLoad, prior: ServerFans, law: Law) -> _Score:
    measured = fit_server_fans(hall, load.table(), prior)
    by_hour = fit_server_fans(hall, hall_table(load.rows), prior)
    low, high = measured.seen_degc
    inlets = _INLETS_DEGC[(low <= _INLETS_DEGC) & (high >= _INLETS_DEGC)]
    return _Score(*(_error(fans, inlets, law) for fans in (measured.fans, by_hour.fans, prior)))


def _error(fans: ServerFans, inlets_degc: FloatArray, law: Law) -> float:
    middle = inlets_degc.size // 2
    ours, truth = 1 + fans.extra_frac(inlets_degc), law(inlets_degc)
    return float(np.abs(ours / ours[middle] / (truth / truth[middle]) - 1).max())


def simulated_law(fan_share_frac: float) -> Law:
    """Return what servers of the simulated site draw at constant work."""

    def law(inlet_degc: FloatArray) -> FloatArray:
        one = np.ones(inlet_degc.size)
        return rack_load(
            one,
            fan_share=fan_share_frac * one,
            inlet_degc=inlet_degc,
            load_frac=one / 2,
            liquid_frac=0 * one,
            rated_air_kwpk=one,
            allowable_max_degc=45 * one,
        ).it_kw

    return law


def _energyplus_law(model: Mapping[str, Mapping[str, Mapping[str, float]]], used_frac: float) -> Law:
    """Return what servers of the model draw at their mean work, by its curves; its fan power is linear in their flow."""
    fan_share = next(iter(model[SERVERS].values()))["design_fan_power_input_fraction"]
    curves = model["Curve:Biquadratic"]

    def at(name: str, inlet_degc: FloatArray) -> FloatArray:
        curve = curves[name]
        cold = curve["coefficient1_constant"] + curve["coefficient2_x"] * used_frac
        return np.asarray(cold + curve["coefficient4_y"] * inlet_degc)

    def law(inlet_degc: FloatArray) -> FloatArray:
        processors, fans = (at(f"Data Center Servers {one} fLoadTemp", inlet_degc) for one in ("Power", "Airflow"))
        return (1 - fan_share) * processors + fan_share * fans

    return law
