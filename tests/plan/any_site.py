"""Any valid site, as a site file would write it: halls, loops, plants of every kind, storage, heat, servers, prices and limits.

Machines are sized around the racks they serve, now and then too small: a plan has to say so.
"""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

Part = dict[str, Any]
WATER_KJ_PER_LK, AIR_KJ_PER_M3K = 4.19, 1.2
PLANT_KINDS = ("towers", "towers", "air", "dry", "dry trim")


def number(draw: st.DrawFn, low: float, high: float) -> float:
    """Draw a number with few digits: a site file has no others."""
    return round(draw(st.floats(low, high)), 2)


def chance(draw: st.DrawFn, percent: int = 50) -> bool:
    """Draw yes in about so many of a hundred examples; shrinks to no."""
    return draw(st.integers(0, 99)) >= 100 - percent


@st.composite
def site_parts(draw: st.DrawFn) -> Part:
    """Draw a site."""
    plants = draw(st.integers(1, 2))
    halls = [_hall(draw, index) for index in range(1, draw(st.integers(1, 3)) + 1)]
    loops = _loops(draw, halls, f"plant-{plants}")
    crahs = [crah for hall in halls for crah in _crahs(draw, hall, plants)]
    names = (f"plant-{index}" for index in range(1, plants + 1))
    heat_kw = {name: kw for name in names if (kw := _plant_heat_kw(name, halls, crahs, loops)) > 0.0}
    rated_kw = sum(rack["rated_kw"] for hall in halls for rack in hall["racks"])
    sun = [_array(draw, rated_kw)] if chance(draw, 40) else []
    tariff = _tariff(draw)
    pools = [_pool(draw, hall) for hall in halls if chance(draw, 60)]
    pumps, contracts = _heat_reuse(draw, [*(loop["id"] for loop in loops), *heat_kw], rated_kw)
    parts: Part = {
        "schema": 1,
        "id": "any",
        "name": "Any",
        "time_zone": "Europe/Berlin",
        "currency": "EUR",
        "altitude_m": draw(st.sampled_from([0.0, 600.0])),
        "halls": halls,
        "crahs": crahs,
        "liquid_loops": loops,
        "plants": [_plant(draw, name, kw) for name, kw in heat_kw.items()],
        "electrical": _electrical(draw, halls, rated_kw, tariff),
        "server_pools": pools,
        "deferrable_work": [_work(draw, pool) for pool in pools if chance(draw)],
        "batteries": [_battery(draw, rated_kw, bool(sun))] if chance(draw) else [],
        "photovoltaics": sun,
        "heat_pumps": pumps,
        "heat_contracts": contracts,
        "tariff": tariff,
        "carbon": _carbon(draw, rated_kw),
        "water": {"price_per_m3": draw(st.sampled_from([0.0, 3.0]))},
        "devices": [
            {"id": "m", "profile": "eastron_sdm630", "modbus": {"host": "127.0.0.1"}, "equipment": "utility"}
        ],
        "planning": _planning(draw),
    }  # fmt: skip
    return parts | _out_of_service(draw, parts)


def air_kw(hall: Part) -> float:
    """Return what of a hall's rated power the air takes."""
    return float(sum(rack["rated_kw"] * (1.0 - rack.get("liquid_frac", 0.0)) for rack in hall["racks"]))


def _hall(draw: st.DrawFn, index: int) -> Part:
    name, rated_kw = f"hall-{index}", number(draw, 40.0, 250.0)
    hall: Part = {
        "id": name,
        "racks": [{"id": f"r{index}-{rack}", "row": rack, "rated_kw": rated_kw} for rack in (1, 2)],
        "limits": {"inlet_max_degc": draw(st.sampled_from([27.0, 30.0])), "rate_max_k_per_h": number(draw, 5.0, 20.0)},
    }
    if chance(draw, 30):
        hall["economizer"] = {
            "id": f"dampers-{index}",
            "rated_airflow_m3ps": round(2.0 * rated_kw / 10.0, 1),
            "rated_relief_fan_kw": 2.0,
        }
        if chance(draw):
            hall["humidifier"] = {"id": f"humidifier-{index}", "rated_kg_per_h": 20.0}
    return hall


