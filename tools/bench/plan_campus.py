"""The campus that plans are timed on, written by rule: for each plant three halls, two liquid loops, four chillers, a tank."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from facility.points import PointIndex
from facility.site import Site
from facility.site_file import LoadedSite

JOB_CLASSES = 40  # for each plant
HALLS = {"air": (24, 15.0, 0.0), "chips": (10, 50.0, 0.75), "racks": (12, 40.0, 0.6)}  # racks, kW each, liquid share
_IDLE_W, _PEAK_W, _SERVERS_PER_KW = 220.0, 500.0, 1.8


def campus(plants: int, hours: float) -> LoadedSite:
    """Return the campus; nothing of it can be read or written: it has points for no device."""
    parts: dict[str, Any] = {
        "schema": 1,
        "id": "campus",
        "name": "Campus",
        "time_zone": "Europe/Berlin",
        "currency": "EUR",
        "halls": [hall for number in _numbers(plants) for hall in _halls(number)],
        "crahs": [crah for number in _numbers(plants) for crah in _crahs(number)],
        "liquid_loops": [loop for number in _numbers(plants) for loop in _loops(number)],
        "plants": [_plant(number) for number in _numbers(plants)],
        "electrical": _electrical(plants),
        "server_pools": [pool for number in _numbers(plants) for pool in _pools(number)],
        "deferrable_work": [work for number in _numbers(plants) for work in _works(number)],
        "batteries": [_battery(number) for number in _numbers(plants)],
        "heat_pumps": [_heat_pump(number) for number in _numbers(plants)],
        "heat_contracts": [_contract(number) for number in _numbers(plants)],
        "tariff": {
            "energy_price_per_kwh": 0.15,
            "demand_charge_per_kw_month": 9.5,
            "demand_window_min": 15,
        },
        "carbon": {"gco2_per_kwh": 340.0, "price_per_tonne": 60.0},
        "water": {"price_per_m3": 2.2, "cycles_of_concentration": 4.0},
        "devices": [{"id": "none", "profile": "none", "modbus": {"host": "127.0.0.1"}, "equipment": "crah-1-air-1"}],
        "redundancy": [{"of": f"plant-{number}", "group": "chillers"} for number in _numbers(plants)],
        "planning": {"horizon_h": hours, "time_limit_s": 600.0},
    }
    return LoadedSite(Site.model_validate(parts), PointIndex([]), {}, "campus", Path("campus.yaml"))


def _numbers(plants: int) -> range:
    return range(1, plants + 1)


def hall_kw(kind: str) -> float:
    """Return the rated power of a hall of a kind."""
    racks, rack_kw, _ = HALLS[kind]
    return racks * rack_kw


def _halls(number: int) -> Iterator[dict[str, Any]]:
    for kind, (racks, rack_kw, liquid_frac) in HALLS.items():
        liquid = {"liquid_loop": f"loop-{number}-{kind}", "liquid_frac": liquid_frac} if liquid_frac else {}
        yield {
            "id": f"hall-{number}-{kind}",
            "limits": {"inlet_max_degc": 27.0},
            "racks": [
                {"id": f"rack-{number}-{kind}-{rack}", "position": rack, "rated_kw": rack_kw, **liquid}
                for rack in range(1, racks + 1)
            ],
        }


def _crahs(number: int) -> Iterator[dict[str, Any]]:
    for kind, (_, _, liquid_frac) in HALLS.items():
        air_kw = hall_kw(kind) * (1.0 - liquid_frac)
        for unit in range(1, 5):  # one of the four is the spare
            yield {
                "id": f"crah-{number}-{kind}-{unit}",
                "hall": f"hall-{number}-{kind}",
                "plant": f"plant-{number}",
                "rated_airflow_m3ps": air_kw / 36.0,
                "rated_fan_kw": air_kw / 50.0,
                "rated_cooling_kw": air_kw / 2.5,
                "supply_air_max_degc": 26.0,
            }


def _loops(number: int) -> Iterator[dict[str, Any]]:
    for kind, (_, _, liquid_frac) in HALLS.items():
        heat_kw = hall_kw(kind) * liquid_frac
        if heat_kw:
            cdu = {"rated_heat_kw": heat_kw, "rated_flow_lps": heat_kw / 35.0, "rated_pump_kw": heat_kw / 70.0}
            yield {
                "id": f"loop-{number}-{kind}",
                "plant": f"plant-{number}",
                "hall": f"hall-{number}-{kind}",
                "supply_max_degc": 40.0,
                "cdus": [{"id": f"cdu-{number}-{kind}-{unit}", **cdu} for unit in (1, 2)],
            }


def _plant(number: int) -> dict[str, Any]:
    four = range(1, 5)
    chiller = {"rated_cooling_kw": 250.0, "rated_cop": 5.6, "min_part_load_frac": 0.3}
    tower = {"rated_rejection_kw": 310.0, "rated_fan_kw": 6.5, "rated_flow_lps": 13.0}
    return {
        "id": f"plant-{number}",
        "chillers": [{"id": f"chiller-{number}-{unit}", **chiller} for unit in four],
        "towers": [{"id": f"tower-{number}-{unit}", **tower} for unit in four],
        "pumps": [
            {"id": f"chw-{number}", "duty": "chilled_water", "rated_flow_lps": 45.0, "rated_kw": 16.0},
            {"id": f"cw-{number}", "duty": "condenser_water", "rated_flow_lps": 52.0, "rated_kw": 16.0},
        ],
        "economizer": {"id": f"wse-{number}", "rated_kw": 700.0, "approach_k": 1.5, "min_dwell_min": 30.0},
        "tank": {"id": f"tank-{number}", "volume_m3": 250.0, "max_flow_lps": 15.0},
        "leaving_water_min_degc": 8.0,
        "leaving_water_max_degc": 18.0,
    }


def _electrical(plants: int) -> dict[str, Any]:
    kinds = [(number, kind) for number in _numbers(plants) for kind in HALLS]
    return {
        "transformer": {"id": "transformer", "rated_kw": 2500.0 * plants, "no_load_kw": 4.0 * plants, "square_frac": 0.009},
        "ups": {
            "id": "ups", "rated_kw": 1500.0 * plants, "no_load_kw": 15.0 * plants,
            "proportional_frac": 0.012, "square_frac": 0.022,
        },
        "pdus": [
            {
                "id": f"pdu-{number}-{kind}", "hall": f"hall-{number}-{kind}", "rated_kw": hall_kw(kind),
                "no_load_kw": 0.002 * hall_kw(kind), "square_frac": 0.012,
            }
            for number, kind in kinds
        ],
        "import_limit_kw": 2000.0 * plants,
    }  # fmt: skip


def _pools(number: int) -> Iterator[dict[str, Any]]:
    for kind in HALLS:
        for half in (1, 2):
            yield {
                "id": pool_of(number, kind, half),
                "hall": f"hall-{number}-{kind}",
                "servers": round(0.5 * hall_kw(kind) * _SERVERS_PER_KW),
                "idle_w": _IDLE_W,
                "peak_w": _PEAK_W,
            }


def pool_of(number: int, kind: str, half: int) -> str:
    """Return the id of one of the two pools of a hall."""
    return f"pool-{number}-{kind}-{half}"


def _works(number: int) -> Iterator[dict[str, Any]]:
    """Yield the classes of jobs: of all pools in turn, handed in through six hours from any hour on, due within 6 to 24 hours."""
    pools = [pool_of(number, kind, half) for kind in HALLS for half in (1, 2)]
    for job in range(JOB_CLASSES):
        begins = 5 * job % 24
        most_kw = 2.0 + job % 5
        yield {
            "id": f"work-{number}-{job + 1}",
            "pool": pools[job % len(pools)],
            "energy_kwh_per_day": 5.0 * most_kw,
            "max_power_kw": most_kw,
            "arrives_from": f"{begins:02}:00",
            "arrives_until": f"{(begins + 6) % 24:02}:00",
            "due_within_h": 6.0 * (1 + job % 4),
        }


def _battery(number: int) -> dict[str, Any]:
    return {
        "id": f"battery-{number}",
        "energy_kwh": 1000.0,
        "power_kw": 400.0,
        "wear_cost_per_kwh": 0.03,
        "dispatchable": True,
    }


def _heat_pump(number: int) -> dict[str, Any]:
    return {
        "id": f"hp-{number}",
        "source": f"loop-{number}-chips",
        "rated_heat_kw": 200.0,
        "source_leaving_min_degc": 15.0,
    }


def _contract(number: int) -> dict[str, Any]:
    return {
        "id": f"heat-{number}",
        "heat_pumps": [f"hp-{number}"],
        "demand_kw": 180.0,
        "price_per_kwh": 0.06,
    }
