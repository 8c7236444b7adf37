"""Plans and recommendations to keep in a journal."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from facility.records import CostBreakdown, Interval, Plan, Recommendation

NOW = datetime(2026, 7, 1, 6, 15, 0, 123456, tzinfo=UTC)
_COST = CostBreakdown(9120.5, 1398.25, 120.0, 3210.0, 96.3, 1.5, -4.25)


def plan(number: int, site_id: str = "demo") -> Plan:
    return Plan(
        id=f"{site_id}-plan-{number}",
        site_id=site_id,
        site_revision="abc123",
        model_version="nameplate",
        created=NOW + timedelta(minutes=15 * number),
        start=NOW,
        step=timedelta(minutes=15),
        schedule={"crah-1.supply_air_temperature_setpoint_degc": (22.0, 22.5), "site.power_kw": (410.25, 400.0)},
        baseline={"site.power_kw": (420.0, 420.0)},
        modes={"plant-1": ("economizer", "mechanical")},
        cost=_COST,
        baseline_cost=_COST,
        bound=1590.0,
        binding_limits={"inlet_high": ("rack-a01", "rack-a02")},
    )


def recommendation(name: str, of: Plan, *, lasts: timedelta = timedelta(hours=1)) -> Recommendation:
    saving = Interval(3.5, -0.25, 6.0)
    return Recommendation(
        id=name,
        plan_id=of.id,
        site_revision=of.site_revision,
        created=of.created,
        expires=of.created + lasts,
        equipment="hall-1",
        quantity="supply_air_temperature_setpoint_degc",
        points=("crah-1.supply_air_temperature_setpoint_degc",),
        current=18.0,
        recommended=22.0,
        unit="degC",
        saving_kw=saving,
        saving_cost_per_day=saving,
        saving_kgco2_per_day=saving,
        binding_limit="inlet_high",
        reason="fans work less",
    )
