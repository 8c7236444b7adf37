"""Frozen types that cross packages.

Times are timezone-aware UTC; arrays are float64 unless said otherwise; units are in the names.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt

from facility.explanation import Explanation
from facility.promises import CommitmentOutcome
from facility.units import DEADBAND
from facility.workload import JobRun, ServerMoves

FloatArray = npt.NDArray[np.float64]


class Quality(enum.IntEnum):
    """How far a reading may be trusted."""

    GOOD = 0
    STALE = 1  # late or missing; the value is NaN, never the last one frozen
    BAD = 2  # the device answered nonsense: exception, sentinel, NaN, undecodable
    OUT_OF_RANGE = 3  # decoded, but outside the range its profile calls possible
    SUSPECT = 4  # possible, but contradicted: by its neighbours, by physics, or by its own past


@dataclass(frozen=True, slots=True)
class Reading:
    """One value of one point."""

    point: str
    time: datetime
    value: float
    quality: Quality


@dataclass(frozen=True, slots=True)
class Finding:
    """Why a point is not believed: what was found, since when, and what shows it."""

    point: str
    kind: str  # stuck | drifting | scale | unit | jump
    since: datetime
    evidence: str  # one sentence with the numbers
    factor: float | None = None  # reading / truth, where a wrong scale or unit explains it


@dataclass(frozen=True, slots=True)
class Write:
    """A setpoint asked for, and what the device then reported."""

    requested: float
    read_back: Reading
    site_revision: str  # of the site file that allowed it
    sent: bool = True  # False: the device had it already, to within the deadband


class WriteState(enum.StrEnum):
    """What became of a write, as far as is known."""

    INTENDED = "intended"  # journaled before it is sent
    WRITTEN = "written"  # the device reports what was sent
    MISMATCHED = "mismatched"  # the device took it and reports another value
    REFUSED = "refused"  # the device said no: nothing was written
    IN_DOUBT = "in_doubt"  # no answer, or the process died: the device may have taken it


@dataclass(frozen=True, slots=True)
class LoggedWrite:
    """A write as the ledger keeps it; values in the point's canonical unit."""

    id: str
    point: str
    device: str
    at: datetime  # of the intent
    value: float
    before: float  # what the device reported then
    actor: str
    reason: str
    request: str  # what goes over the wire, without secrets
    state: WriteState = WriteState.INTENDED
    read_back: float | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Permit:
    """An engineer's leave to write a point."""

    actor: str
    reason: str
    at: datetime
    until: datetime | None  # None: until it is taken back

    def holds(self, now: datetime) -> bool:
        """Tell whether it holds now."""
        return self.until is None or now < self.until


@dataclass(frozen=True, slots=True)
class LocalOverride:
    """Somebody else changed a point that we had written: it is left alone until a person clears it."""

    point: str
    at: datetime
    expected: float
    found: float


@dataclass(frozen=True, slots=True)
class PointStanding:
    """What the ledger knows of a writable point."""

    point: str
    permit: Permit | None = None
    override: LocalOverride | None = None
    cleared_at: datetime | None = None  # when an override was last cleared
    last: LoggedWrite | None = None  # the newest that the device took, or may have taken
    writes_last_day: int = 0  # such writes in the past 24 hours


@dataclass(frozen=True, slots=True, eq=False)
class ReadingBatch:
    """The readings of one poll of one or more devices, in columns of equal length.

    Attributes
    ----------
    points
        Point ids, one a row.
    time_us
        int64 microseconds since the epoch, UTC.
    values
        float64, NaN where the quality says there is no value.
    quality
        uint8, `Quality`.
    site_revision
        Revision of the site file under which they were read.
    """

    points: Sequence[str]
    time_us: npt.NDArray[np.int64]
    values: FloatArray
    quality: npt.NDArray[np.uint8]
    site_revision: str

    def __len__(self) -> int:
        return len(self.points)


@dataclass(frozen=True, slots=True, eq=False)
class Forecast:
    """Values expected for the steps after `issued`; `times` are the starts of the steps."""

    quantity: str
    issued: datetime
    times: Sequence[datetime]
    values: FloatArray
    source: str
    quantiles: Mapping[float, FloatArray] = field(default_factory=dict)  # by probability; empty without a spread
    note: str = ""  # what stands in for a source that fails; the archive does not keep it


