"""The demo site with all held but what may be put off: its battery, its work that may wait, its tariff, and losses in proportion.

Cooling takes the same share of the IT power whatever is decided, so that a linear program says exactly what this flexibility is
worth, and a plan is quick. The plan is the product's own, with nothing left out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from facility.plan.inputs import PlantNow
from facility.points import PointIndex
from facility.site import Site
from facility.site_file import LoadedSite, load_site
from models.cooling import JointState, Load, Mode, PlantResponse

DEMO = Path(__file__).parents[2] / "site_configs" / "demo.yaml"
COOLING_FRAC = 0.2  # of IT power
UPS_FRAC, TRANSFORMER_FRAC = 0.03, 0.01  # of what goes through
HALL, PLANT, POOL, WORK, BATTERY, METER = "hall-1", "plant-1", "pool-air", "batch", "battery-1", "utility"
_DEVICES = "meter-utility", "battery-controller", "gateway-air"
HELD = PlantNow(Mode.MECHANICAL, 10.0, (20.0,), 1)
_RATED_KW = 600.0


def shifting_site(zone: str = "Europe/Berlin", currency: str = "EUR", **tariff: Any) -> LoadedSite:
    """Return the site, in a time zone; `tariff` replaces parts of the demo's."""
    demo = load_site(DEMO)
    kept = demo.site.model_dump(by_alias=True)
    unit = {"rated_kw": _RATED_KW, "no_load_kw": 0.0, "square_frac": 0.0}
    parts: dict[str, Any] = {
        "schema": 1,
        "id": "shifting",
        "name": "Shifting",
        "time_zone": zone,
        "currency": currency,
        "halls": [{"id": HALL, "racks": [{"id": "rack-1", "rated_kw": _RATED_KW}]}],
        "crahs": [{
            "id": "crah-1", "hall": HALL, "plant": PLANT,
            "rated_airflow_m3ps": 30.0, "rated_fan_kw": 20.0, "rated_cooling_kw": _RATED_KW,
        }],
        "plants": [{
            "id": PLANT,
            "chillers": [{"id": "chiller-1", "rated_cooling_kw": _RATED_KW}],
            "towers": [{"id": "tower-1", "rated_rejection_kw": 720.0, "rated_fan_kw": 15.0, "rated_flow_lps": 30.0}],
            "pumps": [
                {"id": "chw-pumps", "duty": "chilled_water", "rated_flow_lps": 30.0, "rated_kw": 11.0},
                {"id": "cw-pumps", "duty": "condenser_water", "rated_flow_lps": 30.0, "rated_kw": 11.0},
            ],
        }],
        "electrical": {
            "transformer": unit | {"id": "transformer-1", "rated_kw": 1000.0, "proportional_frac": TRANSFORMER_FRAC},
            "ups": unit | {"id": "ups-1", "proportional_frac": UPS_FRAC},
            "main_meter": METER,
        },
        "server_pools": [one | {"consolidate": False} for one in kept["server_pools"] if one["id"] == POOL],
        "deferrable_work": kept["deferrable_work"],
        "batteries": kept["batteries"],
        "tariff": kept["tariff"] | tariff,
        "carbon": kept["carbon"],
        "devices": [one for one in kept["devices"] if one["id"] in _DEVICES],
    }  # fmt: skip
    points = PointIndex(point for point in demo.points if point.device in _DEVICES)
    return replace(demo, site=Site.model_validate(parts), points=points)


@dataclass(frozen=True, slots=True)
class EvenPlant:
    """A plant with one state, whose power is the same share of the heat in any weather."""

    plant_id: str = PLANT
    halls: tuple[str, ...] = (HALL,)
    loops: tuple[str, ...] = ()

    def states(self) -> tuple[JointState, ...]:
        """Return the only one."""
        return (JointState(HELD.mode, HELD.leaving_water_degc, HELD.supply_air_degc, HELD.chillers_on),)

    def evaluate(self, state: JointState, load: Load) -> PlantResponse:
        """Return the steady answer: chillers take their share, nothing else takes or limits anything."""
        del state
        nothing, hall, loop = np.zeros(load.rows), np.zeros((load.rows, 1)), np.zeros((load.rows, 0))
        return PlantResponse(
            feasible=np.ones(load.rows, dtype=bool),
            limit=np.full(load.rows, ""),
            binding=np.full(load.rows, ""),
            crah_fan_kw=hall,
            cdu_pump_kw=loop,
            chilled_pump_kw=nothing,
            condenser_pump_kw=nothing,
            chiller_kw=COOLING_FRAC * load.heat_kw,
            tower_kw=nothing,
            server_fan_kw=hall,
            fan_speed_frac=hall + 0.5,
            airside_kw=hall,
            outdoor_air_frac=hall,
            dampers_open=np.zeros(hall.shape, dtype=bool),
            coil_kw=load.it_air_kw,
            dew_point_degc=hall + np.nan,
            condenser_water_degc=nothing + 20.0,
            inlet_mean_degc=hall + 22.0,
            inlet_max_degc=hall + 24.0,
            inlet_margin_k=hall + 1.0,
            secondary_supply_degc=loop,
            secondary_flow_lps=loop,
            makeup_water_lps=nothing,
            pads_wet=np.zeros(load.rows, dtype=bool),
            half_width_kw=nothing,
            beyond=nothing,
        )
