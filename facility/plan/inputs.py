"""What a plan is made from: site, forecasts, plant models and the measured state, checked once and frozen."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np

from facility.errors import PlanError, SignalError
from facility.plan.peak_charges import PeakCharge
from facility.promises import Commitment, CommitmentKind
from facility.records import FloatArray, LimitShortfall, Plan
from facility.site import Site, Weights
from facility.workload import Job
from models.cooling import Mode, PlantModel
from models.surrogate import StateTable

DAY_H = 24.0
LEAST_SCALE_PER_KWH = 0.001


@dataclass(frozen=True, slots=True)
class PlantNow:
    """Setpoints in force at a plant, measured; they may lie outside its limits.

    `mode_held_min` is how long the economizer has been in its mode: infinity where nobody knows, so that it may change.
    """

    mode: Mode
    leaving_water_degc: float
    supply_air_degc: tuple[float, ...]  # one a hall, in the plant model's order of halls
    chillers_on: int
    mode_held_min: float = math.inf
    dampers_open: bool = False  # of the halls that breathe outdoor air, in some
    mode_changed_h: tuple[float, ...] = ()  # how long ago modes or dampers changed in the past day


@dataclass(frozen=True, slots=True)
class TankNow:
    """A chilled-water tank, measured: how much of it is cold, and how cold that is; the present supply while none is."""

    cold_frac: float
    cold_degc: float


@dataclass(frozen=True, slots=True)
class HeatPumpNow:
    """A heat pump, measured; `held_min` is how long it has run or stood: infinity where nobody knows, so that it may change."""

    running: bool
    held_min: float = math.inf


@dataclass(frozen=True, slots=True, eq=False)
class PlanInputs:
    """Everything a plan is made from. Arrays have one value a step from `start` (UTC) and are means over the step.

    Attributes
    ----------
    it_power_kw
        By hall: IT power at the reference inlet temperature, with the servers awake now staying awake and without
        deferrable work.
    busy_servers
        By pool: upper quantile of the servers' work, in fully used servers (sum of utilisation over awake servers).
    busy_quantiles
        By pool: quantiles of the same, by probability, for tiers and for what is expected (0.5); without them `busy_servers`
        stands for all.
    slowed_servers
        By pool: how many of the awake servers run at each slower frequency, as the site file orders them, measured.
    awake_servers, state_of_charge_frac, backlog_kwh
        Measured state by pool, battery and class of deferrable work. What is not measured is left as it is, not planned;
        the plan's notes name it.
    arrived_kwh
        By class of deferrable work: what came in during each step before `start`, the last one last. Before it, and for
        classes that are missing, work came as the site file says.
    month_peak_kw
        Highest demand of this calendar month so far (site time), in the tariff's demand window.
    expected_peak_kw
        Forecast quantile of the peak that the rest of the month brings whatever we do; the ratchet floor goes in here too.
    peak_charges
        Other charges on demand, by name: of some hours of a month.
    ready_kwh
        What all batteries together should hold at the end of each step, reserve included, for a peak that no forecast shows.
        One value, or one a step.
    ready_price_per_kwh_h
        What a kWh less than that through an hour is worth, in money that nobody is paid.
    other_kw
        What the site draws besides IT, cooling and the losses of the chain as the site file gives them: lighting, offices,
        heat pumps. One value, or one a step.
    produced_kw
        What photovoltaics deliver behind the meter that nobody may hold down. One value, or one a step.
    available_kw
        By array that a plan may hold down: what it would deliver; not in `produced_kw`.
    commitments
        What was promised to the grid.
    weights, goal_caps
        What units of the goals are worth beside their prices, and the most that a goal may come to: as the site file says, or
        as `facility.plan.goals` finds them.
    asleep_servers
        By pool: the names of the servers that sleep now; where they are not known, or are not as many, some are assumed.
    kept_awake
        By pool: servers that were told to sleep and serve on: no plan puts them to sleep.
    main_crah
        By rack: the CRAH whose air it gets most of, where the inlet model knows.
    jobs
        Jobs with deadlines, waiting, running or announced.
    taken_heat_kw
        By liquid loop: heat that heat pumps which no plan moves take out of its return before the plant has to.
    tanks_now, heat_pumps_now
        Measured state by chilled-water tank and heat pump; `state_of_charge_frac` holds that of buffers of heat.
    heat_demand_kw
        By heat contract: what its network asks for.
    load_scenarios
        Other courses that `it_power_kw` may take, equally likely: what the plan saves is told over them.
    dampers_open
        By airside economizer: whether it is open, measured; those that are missing are counted as shut.
    own_dampers
        Airside economizers that take no command: their halls breathe whenever the envelope lets them.
    dew_point_degc
        By hall: highest measured at its racks.
    setpoints_now
        Other measured setpoints by `equipment.quantity`; only shown as current values beside recommended ones.
    in_force
        The plan before this one, if there is one: what it said stays where leaving it gains next to nothing.
    spare_waived
        Groups of units (`hall-1 crahs`) of which the site file wants a spare that the plan need not keep, and why.
    unmet
        What no operation can meet after these hours, where they were cut short for it.
    signal_notes
        Where something stands in for the price, carbon intensity or weather that the site file asks for, or a person's value for a
        sensor; the plan's notes name it.
    tables
        By plant: tabulated states, if they are at hand; the planner makes those that are missing.
    """

    site: Site
    site_revision: str
    model_version: str
    correlation_id: str
    created: datetime
    start: datetime
    plants: Sequence[PlantModel]
    plants_now: Mapping[str, PlantNow]
    outdoor_degc: FloatArray
    wet_bulb_degc: FloatArray
    it_power_kw: Mapping[str, FloatArray]
    price_per_kwh: FloatArray
    carbon_gco2_per_kwh: FloatArray
    busy_servers: Mapping[str, FloatArray] = field(default_factory=dict)
    busy_quantiles: Mapping[str, Mapping[float, FloatArray]] = field(default_factory=dict)
    awake_servers: Mapping[str, float] = field(default_factory=dict)
    slowed_servers: Mapping[str, FloatArray] = field(default_factory=dict)
    state_of_charge_frac: Mapping[str, float] = field(default_factory=dict)
    backlog_kwh: Mapping[str, float] = field(default_factory=dict)
    arrived_kwh: Mapping[str, FloatArray] = field(default_factory=dict)
    asleep_servers: Mapping[str, frozenset[str]] = field(default_factory=dict)
    kept_awake: Mapping[str, frozenset[str]] = field(default_factory=dict)
    main_crah: Mapping[str, str] = field(default_factory=dict)
    jobs: Sequence[Job] = ()
    month_peak_kw: float = 0.0
    expected_peak_kw: float = 0.0
    peak_charges: Mapping[str, PeakCharge] = field(default_factory=dict)
    ready_kwh: float | FloatArray = 0.0
    ready_price_per_kwh_h: float = 0.0
    other_kw: float | FloatArray = 0.0
    produced_kw: float | FloatArray = 0.0
    available_kw: Mapping[str, FloatArray] = field(default_factory=dict)
    commitments: Sequence[Commitment] = ()
    weights: Weights | None = None
    goal_caps: Mapping[str, float] = field(default_factory=dict)
    taken_heat_kw: Mapping[str, FloatArray] = field(default_factory=dict)
    dampers_open: Mapping[str, bool] = field(default_factory=dict)
    own_dampers: frozenset[str] = frozenset()
    dew_point_degc: Mapping[str, float] = field(default_factory=dict)
    tanks_now: Mapping[str, TankNow] = field(default_factory=dict)
    heat_pumps_now: Mapping[str, HeatPumpNow] = field(default_factory=dict)
    heat_demand_kw: Mapping[str, FloatArray] = field(default_factory=dict)
    setpoints_now: Mapping[str, float] = field(default_factory=dict)
    load_scenarios: Sequence[Mapping[str, FloatArray]] = ()
    time_limit_s: float | None = None
    in_force: Plan | None = None
    spare_waived: Mapping[str, str] = field(default_factory=dict)
    unmet: Sequence[LimitShortfall] = ()
    signal_notes: Sequence[str] = ()
    tables: Mapping[str, StateTable] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("created", "start"):
            if getattr(self, name).utcoffset() != timedelta(0):
                raise PlanError(f"{name} must be an aware time in UTC, got {getattr(self, name).isoformat()}")
        for name, values in self._series():
            _check_series(name, values, self)
        _check_known("plants_now", self.plants_now, [plant.plant_id for plant in self.plants])
        _check_known("it_power_kw", self.it_power_kw, [hall for plant in self.plants for hall in plant.halls])
        _check_known("busy_servers", self.busy_servers, self.awake_servers)
        _check_jobs(self)
        for name in ("other_kw", "produced_kw", "ready_kwh"):
            if np.ndim(getattr(self, name)):
                _check_series(name, np.asarray(getattr(self, name)), self)
        for commitment in self.commitments:
            _check_commitment(commitment)

    def _series(self) -> Iterator[tuple[str, FloatArray]]:
        for name in ("outdoor_degc", "wet_bulb_degc", "price_per_kwh", "carbon_gco2_per_kwh"):
            yield name, getattr(self, name)
        for group in ("it_power_kw", "busy_servers", "taken_heat_kw", "available_kw", "heat_demand_kw"):
            yield from ((f"{group} of {key}", values) for key, values in getattr(self, group).items())
        for pool, quantiles in self.busy_quantiles.items():
            yield from ((f"busy_quantiles {part} of {pool}", values) for part, values in quantiles.items())
        for one in self.commitments:
            if one.baseline_kw is not None:
                yield f"baseline_kw of {one.id}", one.baseline_kw
        for load in self.load_scenarios:
            yield from ((f"load_scenarios of {hall}", values) for hall, values in load.items())
        yield from ((f"peak_charges {name}", charge.holds.astype(float)) for name, charge in self.peak_charges.items())

    @property
    def steps(self) -> int:
        """Number of steps of the plan."""
        return round(self.site.planning.horizon_h / self.step_h)

    @property
    def step_h(self) -> float:
        """Length of a step in hours."""
        return self.site.planning.step_min / 60.0

    @property
    def times(self) -> list[datetime]:
        """Starts of the steps, UTC."""
        start, step = self.start.astimezone(UTC), self.site.step
        return [start + number * step for number in range(self.steps)]

    def time_of(self, step: int) -> datetime:
        """Return the start of a step, UTC."""
        return self.start.astimezone(UTC) + step * self.site.step

    @property
    def time_budget_s(self) -> float:
        """Seconds the planner may take."""
        return self.site.planning.time_limit_s if self.time_limit_s is None else self.time_limit_s

    @property
    def beside_kw(self) -> FloatArray:
        """What nobody decides adds to the site's power, beside IT and cooling; negative where photovoltaics deliver more."""
        return np.asarray(self.other_kw - self.fixed_solar_kw)

    @property
    def fixed_solar_kw(self) -> FloatArray:
        """What photovoltaics deliver that nobody may hold down, one a step."""
        return np.broadcast_to(np.asarray(self.produced_kw, dtype=float), (self.steps,))

    @property
    def carbon_cost_per_kwh(self) -> FloatArray:
        """Price of the carbon behind each kWh imported."""
        return np.asarray(self.carbon_gco2_per_kwh * (self.site.carbon.price_per_tonne * 1e-6))

    @property
    def weighed(self) -> Weights:
        """What units of the goals are worth beside their prices."""
        return self.site.planning.weights if self.weights is None else self.weights

    @property
    def paid_price_per_kwh(self) -> FloatArray:
        """Energy and carbon together."""
        return np.asarray(self.price_per_kwh + self.carbon_cost_per_kwh)

    @property
    def full_price_per_kwh(self) -> FloatArray:
        """What a kWh imported is worth sparing: energy, carbon and weights."""
        weighed_carbon = self.carbon_gco2_per_kwh * (self.weighed.carbon_per_kg * 1e-3)
        return np.asarray(self.paid_price_per_kwh + weighed_carbon + self.weighed.energy_per_kwh)

    @property
    def export_price_per_kwh(self) -> FloatArray | None:
        """What a kWh exported earns, never more than a kWh imported costs: buying to sell is not our trade."""
        priced = self.site.tariff.export_price_per_kwh
        if priced is None:
            return None
        return np.asarray(np.minimum(priced, self.paid_price_per_kwh))

    @property
    def export_limit_kw(self) -> float:
        """The most that may flow out of the site; infinite where only its price decides."""
        if self.site.tariff.export_price_per_kwh is None:
            return 0.0
        limit_kw = self.site.electrical.export_limit_kw
        return math.inf if limit_kw is None else limit_kw

    @property
    def water_cost_per_lps(self) -> float:
        """What 1 L/s of make-up water through a step is worth sparing: its price and its weight."""
        return (self.site.water.price_per_m3 + self.weighed.water_per_m3) * self.m3_per_lps

    @property
    def m3_per_lps(self) -> float:
        """Cubic metres that 1 L/s makes in a step."""
        return 3.6 * self.step_h

    @property
    def following_day_price_per_kwh(self) -> float:
        """Price that stands for the day after the horizon: the mean of its last day.

        Before hours that cannot be met it is that of the dearest step: no price empties a store or puts work off into them.
        """
        return float(self.full_price_per_kwh[self._like_the_following_day].mean())

    @property
    def _like_the_following_day(self) -> slice:
        if not self.unmet:
            return slice(-round(DAY_H / self.step_h), None)
        dearest = int(self.full_price_per_kwh.argmax())
        return slice(dearest, dearest + 1)

    @property
    def terminal_money_frac(self) -> float:
        """How much of a value at the following day's price is money, the rest being weights."""
        full = self.following_day_price_per_kwh
        if self.weighed == Weights() or full == 0.0:
            return 1.0
        return float(self.paid_price_per_kwh[self._like_the_following_day].mean()) / full

    @property
    def price_scale_per_kwh(self) -> float:
        """A typical price, by which wear given in kWh becomes money; never so low that moves are free."""
        return max(float(np.abs(self.paid_price_per_kwh).mean()), LEAST_SCALE_PER_KWH)

    def breathes(self, hall_id: str) -> bool:
        """Tell whether the dampers of a hall are planned."""
        hall = next(hall for hall in self.site.halls if hall.id == hall_id)
        return hall.economizer is not None and hall.economizer.id in self.dampers_open

    def plant(self, plant_id: str) -> PlantModel:
        """Return the model of a plant."""
        return next(plant for plant in self.plants if plant.plant_id == plant_id)