@dataclass(frozen=True, slots=True)
class Interval:
    """A central value with the bounds of its 90 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class LimitShortfall:
    """A named limit that cannot be met, and by how much at its worst; `since` when, where it is known."""

    limit: str
    amount: float
    unit: str
    at: datetime | None = None
    since: datetime | None = None

    def __str__(self) -> str:
        when = f" at {self.at:%Y-%m-%d %H:%M} UTC" if self.at else ""
        when += f", first at {self.since:%Y-%m-%d %H:%M} UTC" if self.since and self.since != self.at else ""
        return f"{self.limit} short by {self.amount:.3g} {self.unit}{when}"


@dataclass(frozen=True, slots=True)
class CostBreakdown:
    """What a schedule costs over its horizon, in the site's currency, with energy and carbon beside it."""

    energy_kwh: float
    energy_cost: float
    demand_cost: float
    carbon_kg: float
    carbon_cost: float
    wear_cost: float
    terminal_cost: float  # named terminal values: stored energy, unfinished work (negative: worth keeping)
    water_m3: float = 0.0
    water_cost: float = 0.0
    commitment_cost: float = 0.0  # for falling short of what was promised to the grid
    peak_kw: float = 0.0  # highest mean over a demand window
    heat_income: float = 0.0  # of heat sold
    heat_shortfall_cost: float = 0.0  # of heat owed and not delivered
    preference_cost: float = 0.0  # of weights, and of batteries not ready for a peak: nobody is paid it

    @property
    def total_cost(self) -> float:
        """Everything that the plan minimises."""
        return self.money_cost + self.preference_cost

    @property
    def money_cost(self) -> float:
        """Everything that somebody is paid, or will be."""
        bills = self.energy_cost + self.demand_cost + self.carbon_cost + self.water_cost + self.commitment_cost
        heat = self.heat_shortfall_cost - self.heat_income
        return bills + heat + self.wear_cost + self.terminal_cost


@dataclass(frozen=True, slots=True)
class Plan:
    """A verified schedule beside the baseline it is compared with.

    `schedule` and `baseline` map `equipment.quantity` (as in point ids) or a named result
    (`site.power_kw`, `plant-1.heat_kw`) to one value a step.
    """

    id: str
    site_id: str
    site_revision: str
    model_version: str
    created: datetime
    start: datetime
    step: timedelta
    schedule: Mapping[str, tuple[float, ...]]
    baseline: Mapping[str, tuple[float, ...]]
    modes: Mapping[str, tuple[str, ...]]  # plant id -> economizer mode a step
    cost: CostBreakdown
    baseline_cost: CostBreakdown
    bound: float  # lower bound on the plan's total cost for the surrogate
    binding_limits: Mapping[str, tuple[str, ...]]  # limit name -> equipment it binds
    shortfalls: tuple[LimitShortfall, ...] = ()  # limits already broken at the measured state, being recovered
    notes: tuple[str, ...] = ()
    jobs: tuple[JobRun, ...] = ()
    asleep_servers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # pool -> names, before the moves
    server_moves: tuple[ServerMoves, ...] = ()
    explanation: Explanation | None = None
    surrogate_cost: float | None = None  # of the schedule, which `bound` bounds; none where present operation is kept
    commitments: tuple[CommitmentOutcome, ...] = ()
    saving_range: Interval | None = None  # of cost; 10 % and 90 % quantiles if the load comes otherwise
    limit_prices: Mapping[str, float] = field(default_factory=dict)  # binding limit -> what a unit more would save
    goal_weights: Mapping[str, float] = field(default_factory=dict)  # what the schedule was weighed by beside prices
    goal_caps: Mapping[str, float] = field(default_factory=dict)  # the most that goals before the last might come to
    spare_waived: Mapping[str, str] = field(default_factory=dict)  # group of units without its spare -> why
    unmet: tuple[LimitShortfall, ...] = ()  # what no operation can meet later: the plan ends before the first of it

    def asleep_at(self, pool: str, time: datetime) -> frozenset[str] | None:
        """Return the servers of a pool that sleep at a time if the plan was followed; None where it names none."""
        if pool not in self.asleep_servers:
            return None
        asleep = frozenset(self.asleep_servers[pool])
        for move in self.server_moves:
            if move.pool == pool and move.at <= time:
                asleep = (asleep | frozenset(move.sleep)) - frozenset(move.wake)
        return asleep

    @property
    def steps(self) -> int:
        """Number of its steps."""
        return max((len(series) for series in self.schedule.values()), default=0)

    @property
    def end(self) -> datetime:
        """When its last step ends."""
        return self.start + self.steps * self.step

    @property
    def keeps_present(self) -> bool:
        """Whether it is present operation: nothing is to be changed."""
        return self.schedule == self.baseline

    @property
    def gap(self) -> float:
        """Relative distance between the plan's cost and the lower bound, both for the surrogate where that is known."""
        cost = self.cost.total_cost if self.surrogate_cost is None else self.surrogate_cost
        return (cost - self.bound) / max(abs(cost), 1e-9)


