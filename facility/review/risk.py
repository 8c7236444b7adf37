"""How risky a recommendation is, by what it carries itself: whether one person is enough, and whether its saving is sure.

Two people are asked for where a mistake costs more than money within minutes and going back takes longer than a setpoint does:
machines that start or stop together, a reserve that gets smaller, and values that nobody has seen in operation.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from facility.records import Recommendation, RecommendationKind
from facility.units import DEADBAND


class RiskLevel(enum.StrEnum):
    """How many people a recommendation asks for: one, or two."""

    NORMAL = "normal"
    HIGH = "high"


PEOPLE: Mapping[RiskLevel, int] = {RiskLevel.NORMAL: 1, RiskLevel.HIGH: 2}


@dataclass(frozen=True, slots=True)
class Risk:
    """What a decision should know beside the saving."""

    why: tuple[str, ...]  # it asks for two people; empty: one is enough
    low_confidence: bool  # the 90 % interval of its saving includes zero

    @property
    def level(self) -> RiskLevel:
        """How risky it is."""
        return RiskLevel.HIGH if self.why else RiskLevel.NORMAL


def risk_of(recommendation: Recommendation) -> Risk:
    """Return how risky a recommendation is, and why."""
    applies, why = _BY_QUANTITY.get(recommendation.quantity, (_never, ""))
    reasons = [why] if applies(recommendation) else []
    if recommendation.kind is RecommendationKind.COMMISSIONING:
        reasons.append(_TRY)
    return Risk(tuple(reasons), _is_unsure(recommendation))


def _is_unsure(recommendation: Recommendation) -> bool:
    """Tell whether it is to save and may save nothing; what only goes with others has no saving of its own."""
    saving = recommendation.saving_cost_per_day
    is_to_save = recommendation.kind is RecommendationKind.PLAN and saving.low < saving.high
    return is_to_save and saving.low <= 0.0 <= saving.high


def _never(_: Recommendation) -> bool:
    return False


# Where nobody knows the present value, it may be any: then these say yes.
def _changes(one: Recommendation) -> bool:
    return one.current is None or one.current != one.recommended


def _lowers(one: Recommendation) -> bool:
    return one.current is None or one.recommended < one.current


def _raises(one: Recommendation) -> bool:
    return one.current is None or one.recommended > one.current


def _starts_or_stops(one: Recommendation) -> bool:
    least = DEADBAND["kW"]
    return one.current is None or (one.current < least) != (one.recommended < least)


_TRY = "a try: the setpoint goes where history has not been"
_BY_QUANTITY: Mapping[str, tuple[Callable[[Recommendation], bool], str]] = {
    "economizer_mode_command": (
        _changes,
        "the plant makes its cold another way: valves, pumps and compressors change together",
    ),
    "chillers_staged_command": (_lowers, "fewer chillers run: less is left at once if one fails"),
    "outdoor_air_dampers_command": (_raises, "outdoor air enters halls, with its dust, smoke and moisture"),
    "heat_output_setpoint_kw": (_starts_or_stops, "a heat pump starts or stops"),
    "awake_servers_command": (_lowers, "servers go to sleep: the others bear their load, and waking takes time"),
}
