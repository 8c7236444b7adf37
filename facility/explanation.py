"""Why a plan is as it is: frozen types that are kept with it.

Money is in the site's currency; units are in the names or beside the values.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LimitPrice:
    """What a limit that binds costs: by how much a day would be cheaper were it `per` looser wherever it binds."""

    equipment: str
    limit: str
    per: float
    unit: str
    price_per_day: float
    hours: float  # of the plan in which it binds


@dataclass(frozen=True, slots=True)
class Alternative:
    """What else a lever could be set to for the coming hour, all else as planned; costs are None where it is not possible."""

    equipment: str
    quantity: str
    value: float
    unit: str
    extra_kw: float | None
    extra_cost_per_h: float | None
    limit: str = ""  # what makes it impossible


@dataclass(frozen=True, slots=True)
class InletRisk:
    """The hottest inlet of a hall at its nearest to the limit, with the upper half of its 90 % interval."""

    hall: str
    inlet_degc: float
    upper_degc: float
    limit_degc: float
    unseen_frac: (
        float  # share of the plan's steps in which a learned model of its plant is asked beyond what it has seen
    )


@dataclass(frozen=True, slots=True)
class LossRisk:
    """What the loss of a unit would bring at the plan's setpoints, the worst unit of its group."""

    group: str  # `hall-1 crahs`, `plant-1 chillers`
    unit: str
    short_h: float  # hours of the plan in which a limit would be passed
    limit: str  # the first of them; empty where all hold
    inlet_max_degc: float | None  # hottest expected, fans at what it takes; None where the models do not say
    allowable_degc: float | None  # what the servers bear in an exception


@dataclass(frozen=True, slots=True)
class InputChange:
    """How far an input has moved since the last plan, and what that is worth.

    `worth` is by how much it makes the new decisions better against the old: None where the models cannot tell it apart.
    """

    name: str
    change: float  # mean over the steps that both plans cover, with its sign
    largest: float
    unit: str
    worth: float | None = None


@dataclass(frozen=True, slots=True)
class DecisionChange:
    """A setpoint of the coming hours that differs from what the last plan said for the same time."""

    name: str  # `equipment.quantity`
    before: float
    after: float
    in_h: float  # from now


@dataclass(frozen=True, slots=True)
class SinceLast:
    """What changed since the last plan, and why."""

    plan_id: str
    decisions: tuple[DecisionChange, ...]
    inputs: tuple[InputChange, ...]
    because: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything that is kept with a plan beside the savings of its levers."""

    limit_prices: tuple[LimitPrice, ...] = ()
    alternatives: tuple[Alternative, ...] = ()
    inlets: tuple[InletRisk, ...] = ()
    losses: tuple[LossRisk, ...] = ()
    since_last: SinceLast | None = None
