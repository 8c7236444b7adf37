"""What the fast layer starts from: the next hour as the plan and the last minutes foretell it, and what may move in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from facility.records import FloatArray
from facility.site import Battery

HORIZON = timedelta(hours=1)
_SPENT_FRAC = 0.25  # of a pool's headroom

AirMove = tuple[float, float]  # K colder, fan speed faster than planned
Warmth = Callable[[float, float], FloatArray]


@dataclass(frozen=True, slots=True, eq=False)
class Lever:
    """A setpoint that a correction may change.

    Attributes
    ----------
    targets
        `equipment.quantity` of what moves as one.
    current
        In force; None where nobody measures it.
    planned
        Of the plan, one a step.
    low, high, step
        What may be written, and how far one write may go.
    free
        Whether it may be written now: its interval is over and its budget of writes is not.
    """

    targets: tuple[str, ...]
    current: float | None
    planned: FloatArray
    low: float
    high: float
    step: float
    unit: str
    free: bool

    def within(self, value: float) -> float:
        """Return the nearest value that may be written."""
        return min(max(value, self.low), self.high)


@dataclass(frozen=True, slots=True, eq=False)
class Store:
    """A battery: its charging power (negative: discharging), and the stored energy that it has, needs and should come to."""

    battery: Battery
    lever: Lever
    stored_kwh: float
    reserve_kwh: float
    planned_end_kwh: float
    meter_per_kw: float

    @property
    def least_kwh(self) -> float:
        """The reserve; or what is in it, where that is less: it is not emptied further."""
        return min(self.reserve_kwh, self.stored_kwh)

    @property
    def most_kwh(self) -> float:
        """Full; or what is in it, where the meter says more."""
        return max(self.battery.energy_kwh, self.stored_kwh)

    def course_kwh(self, charge_kw: FloatArray, step_h: float) -> FloatArray:
        """Return stored energy after each step."""
        gained = np.where(
            charge_kw > 0.0,
            charge_kw * self.battery.charge_efficiency_frac,
            charge_kw / self.battery.discharge_efficiency_frac,
        )
        return np.asarray(self.stored_kwh + step_h * np.cumsum(gained))


@dataclass(frozen=True, slots=True, eq=False)
class Work:
    """Work that may wait: what has to be done by the end of each step so that none is late."""

    id: str
    lever: Lever
    due_kwh: FloatArray
    meter_per_kw: float


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """Awake servers of a pool; how many the work of now keeps busy, and how many it asks for with headroom and reserve."""

    id: str
    lever: Lever
    busy: float
    needed: float
    kw_per_server: float  # at the meter, awake and idle instead of asleep

    @property
    def is_short(self) -> bool:
        """Whether so much of the headroom is gone that more than noise has taken it."""
        return float(self.lever.planned[0]) < self.needed - _SPENT_FRAC * (self.needed - self.busy)


@dataclass(frozen=True, slots=True, eq=False)
class Air:
    """The air of a hall.

    Attributes
    ----------
    supply, fans
        Supply-air temperature [degC] and fan speed [-] of the CRAHs that the plan moves as one. No colder than the supply air's
        `low`: the racks would be too cold, or too humid, and where a plan asks for air too damp it is not followed.
    racks
        Ids of the racks.
    over_k
        By step and rack, (T, racks): how far inlets are to be expected above their limit, with the model's margin, where supply
        air is so many K colder than planned and fans so much faster. The dynamic model itself.
    kw_per_k, kw_per_frac
        What a K colder and a whole fan speed more take, about: which of both comes first.
    kept
        How much colder [K] and faster [-] than planned it was made under this plan: that stays until a plan has seen why.
    driven
        Whether the site's own protection drives the CRAHs beyond their setpoints: no model says how far off these are.
    """

    hall: str
    supply: Lever
    fans: Lever
    racks: tuple[str, ...]
    over_k: Warmth
    kw_per_k: float
    kw_per_frac: float
    kept: AirMove = (0.0, 0.0)
    driven: bool = False

    @property
    def least(self) -> AirMove:
        """How much colder and faster than planned it has to be: as far as a write gets, while setpoints are overridden."""
        return self.most if self.driven else self.kept

    @property
    def most(self) -> AirMove:
        """How much colder and faster than planned one write can make it; never less than is kept."""
        colder = _room(self.supply, self.supply.planned[0] - self.supply.low, -self.supply.step)
        faster = _room(self.fans, self.fans.high - self.fans.planned[0], self.fans.step)
        return max(colder, self.kept[0]), max(faster, self.kept[1])


def _room(lever: Lever, most: float, step: float) -> float:
    """Return how far a lever gets from the plan in one write: `step` from where it is, `most` in all."""
    if not lever.free or lever.current is None:
        return 0.0
    reached = lever.current + step - float(lever.planned[0])
    return min(max(reached if step > 0 else -reached, 0.0), max(most, 0.0))


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """The meter.

    Attributes
    ----------
    import_kw
        What will be drawn if the plan is followed, one a step: the plan's course, and what the last minutes were off it.
    cap_kw, cap_names
        The most that may be drawn in each step, and what says so; infinite and empty where nothing does.
    least_kw
        The least: nothing or the export limit below it.
    window_share, window_known_kw, window_names
        Of each demand window that the hour touches: how much each step counts in its mean, (windows, T), and what was drawn in it
        so far counts, (windows,).
    demand_kw
        Demand that is paid for anyway or that the plan accepts.
    margin_kw
        How far below it windows are to stay: what the last step of a window, which nothing corrects any more, may add to its mean.
    demand_charge_per_kw
        What a kW above it costs.
    price_per_kwh
        A typical price of energy, by which moves are weighed.
    """

    import_kw: FloatArray
    cap_kw: FloatArray
    cap_names: tuple[str, ...]
    least_kw: float
    window_share: FloatArray
    window_known_kw: FloatArray
    window_names: tuple[str, ...]
    demand_kw: float
    demand_charge_per_kw: float
    price_per_kwh: float
    margin_kw: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class TrackInputs:
    """Everything that one correction is made from; arrays have one value for each of the coming steps."""

    plan_id: str
    at: datetime
    step: timedelta
    grid: Grid
    stores: tuple[Store, ...] = ()
    works: tuple[Work, ...] = ()
    pools: tuple[Pool, ...] = ()
    halls: tuple[Air, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def step_h(self) -> float:
        """Length of a step in hours."""
        return self.step / timedelta(hours=1)

    @property
    def steps(self) -> int:
        """Number of steps."""
        return len(self.grid.import_kw)

    def time(self, step: int) -> datetime:
        """Return when a step ends."""
        return self.at + (step + 1) * self.step
