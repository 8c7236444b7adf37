"""What a comparison found: the judged figures of each arm, and how much of what could be won was captured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Cost:
    """What a run cost, in the site's currency; demand is prorated to the run's days."""

    energy_cost: float
    demand_charge_cost: float
    carbon_cost: float
    water_cost: float
    wear_cost: float
    sla_cost: float  # work not served or late, and contracted heat not delivered
    final_state_cost: float  # of what the run leaves behind, against its beginning: charge, cold, heat, unfinished work

    @property
    def cost(self) -> float:
        """The sum."""
        return (
            self.energy_cost
            + self.demand_charge_cost
            + self.carbon_cost
            + self.water_cost
            + self.wear_cost
            + self.sla_cost
            + self.final_state_cost
        )


@dataclass(frozen=True, slots=True)
class RunResult:
    """One arm, judged. Minutes and degree-minutes are sums over racks (or loops, halls, groups), from true values.

    Attributes
    ----------
    work_done_share
        Work done over work asked for.
    recommended_degree_minutes, below_recommended_degree_minutes
        K-minutes of rack inlets above and below the recommended range of the site file.
    allowable_minutes
        Rack-minutes outside the allowable range of the servers' class, above or below.
    dew_point_minutes
        Hall-minutes outside the dew-point and humidity range, and CDU-minutes under the dew point plus its margin.
    ramp_violations
        Rack-quarter-hours in which an inlet moved faster than the site's limit allows.
    n_plus_1_minutes
        Group-minutes in which losing the worst units (as the redundancy rules say) leaves less than the load needs.
    sla_violations
        Pool-minutes in which work was asked for that no awake server could take.
    """

    energy_kwh: float
    it_energy_kwh: float
    cooling_energy_kwh: float
    cost: Cost
    carbon_kgco2: float
    water_l: float
    pue: float
    work_done_share: float
    deadline_misses: float
    heat_delivered_kwh: float
    recommended_degree_minutes: float
    below_recommended_degree_minutes: float
    allowable_minutes: float
    dew_point_minutes: float
    ramp_violations: int
    liquid_limit_minutes: float
    n_plus_1_minutes: float
    sla_violations: float
    setpoint_moves: int
    writes_per_point_day_max: float
    mode_changes: int
    chiller_starts: int
    refused_writes: int
    work_done_server_h: float
    deferrable_kwh: float
    backlog_gained_kwh: float = 0.0  # deferrable work not done at the end, less that at the beginning
    plan_seconds_mean: float | None = None  # CPU-independent wall time of a plan; None for arms that do not plan
    plan_seconds_max: float | None = None
    plans_failed: int = 0


@dataclass(frozen=True, slots=True)
class Comparison:
    """All arms of one case."""

    site: str
    start: str
    days: int
    seed: int
    captured_share: float | None
    cooling_only_captured_share: float | None
    lower_bound_cost: float | None
    runs: Mapping[str, RunResult]  # as_commissioned, good_practice, facility, reference
    cooling_only_runs: Mapping[str, RunResult] = field(default_factory=dict)  # facility, reference
    notes: tuple[str, ...] = ()