def _loops(draw: st.DrawFn, halls: list[Part], plant: str) -> list[Part]:
    loops: list[Part] = []
    for hall in halls:
        if len(loops) < 2 and chance(draw, 35):
            rack, name = hall["racks"][-1], f"loop-{len(loops) + 1}"
            rack |= {"liquid_loop": name, "liquid_frac": number(draw, 0.3, 0.9)}
            heat_kw = rack["rated_kw"] * rack["liquid_frac"]
            cdu = {
                "rated_heat_kw": round(0.7 * heat_kw, 1),
                "rated_flow_lps": round(0.7 * heat_kw / (8.0 * WATER_KJ_PER_LK), 2),
                "rated_pump_kw": round(0.01 * heat_kw, 2),
            }
            cdus = [{"id": f"cdu-{name}-{unit}"} | cdu for unit in (1, 2)]
            loops.append({"id": name, "plant": plant, "hall": hall["id"], "cdus": cdus})
    return loops


def _crahs(draw: st.DrawFn, hall: Part, plants: int) -> list[Part]:
    cooled = draw(st.sampled_from([("plant-1",), ("plant-1", "plant-1"), (f"plant-{plants}", "plant-1")]))
    each_kw = air_kw(hall) * number(draw, 0.95, 1.8) / len(cooled)
    unit = {
        "hall": hall["id"],
        "rated_airflow_m3ps": round(each_kw / (AIR_KJ_PER_M3K * 11.0), 2),
        "rated_fan_kw": round(0.04 * each_kw, 2),
        "rated_cooling_kw": round(each_kw, 1),
        "supply_air_max_degc": draw(st.sampled_from([24.0, 27.0])),
    }
    return [{"id": f"crah-{hall['id']}-{index}", "plant": plant} | unit for index, plant in enumerate(cooled, start=1)]


def _plant_heat_kw(plant: str, halls: list[Part], crahs: list[Part], loops: list[Part]) -> float:
    heat_kw = 0.0
    for hall in halls:
        ours = [crah["plant"] == plant for crah in crahs if crah["hall"] == hall["id"]]
        heat_kw += air_kw(hall) * sum(ours) / len(ours)
        own = [loop["id"] for loop in loops if loop["plant"] == plant]
        liquid = [rack for rack in hall["racks"] if rack.get("liquid_loop") in own]
        heat_kw += sum(rack["rated_kw"] * rack["liquid_frac"] for rack in liquid)
    return heat_kw


def _plant(draw: st.DrawFn, name: str, heat_kw: float) -> Part:
    kind, size = draw(st.sampled_from(PLANT_KINDS)), number(draw, 0.9, 1.6)
    rated_kw, flow_lps = size * heat_kw, size * heat_kw / (6.0 * WATER_KJ_PER_LK)
    pumps = [
        {"id": f"{name}-chw", "duty": "chilled_water", "rated_flow_lps": round(1.2 * flow_lps, 2), "rated_kw": 6.0}
    ]
    low, span = (18.0, 6.0) if kind.startswith("dry") else (number(draw, 6.0, 12.0), number(draw, 3.0, 8.0))
    plant: Part = {
        "id": name,
        "pumps": pumps,
        "leaving_water_min_degc": low,
        "leaving_water_max_degc": round(low + span, 2),
        "leaving_water_max_step_k": draw(st.sampled_from([2.0, 4.0])),
    }
    if kind != "dry":
        plant["chillers"] = _chillers(draw, name, kind, rated_kw)
    if kind != "air":
        pumps.append(
            {"id": f"{name}-cw", "duty": "condenser_water", "rated_flow_lps": round(1.5 * flow_lps, 2), "rated_kw": 6.0}
        )
        plant |= _rejection(draw, name, kind, rated_kw, 1.5 * flow_lps)
    if kind != "dry" and chance(draw, 30):
        plant["tank"] = {
            "id": f"tank-{name}",
            "volume_m3": number(draw, 10.0, 80.0),
            "max_flow_lps": round(0.4 * flow_lps, 2),
            "reserve_min": number(draw, 0.0, 10.0),
        }
    return plant


def _chillers(draw: st.DrawFn, plant: str, kind: str, rated_kw: float) -> list[Part]:
    count = draw(st.integers(1, 4 if kind != "dry trim" else 2))
    chiller: Part = {"rated_cooling_kw": round(rated_kw / count, 1), "min_part_load_frac": number(draw, 0.1, 0.3)}
    if kind == "air":
        chiller |= {"condenser": "air", "rated_cop": 3.2, "min_entering_condenser_degc": -15.0}
    elif kind == "towers":
        chiller["kind"] = draw(st.sampled_from(["centrifugal", "variable_speed", "screw"]))
    else:
        chiller |= {"max_leaving_water_degc": 26.0, "kind": draw(st.sampled_from(["centrifugal", "warm_water"]))}
    return [{"id": f"{plant}-chiller-{index}"} | chiller for index in range(1, count + 1)]


