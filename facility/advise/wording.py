"""How a recommendation is put into words and figures, the same in the terminal, in a review and on the page."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from facility.records import Interval, Plan, Recommendation, RecommendationKind
from models.cooling import Mode

UNIT_SIGNS = {"degC": "°C"}
# Units stand beside the value, and every row is a setting.
NOT_SAID = frozenset({"degc", "frac", "kw", "kwh", "lps", "setpoint", "command"})
FOLLOWS = "with others"
TEACHES = "teaches"
CORRECTS = "keeps to the plan"
_OPEN = 0.5


def setting(recommendation: Recommendation) -> str:
    """Return what would be set, in words."""
    return words(recommendation.quantity)


def words(quantity: str) -> str:
    """Return a quantity in words, without its unit."""
    return " ".join(word for word in quantity.split("_") if word not in NOT_SAID)


def current(recommendation: Recommendation) -> str:
    """Return the value in force; `?` where it is not measured."""
    now = recommendation.current
    return "?" if now is None else amount(now, recommendation.quantity, recommendation.unit)


def recommended(recommendation: Recommendation) -> str:
    """Return the recommended value."""
    return amount(recommendation.recommended, recommendation.quantity, recommendation.unit)


def follows(recommendation: Recommendation) -> bool:
    """Tell whether it only goes along with others: its part of the saving is counted there."""
    nothing = Interval(0.0, 0.0, 0.0)
    return recommendation.saving_kw == recommendation.saving_cost_per_day == nothing


def savings(recommendation: Recommendation) -> tuple[str, str, str]:
    """Return the savings as text: kW with its interval, money and kgCO2 a day. A try or a correction saves nothing."""
    if recommendation.kind is not RecommendationKind.PLAN:
        return (TEACHES if recommendation.kind is RecommendationKind.COMMISSIONING else CORRECTS), "", ""
    if follows(recommendation):
        return FOLLOWS, "", ""
    kw = recommendation.saving_kw
    return (
        f"{kw.value:.1f} ({kw.low:.1f} to {kw.high:.1f})",
        f"{recommendation.saving_cost_per_day.value:.2f}",
        f"{recommendation.saving_kgco2_per_day.value:.1f}",
    )


def cut_short(plan: Plan, zone: ZoneInfo) -> list[str]:
    """Return that a plan ends early, and each limit that no operation can meet later; nothing where it covers its hours."""
    if not plan.unmet:
        return []
    return [
        f"planned only until {plan.end.astimezone(zone):%Y-%m-%d %H:%M %Z}: nothing is recommended for the hours after",
        *(f"cannot be met: {each}" for each in plan.unmet),
    ]


def amount(value: float, quantity: str, unit: str) -> str:
    """Return a value of a quantity as people read it."""
    if quantity == "economizer_mode_command" and value in list(Mode):
        return Mode(int(value)).name.lower()
    if quantity == "outdoor_air_dampers_command":
        return "open" if value >= _OPEN else "shut"
    if unit in {"count", "enum"}:
        return f"{value:.0f}"
    if unit == "frac":
        return f"{100 * value:.0f} %"
    return f"{value:.1f} {UNIT_SIGNS.get(unit, unit)}"
