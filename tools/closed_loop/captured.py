"""Whether the arms did the same work, and how much of what could be won was captured."""

from __future__ import annotations

from collections.abc import Mapping

from tools.closed_loop.result import RunResult

LEAST_SHARE = 0.01  # of the controllable cost; a smaller gain is within what the judge and the reference can tell
SAME_WORK_FRAC = 0.001  # work that cannot wait is the same to a thousandth
SAME_WAITING_FRAC = 0.01  # deferrable work comes in lumps at the end
YARDSTICK = "good_practice"


def same_work(results: Mapping[str, RunResult]) -> list[str]:
    """Return what the arms did differently from good practice, one sentence each; empty when all did the same work.

    Deferrable work counts when done or still waiting: what waits is paid for by `final_state_cost`, what was lost is not.
    Heat sold is no work: what a network asks for and does not get is paid for by `sla_cost`.
    """
    yardstick = results.get(YARDSTICK) or next(iter(results.values()))
    found = []
    for arm, result in results.items():
        for name, unit, did, expected, tolerance in (
            ("work done", "server h", result.work_done_server_h, yardstick.work_done_server_h, SAME_WORK_FRAC),
            ("deferrable work", "kWh", _taken_on_kwh(result), _taken_on_kwh(yardstick), SAME_WAITING_FRAC),
        ):
            if abs(did - expected) > tolerance * max(abs(expected), 1.0):
                found.append(f"{arm}: {name} {did:,.1f} {unit}, {YARDSTICK} {expected:,.1f} {unit}")
    return found


def captured(good_practice: RunResult, ours: RunResult, reference: RunResult) -> float | None:
    """Return (good practice - ours) / (good practice - reference), in cost.

    None where the reference wins less than 1 % of the controllable cost: then there is nothing to capture, and the ratio
    would be noise.
    """
    possible = good_practice.cost.cost - reference.cost.cost
    if possible < LEAST_SHARE * controllable_cost(good_practice):
        return None
    return (good_practice.cost.cost - ours.cost.cost) / possible


def controllable_cost(result: RunResult) -> float:
    """Return the cost that settings could touch at all.

    Cooling's share of energy, carbon and demand by its share of the meter's energy, and all of water, wear, SLA and final
    state. The power of servers, their losses and what deferrable work takes is needed by every arm and no part of it; what
    batteries, sleeping servers and moved work win is won from it, so it makes the threshold no higher.
    """
    cost = result.cost
    share = result.cooling_energy_kwh / result.energy_kwh if result.energy_kwh > 0 else 1.0
    moved = min(max(share, 0.0), 1.0) * (cost.energy_cost + cost.carbon_cost + cost.demand_charge_cost)
    return abs(moved) + cost.water_cost + cost.wear_cost + cost.sla_cost + abs(cost.final_state_cost)


def _taken_on_kwh(result: RunResult) -> float:
    return result.deferrable_kwh + result.backlog_gained_kwh
