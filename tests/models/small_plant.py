"""One small plant for the tests of this folder: a hall, a loop, two chillers, an economizer."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from models.cooling import Load
from models.hall_air import Hall
from models.nameplate import Cdu, Chiller, Crah, LiquidLoop, Pump, Tower, WatersideEconomizer
from models.plant_model import CoolingPlant
from models.rack_inlet import RackInlets

ECONOMIZER = WatersideEconomizer("wse-1", 500.0)
RACKS = tuple(f"a{i:02d}" for i in range(1, 25))


def hall(hall_id: str = "hall-1", crahs: int = 6) -> Hall:
    units = tuple(Crah(f"{hall_id}-crah-{i}", 5.5, 3.6, 72.0, supply_air_max_degc=26.0) for i in range(1, crahs + 1))
    return Hall(hall_id, units, RackInlets.prior(RACKS))


def plant(
    economizer: WatersideEconomizer | None = ECONOMIZER,
    *,
    halls: tuple[Hall, ...] | None = None,
    chillers: int = 2,
) -> CoolingPlant:
    return CoolingPlant(
        plant_id="plant-1",
        hall_parts=(hall(),) if halls is None else halls,
        loop_parts=(LiquidLoop("loop-1", (Cdu("cdu-1", 320.0, 9.0, 4.5),)),),
        chillers=tuple(Chiller(f"chiller-{i}", 600.0, 5.6) for i in range(1, chillers + 1)),
        towers=tuple(Tower(f"tower-{i}", 720.0, 15.0, 30.0) for i in (1, 2)),
        pumps=(Pump("chw", "chilled_water", 30.0, 11.0), Pump("cw", "condenser_water", 60.0, 18.0)),
        economizer=economizer,
        leaving_water_max_degc=18.0,
        chillers_installed=2,
    )


def load(
    air_kw: npt.ArrayLike, liquid_kw: npt.ArrayLike = 160.0, wet_bulb_degc: npt.ArrayLike = 18.0, halls: int = 1
) -> Load:
    air, liquid, wet_bulb = np.broadcast_arrays(
        *(np.atleast_1d(np.asarray(x, float)) for x in (air_kw, liquid_kw, wet_bulb_degc))
    )
    return Load(
        it_air_kw=np.repeat(air[:, None] / halls, halls, axis=1),
        it_liquid_kw=liquid[:, None].copy(),
        outdoor_degc=wet_bulb + 5.0,
        wet_bulb_degc=wet_bulb.copy(),
    )