def _check_series(name: str, values: FloatArray, inputs: PlanInputs) -> None:
    needed = inputs.steps
    end = inputs.start + needed * inputs.site.step
    if len(values) < needed:
        ends = inputs.start + len(values) * inputs.site.step
        raise SignalError(f"{name} ends at {ends:%Y-%m-%d %H:%M} UTC; the plan needs it until {end:%Y-%m-%d %H:%M} UTC")
    if len(values) > needed:
        raise SignalError(
            f"{name} has {len(values)} values; the plan has {needed} steps until {end:%Y-%m-%d %H:%M} UTC"
        )
    missing = np.flatnonzero(~np.isfinite(values))
    if missing.size:
        first = inputs.times[missing[0]]
        raise SignalError(f"{name} has no value at {first:%Y-%m-%d %H:%M} UTC ({missing.size} missing)")


def _check_jobs(inputs: PlanInputs) -> None:
    tiers = {pool.id: {"", *(tier.id for tier in pool.tiers)} for pool in inputs.site.server_pools}
    seen: set[str] = set()
    for job in inputs.jobs:
        if job.pool not in tiers:
            raise PlanError(
                f"job {job.id}: the site has no server pool {job.pool!r}; it has {', '.join(tiers) or 'none'}"
            )
        if job.tier not in tiers[job.pool]:
            raise PlanError(
                f"job {job.id}: {job.pool} has no tier {job.tier!r}; leave it out or give it in the site file"
            )
        if job.id in seen:
            raise PlanError(f"job {job.id} stands twice; give each job an id of its own")
        seen.add(job.id)


def _check_known(name: str, mapping: Mapping[str, object], needed: Sequence[str] | Mapping[str, float]) -> None:
    missing = [key for key in needed if key not in mapping]
    if missing:
        raise PlanError(f"{name} lacks {', '.join(missing)}")


def _check_commitment(commitment: Commitment) -> None:
    name = f"commitment {commitment.id}"
    if any(time.utcoffset() != timedelta(0) for time in (commitment.start, commitment.end)):
        raise PlanError(f"{name}: start and end must be aware times in UTC")
    if commitment.end <= commitment.start:
        raise PlanError(f"{name} ends before it starts")
    if (commitment.kind is CommitmentKind.REDUCTION) != (commitment.baseline_kw is not None):
        raise PlanError(f"{name}: a reduction needs baseline_kw, and only a reduction")
    if commitment.penalty_per_kwh is not None and commitment.penalty_per_kwh < 0.0:
        raise PlanError(f"{name}: a negative penalty would pay for breaking it")