def _rejection(draw: st.DrawFn, plant: str, kind: str, rated_kw: float, flow_lps: float) -> Part:
    parts: Part = {}
    rejector = {"rated_rejection_kw": round(0.65 * rated_kw, 1), "rated_flow_lps": round(0.5 * flow_lps, 2)}
    if kind == "towers":
        fan = {"rated_fan_kw": round(0.008 * rated_kw, 2)}
        parts["towers"] = [{"id": f"{plant}-tower-{index}"} | rejector | fan for index in (1, 2)]
    else:
        fan = {"rated_fan_kw": round(0.015 * rated_kw, 2), "glycol": chance(draw)}
        pads = {"adiabatic_effectiveness_frac": draw(st.sampled_from([0.0, 0.7]))}
        parts["dry_coolers"] = [{"id": f"{plant}-cooler-{index}"} | rejector | fan | pads for index in (1, 2)]
    if kind.startswith("dry") or chance(draw, 60):
        parts["economizer"] = {
            "id": f"{plant}-plate",
            "rated_kw": round(rated_kw, 1),
            "kind": draw(st.sampled_from(["integrated", "non_integrated"])),
            "min_dwell_min": draw(st.sampled_from([0.0, 20.0, 60.0])),
        }
    return parts


def _electrical(draw: st.DrawFn, halls: list[Part], rated_kw: float, tariff: Part) -> Part:
    """Draw the chain; the halls' distribution loses a share that is the same for all, so that their sum tells it."""
    parts: Part = {
        "transformer": {"id": "transformer", "rated_kw": round(2.2 * rated_kw), "no_load_kw": 2.0, "square_frac": 0.01},
        "ups": {"id": "ups", "rated_kw": round(1.3 * rated_kw), "no_load_kw": 4.0, "proportional_frac": 0.01,
                "square_frac": draw(st.sampled_from([0.0, 0.02]))},
        "pdus": [{"id": f"pdu-{hall['id']}", "hall": hall["id"], "rated_kw": 600.0, "no_load_kw": 0.5,
                  "proportional_frac": 0.01} for hall in halls],
    }  # fmt: skip
    if chance(draw, 25):
        parts["import_limit_kw"] = round(rated_kw * number(draw, 0.9, 1.8), 1)
    if "export_price_per_kwh" in tariff and chance(draw):
        parts["export_limit_kw"] = number(draw, 0.0, 100.0)
    return parts


def _tariff(draw: st.DrawFn) -> Part:
    tariff: Part = {
        "energy_price_per_kwh": 0.2,
        "demand_charge_per_kw_month": draw(st.sampled_from([0.0, 0.5, 9.0])),
        "demand_window_min": draw(st.sampled_from([15, 60])),
    }
    return tariff | ({"export_price_per_kwh": number(draw, -0.05, 0.25)} if chance(draw) else {})


def _array(draw: st.DrawFn, rated_kw: float) -> Part:
    return {"id": "pv-1", "rated_kw": round(rated_kw * number(draw, 0.2, 2.0), 1), "curtailable": chance(draw, 70)}


def _battery(draw: st.DrawFn, rated_kw: float, sun: bool) -> Part:
    return {
        "id": "battery-1",
        "energy_kwh": round(rated_kw * number(draw, 0.3, 1.5), 1),
        "power_kw": round(rated_kw * number(draw, 0.1, 0.5), 1),
        "reserve_min": number(draw, 0.0, 15.0),
        "dispatchable": chance(draw, 90),
        "charges_from": draw(st.sampled_from(["any", "photovoltaics"] if sun else ["any"])),
    }


