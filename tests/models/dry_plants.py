"""Two plants without towers for the tests of this folder: warm water from dry coolers, cold water from air-cooled chillers."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from models.cooling import Load
from models.nameplate import Cdu, Chiller, DryCooler, LiquidLoop, Pump, WatersideEconomizer
from models.plant_model import CoolingPlant
from tests.models.small_plant import hall

PADS_FROM_DEGC = 12.0


def warm_plant(*, pads_frac: float = 0.75, glycol: bool = True, water_kwh_per_m3: float = 0.0) -> CoolingPlant:
    """Return a loop on a plate exchanger to dry coolers, with trim chillers behind it."""
    coolers = tuple(
        DryCooler(f"cooler-{i}", 260.0, 7.8, 8.0, 6.0, 0.15, pads_frac, PADS_FROM_DEGC, glycol) for i in range(1, 5)
    )
    trims = tuple(Chiller(f"trim-{i}", 200.0, 5.4, 0.15, 18.0, max_leaving_water_degc=32.0) for i in range(1, 3))
    return CoolingPlant(
        plant_id="warm",
        hall_parts=(),
        loop_parts=(LiquidLoop("loop-1", tuple(Cdu(f"cdu-{i}", 360.0, 8.6, 5.6) for i in range(1, 4)), 22.0, 42.0),),
        chillers=trims,
        towers=(),
        dry_coolers=coolers,
        pumps=(
            Pump("fw", "chilled_water", 26.0, 9.0, 0.15),
            Pump("dc", "condenser_water", 32.0, 10.5, 0.1),
        ),
        economizer=WatersideEconomizer("plate-1", 750.0),
        leaving_water_min_degc=20.0,
        leaving_water_max_degc=32.0,
        water_kwh_per_m3=water_kwh_per_m3,
    )


def cold_plant(chillers: int = 3) -> CoolingPlant:
    """Return air-cooled chillers for a hall."""
    units = tuple(
        Chiller(f"chiller-{i}", 105.0, 3.2, 0.2, -15.0, condenser="air", max_leaving_water_degc=16.0)
        for i in range(1, chillers + 1)
    )
    return CoolingPlant(
        plant_id="cold",
        hall_parts=(hall(),),
        loop_parts=(),
        chillers=units,
        towers=(),
        pumps=(Pump("chw", "chilled_water", 12.5, 4.7),),
        leaving_water_min_degc=7.0,
        leaving_water_max_degc=18.0,
    )


def liquid_load(
    liquid_kw: npt.ArrayLike, outdoor_degc: npt.ArrayLike = 20.0, wet_bulb_degc: npt.ArrayLike | None = None
) -> Load:
    """Return a load of the warm plant; the wet bulb is 6 K below the outdoor air unless given."""
    liquid, outdoor = np.broadcast_arrays(*(np.atleast_1d(np.asarray(x, float)) for x in (liquid_kw, outdoor_degc)))
    wet_bulb = (
        outdoor - 6.0 if wet_bulb_degc is None else np.broadcast_to(np.asarray(wet_bulb_degc, float), outdoor.shape)
    )
    return Load(np.zeros((outdoor.size, 0)), liquid[:, None].copy(), outdoor.copy(), wet_bulb.copy())


def air_load(air_kw: npt.ArrayLike, outdoor_degc: npt.ArrayLike = 20.0) -> Load:
    """Return a load of the cold plant."""
    air, outdoor = np.broadcast_arrays(*(np.atleast_1d(np.asarray(x, float)) for x in (air_kw, outdoor_degc)))
    return Load(air[:, None].copy(), np.zeros((outdoor.size, 0)), outdoor.copy(), outdoor - 6.0)
