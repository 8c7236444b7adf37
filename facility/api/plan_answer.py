"""A plan as the API answers it: all that `facility recommend --format json` prints.

Times are ISO 8601 with an offset, those of the schedule, of jobs and of servers in the site's zone. A number that JSON cannot write
is null.
"""

from __future__ import annotations

from pydantic import BaseModel

from facility.records import RecommendationKind, RecommendationState

Number = float | None


class IntervalAnswer(BaseModel):
    """An estimate with its range."""

    value: Number
    low: Number
    high: Number


class PlannedPue(BaseModel):
    """PUE over the hours of the plan, and at the present setpoints; none where the schedule does not hold it."""

    plan: IntervalAnswer | None
    baseline: IntervalAnswer | None


class ReuseAnswer(BaseModel):
    """Energy reuse factor and effectiveness."""

    erf_frac: Number
    ere: Number


class PlannedReuse(BaseModel):
    """Reuse of the plan, and at the present setpoints; none where no heat contract is planned."""

    plan: ReuseAnswer | None
    baseline: ReuseAnswer | None


class CostAnswer(BaseModel):
    """One item of what a plan costs, beside the same at the present setpoints."""

    item: str
    plan: Number
    baseline: Number
    saved: Number


class UnmetAnswer(BaseModel):
    """A limit that no operation can meet after the plan."""

    limit: str
    amount: Number
    unit: str
    at: str | None
    since: str | None


class PlannedRecommendation(BaseModel):
    """A recommendation of the plan; `points` apart by spaces."""

    id: str
    plan_id: str
    site_revision: str
    created: str
    expires: str
    equipment: str
    quantity: str
    points: str
    current: Number
    recommended: Number
    unit: str
    saving_kw: Number
    saving_kw_low: Number
    saving_kw_high: Number
    saving_cost_per_day: Number
    saving_cost_per_day_low: Number
    saving_cost_per_day_high: Number
    saving_kgco2_per_day: Number
    saving_kgco2_per_day_low: Number
    saving_kgco2_per_day_high: Number
    binding_limit: str | None
    reason: str
    state: RecommendationState
    kind: RecommendationKind
    begins: str | None
    ends: str | None


class CommitmentAnswer(BaseModel):
    """What the plan makes of a promise to the grid; `baseline_kw` of a reduction has a value a step that it touches."""

    id: str
    kind: str
    start: str
    end: str
    committed_kw: Number
    delivered_kw: Number
    shortfall_kwh: Number
    cost: Number
    baseline_kw: list[Number]


class JobAnswer(BaseModel):
    """When a job runs; no time where it is not within the horizon."""

    job: str
    pool: str
    kind: str
    tier: str
    power_kw: Number
    energy_kwh: Number
    begins: str | None
    ends: str | None
    due: str | None
    late_h: Number


class ServerMoveAnswer(BaseModel):
    """Servers of a pool that wake and go to sleep at a time, and what holds no awake server from then on."""

    pool: str
    at: str
    wake: list[str]
    sleep: list[str]
    empty_rows: list[int]
    idle_crahs: list[str]


class PlanAnswer(BaseModel):
    """A plan with its recommendations. A step of the schedule has its `time`, and a column for each series of that plan."""

    plan: str
    site: str
    site_revision: str
    model_version: str
    created: str
    planned_until: str
    unmet: list[UnmetAnswer]
    currency: str
    gap_frac: Number
    interim_pue: PlannedPue
    interim_reuse: PlannedReuse
    costs: list[CostAnswer]
    saving_range: IntervalAnswer | None
    recommendations: list[PlannedRecommendation]
    binding_limits: dict[str, list[str]]
    limit_prices: dict[str, Number]
    commitments: list[CommitmentAnswer]
    goal_weights: dict[str, Number]
    goal_caps: dict[str, Number]
    shortfalls: list[str]
    notes: list[str]
    jobs: list[JobAnswer]
    server_moves: list[ServerMoveAnswer]
    schedule: list[dict[str, float | str | None]]
