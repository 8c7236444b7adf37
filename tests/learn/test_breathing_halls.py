"""The law of breathing halls against the simulated site, whose dampers, coils and moisture are other formulations."""

from __future__ import annotations

import numpy as np
import pytest

from facility.learn.twin import Learned, plant_models
from facility.site_file import load_site
from models import hall_air
from models.airside import OutdoorAir
from models.plant_model import CoolingPlant
from tests.simulated_site.steady import CONFIGS, steady_site

WATER_DEGC, SUPPLY_DEGC, SPEED_FRAC = 14.0, 21.0, 0.7
FROST, WINTER, SPRING, DAMP, SUMMER = (-5.0, -12.0), (2.0, -3.0), (12.0, 6.0), (21.0, 13.0), (30.0, 10.0)


@pytest.fixture(scope="module")
def plant() -> CoolingPlant:
    return plant_models(load_site(CONFIGS / "air_economizer.yaml"), Learned(), None, {})[0]


@pytest.mark.parametrize("dampers_open", [True, False])
@pytest.mark.parametrize(("dry", "dew"), [FROST, WINTER, SPRING, DAMP, SUMMER])
def test_coil_load_dew_point_and_power(plant: CoolingPlant, dry: float, dew: float, *, dampers_open: bool) -> None:
    settings = {("plant-1", "leaving_chilled_water_temperature_setpoint_degc"): WATER_DEGC}
    for number in range(1, 7):
        settings[f"crah-{number}", "supply_air_temperature_setpoint_degc"] = SUPPLY_DEGC
        settings[f"crah-{number}", "fan_speed_setpoint_frac"] = SPEED_FRAC
    settings |= {(hall.airside.economizer.id, "economizer_mode_command"): float(dampers_open)
                 for hall in plant.hall_parts if hall.airside}  # fmt: skip
    site = steady_site("air_economizer", dry, dew, hours=4.0, settings=settings, seed=3)
    for ours, theirs in zip(plant.hall_parts, site.halls, strict=True):
        assert ours.airside is not None
        reference_kw = ours.server_fans.at_reference_kw(theirs.flows.rack_kw, float(theirs.true_inlet_degc.mean()))
        answer = hall_air.answer(
            ours, np.atleast_1d(reference_kw), SUPPLY_DEGC, WATER_DEGC, plant.water_rise_k,
            speed_frac=np.full((1, 1), SPEED_FRAC), dampers_open=dampers_open,
            outdoor=OutdoorAir.of(np.array([dry]), np.array([site.outdoors.wet_bulb_degc]), ours.airside.altitude_m),
        )  # fmt: skip
        assert theirs.state.airside is not None
        coils_kw = theirs.flows.sensible_kw + 2501.0 * theirs.flows.condensate_kgps
        assert bool(answer.breath.open[0, 0]) == theirs.state.airside.open
        assert float(answer.heat_kw[0, 0]) == pytest.approx(coils_kw, abs=0.05 * theirs.flows.rack_kw)
        assert float(answer.breath.dew_point_degc[0, 0]) == pytest.approx(theirs.dew_point_degc, abs=1.0)
        assert float(answer.breath.power_kw[0, 0]) == pytest.approx(sum(theirs.auxiliary_kw().values()), abs=0.6)


@pytest.mark.parametrize(("dew", "coldest"), [(8.0, 18.0), (13.0, 19.0), (15.0, 21.0), (25.0, 23.0)])
def test_a_damp_hall_is_kept_warm_enough_to_be_dry(dew: float, coldest: float) -> None:
    loaded = load_site(CONFIGS / "air_economizer.yaml")
    damp = plant_models(loaded, Learned(), None, {"hall-1": dew})[0].hall_parts
    assert [part.inlet_min_degc for part in damp] == [coldest, 18.0]
