"""A plan of the demo site in round numbers, to be followed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from facility.records import CostBreakdown, Plan

START = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
STEPS = 16
SCHEDULE = {
    "site.power_kw": 500.0,
    "site.price_per_kwh": 0.16,
    "site.it_power_kw": 360.0,
    "battery-1.charge_power_setpoint_kw": -50.0,
    "batch.deferrable_power_command_kw": 20.0,
    "pool-air.awake_servers_command": 150.0,
}


def plan_of(peak_kw: float = 520.0, **changes: Any) -> Plan:
    """Return a plan whose battery goes from 300 kWh downwards, and whose backlog stays at 40 kWh."""
    schedule = {key: (value,) * STEPS for key, value in SCHEDULE.items()}
    schedule["battery-1.state_of_charge_frac"] = tuple(
        (300.0 - 12.5 / 0.95 * (step + 1)) / 400.0 for step in range(STEPS)
    )
    schedule["batch.deferrable_backlog_kwh"] = (40.0,) * STEPS
    cost = CostBreakdown(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, peak_kw=peak_kw)
    given: dict[str, Any] = {"schedule": schedule, "commitments": ()} | changes
    return Plan(
        "plan-1", "demo", "r", "m", START, START, QUARTER, given["schedule"], {}, {}, cost, cost, 0.0, {},
        commitments=given["commitments"],
    )  # fmt: skip