def _pool(draw: st.DrawFn, hall: Part) -> Part:
    servers = draw(st.integers(8, 60))
    peak_w = round(800.0 * sum(rack["rated_kw"] for rack in hall["racks"]) * number(draw, 0.3, 0.6) / servers, 1)
    name = f"pool-{hall['id']}"
    pool: Part = {
        "id": name,
        "hall": hall["id"],
        "servers": servers,
        "peak_w": peak_w,
        "idle_w": round(0.45 * peak_w, 1),
        "wake_min": number(draw, 2.0, 20.0),
        "min_awake_min": draw(st.sampled_from([30.0, 60.0])),
        "min_asleep_min": draw(st.sampled_from([0.0, 30.0])),
        "failure_reserve_servers": draw(st.integers(0, 3)),
        "consolidate": chance(draw, 80),
    }
    if chance(draw, 30):
        pool["wakes_max_per_h"] = number(draw, 4.0, 40.0)
    if chance(draw, 30):
        pool["slower_levels"] = [
            {"throughput_frac": 0.7, "idle_w": round(0.35 * peak_w, 1), "peak_w": round(0.65 * peak_w, 1)}
        ]
    if chance(draw, 30):
        pool["tiers"] = [
            {"id": "gold", "share_frac": 0.4, "quantile": 0.99},
            {"id": "bulk", "share_frac": 0.6, "quantile": 0.9, "headroom_frac": 0.0},
        ]
    if chance(draw, 30):
        names = [f"{name}-s{index}" for index in range(servers)]
        racks = [rack["id"] for rack in hall["racks"]]
        pool["members"] = [{"rack": rack, "servers": names[part::2]} for part, rack in enumerate(racks)]
        if chance(draw):
            pool["keep_apart"] = [{"id": f"{name}-twins", "servers": names[:2], "at_least": 2}]
    return pool


def _work(draw: st.DrawFn, pool: Part) -> Part:
    most_kw = round(pool["servers"] * (pool["peak_w"] - pool["idle_w"]) / 1000.0 * number(draw, 0.2, 0.8), 2)
    return {
        "id": f"work-{pool['id']}",
        "pool": pool["id"],
        "max_power_kw": most_kw,
        "energy_kwh_per_day": round(most_kw * number(draw, 2.0, 12.0), 1),
        "due_within_h": number(draw, 0.5, 8.0),
    }


def _heat_reuse(draw: st.DrawFn, sources: list[str], rated_kw: float) -> tuple[list[Part], list[Part]]:
    if not chance(draw, 40):
        return [], []
    heat_kw = round(rated_kw * number(draw, 0.05, 0.4), 1)
    pump: Part = {
        "id": "hp-1",
        "source": draw(st.sampled_from(sources)),
        "rated_heat_kw": heat_kw,
        "min_run_min": draw(st.sampled_from([0.0, 30.0, 60.0])),
    }
    firm = {"priority": "firm", "shortfall_cost_per_kwh": 0.2} if chance(draw) else {}
    contract: Part = {"id": "network", "heat_pumps": ["hp-1"], "demand_kw": heat_kw, "price_per_kwh": 0.06} | firm
    if chance(draw):
        contract["buffer"] = {"id": "buffer-1", "volume_m3": number(draw, 2.0, 20.0)}
    return [pump], [contract]


def _carbon(draw: st.DrawFn, rated_kw: float) -> Part:
    carbon: Part = {"price_per_tonne": draw(st.sampled_from([0.0, 80.0]))}
    return carbon | ({"budget_kg_per_day": round(rated_kw * number(draw, 4.0, 14.0))} if chance(draw, 15) else {})


def _planning(draw: st.DrawFn) -> Part:
    planning: Part = {
        "horizon_h": draw(st.sampled_from([2.0, 3.0, 4.0])),
        "step_min": draw(st.sampled_from([15, 30])),
        "time_limit_s": 60.0,
    }
    if chance(draw, 15):
        first, then = draw(st.permutations(["cost", "carbon", "water", "energy", "peak"]))[:2]
        planning["goals"] = [{"of": first, "slack_frac": 0.02}, {"of": then}]
    elif chance(draw, 15):
        planning["weights"] = {"carbon_per_kg": 0.1, "water_per_m3": 2.0, "energy_per_kwh": 0.02, "peak_per_kw": 0.1}
    return planning


def _out_of_service(draw: st.DrawFn, parts: Part) -> Part:
    """Draw a machine that is locked out, of those that have a neighbour, and a rule that one be spare."""
    groups = [group for plant in parts["plants"] if len(group := plant.get("chillers", [])) > 1]
    found: Part = {}
    if groups and chance(draw, 20):
        found["availability"] = [{"equipment": groups[0][0]["id"], "state": "locked_out", "by": "service"}]
    if groups and chance(draw, 20):
        plant = next(plant["id"] for plant in parts["plants"] if plant.get("chillers", []) == groups[0])
        found["redundancy"] = [{"of": plant, "group": "chillers"}]
    return found