@dataclass(frozen=True, slots=True)
class LeverSaving:
    """What one lever of a plan saves, found by putting it alone back to its current value.

    A lever is a setpoint that moves as one: the supply air of a hall's CRAHs, the leaving water of a plant, a pool's servers.
    """

    equipment: str  # the hall, plant, loop, pool, work or battery
    quantity: str
    targets: tuple[str, ...]  # `equipment.quantity` of each setpoint that moves with it
    current: float | None  # None: not measured
    recommended: float
    unit: str
    saving_kw: Interval  # facility power in the coming hour
    saving_cost_per_day: Interval
    saving_kgco2_per_day: Interval
    binding_limit: str | None
    reason: str

    @property
    def moves(self) -> bool:
        """Whether it moves by as much as is worth a write, or may: nobody knows where it stands."""
        return self.current is None or abs(self.recommended - self.current) >= DEADBAND.get(self.unit, 0.0)


class RecommendationState(enum.StrEnum):
    """The life of a recommendation; the allowed moves are in `TRANSITIONS`."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    REJECTED = "rejected"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"
    APPLIED = "applied"
    VERIFIED = "verified"
    ROLLED_BACK = "rolled_back"


TRANSITIONS: Mapping[RecommendationState, frozenset[RecommendationState]] = {
    RecommendationState.PROPOSED: frozenset(
        {
            RecommendationState.APPROVED,
            RecommendationState.REJECTED,
            RecommendationState.EXPIRED,
            RecommendationState.SUPERSEDED,
        }
    ),
    RecommendationState.APPROVED: frozenset(
        {RecommendationState.APPLIED, RecommendationState.REJECTED, RecommendationState.EXPIRED}
    ),
    RecommendationState.APPLIED: frozenset({RecommendationState.VERIFIED, RecommendationState.ROLLED_BACK}),
    RecommendationState.VERIFIED: frozenset({RecommendationState.ROLLED_BACK}),
    RecommendationState.REJECTED: frozenset(),
    RecommendationState.EXPIRED: frozenset(),
    RecommendationState.SUPERSEDED: frozenset(),
    RecommendationState.ROLLED_BACK: frozenset(),
}


class RecommendationKind(enum.StrEnum):
    """What a recommendation is for."""

    PLAN = "plan"  # to save
    COMMISSIONING = "commissioning"  # to learn: a setpoint is tried, and goes back
    CORRECTION = "correction"  # to keep to the plan and its limits until the next one


@dataclass(frozen=True, slots=True)
class Recommendation:
    """One change that a facility engineer may approve."""

    id: str
    plan_id: str
    site_revision: str
    created: datetime
    expires: datetime
    equipment: str
    quantity: str
    points: tuple[str, ...]  # the writable points it would set, all alike; empty if the site has none
    current: float | None
    recommended: float
    unit: str
    saving_kw: Interval
    saving_cost_per_day: Interval
    saving_kgco2_per_day: Interval
    binding_limit: str | None
    reason: str
    state: RecommendationState = RecommendationState.PROPOSED
    kind: RecommendationKind = RecommendationKind.PLAN
    begins: datetime | None = None  # of a try: when the setpoint starts to move, and when it starts back
    ends: datetime | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, for the journal: append-only."""

    time: datetime
    kind: str  # dotted, e.g. "recommendation.approved", "device.failed", "site.reloaded"
    subject: str  # what it happened to: a recommendation id, a device id, ...
    actor: str  # a person, or the process that did it
    detail: Mapping[str, str | int | float | bool | None] = field(default_factory=dict)
    correlation_id: str | None = None
