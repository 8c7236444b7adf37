"""Rules of operation: availability, redundancy, abnormal states, planning, and where things are kept."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from pydantic import model_validator

from facility.site.values import CalendarDate, Count, Fraction, Id, NonNegative, Number, Part, Positive, SecretRef, Uri

_VALID_INTERVALS = 2


class Availability(Part):
    """Equipment that is not simply in service."""

    equipment: Id
    state: Literal["in_service", "standby", "locked_out"]
    by: str = ""
    until: CalendarDate | None = None


class Redundancy(Part):
    """How many units of a group must be spare: losing so many leaves every limit kept. `of` is a hall, plant or loop."""

    of: Id
    group: Literal["crahs", "chillers", "towers", "dry_coolers", "chilled_water_pumps", "condenser_water_pumps", "cdus"]
    spare: Count = 1


class AbnormalInput(Part):
    """A point that tells of an abnormal state: while it holds, nothing is written and open recommendations are void."""

    state: Literal[
        "utility_lost",
        "generator_running",
        "ups_on_battery",
        "ups_on_bypass",
        "chiller_trip",
        "leak",
        "smoke",
        "fire",
        "outdoor_air_quality",
        "change_freeze",
        "veto",
    ]
    point: str  # `equipment.quantity`, or with the tag of one of several sensors
    equals: tuple[Number, ...] = ()  # abnormal while the reading is one of these
    above: Number | None = None  # or above this

    @model_validator(mode="after")
    def _one_test(self) -> AbnormalInput:
        if (not self.equals) == (self.above is None):
            raise ValueError("give either equals or above")
        return self


class Weights(Part):
    """What the site would pay, beyond all prices, to spare a unit; in its currency. Nobody is paid it."""

    carbon_per_kg: NonNegative = 0.0
    water_per_m3: NonNegative = 0.0
    energy_per_kwh: NonNegative = 0.0
    peak_per_kw: NonNegative = 0.0  # of the highest demand in the horizon


class Goal(Part):
    """What to make least; the goals after it may cost it no more than this share of what it came to."""

    of: Literal["cost", "carbon", "water", "energy", "peak"]
    slack_frac: Fraction = 0.01


class Planning(Part):
    """How far and how often to plan, and what for: least cost with weights, or goals in order."""

    horizon_h: Positive = 48.0
    step_min: Literal[5, 10, 15, 30, 60] = 15
    interval_min: Positive = 15.0
    track_min: Literal[1, 2, 3, 5] = 5  # between two plans: how often the one in force is corrected by what is measured
    time_limit_s: Positive = 60.0
    weights: Weights = Weights()
    goals: tuple[Goal, ...] = ()

    @property
    def valid_for(self) -> timedelta:
        """How long a recommendation stands: it outlives one missed cycle, not two."""
        return _VALID_INTERVALS * timedelta(minutes=self.interval_min)

    @model_validator(mode="after")
    def _whole_steps(self) -> Planning:
        if self.horizon_h * 60 % self.step_min or self.horizon_h > 24 * 14:
            raise ValueError("horizon_h: expected a whole number of steps, at most two weeks")
        return self

    @model_validator(mode="after")
    def _one_way_to_weigh(self) -> Planning:
        names = [goal.of for goal in self.goals]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"goals: {', '.join(twice)} stands in it twice; once is enough")
        if self.goals and self.weights != Weights():
            raise ValueError("give either goals in order or weights, not both")
        return self


class HistoryStore(Part):
    """Where readings are kept, and for how long."""

    table_uri: Uri | None = None  # None: in the state folder
    raw_retention_days: Count = 730
    flush_interval_s: Positive = 300.0
    hot_log_max_mb: Count = 4096  # how much may wait while the table takes nothing; then memory, then the oldest go


class JournalStore(Part):
    """Where the journal is kept: a database URL by reference, or SQLite in the state folder."""

    url: SecretRef | None = None
