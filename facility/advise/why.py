"""A plan explained in sentences: what each recommendation saves, what it runs into, what else there was, and what moved."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from facility.advise import wording
from facility.explanation import Alternative, DecisionChange, InputChange, LimitPrice, LossRisk, SinceLast
from facility.points import QUANTITIES
from facility.records import Plan, Recommendation, RecommendationKind, RecommendationState

Row = dict[str, str]
RECOMMENDED, LIMITS, INSTEAD = "recommended", "limits that bind", "instead, for the coming hour"
UNMET = "cannot be met"
RISKS, SINCE = "risks", "since the last plan"
CORRECTED = "corrected by what was measured since"
_OPEN = (RecommendationState.PROPOSED, RecommendationState.APPROVED, RecommendationState.APPLIED)


def explanation_rows(plan: Plan, recommendations: Sequence[Recommendation], currency: str) -> list[Row]:
    """Return one row a statement: its topic, what it is about, and the statement."""
    return [
        {"topic": topic, "about": about, "statement": said}
        for topic, about, said in _said(plan, recommendations, currency)
    ]


def _said(plan: Plan, recommendations: Sequence[Recommendation], currency: str) -> Iterator[tuple[str, str, str]]:
    for unmet in plan.unmet:
        yield UNMET, unmet.limit, f"{unmet}; the plan ends at {plan.end:%Y-%m-%d %H:%M} UTC, before it"
    own = [one for one in recommendations if one.plan_id == plan.id and one.kind is RecommendationKind.PLAN]
    for one in own:
        yield RECOMMENDED, f"{one.equipment} {wording.setting(one)}", _recommended(one, currency)
    if not own:
        yield RECOMMENDED, plan.site_id, "nothing: no change is worth making"
    for one in recommendations:
        if one.plan_id == plan.id and one.kind is RecommendationKind.CORRECTION and one.state in _OPEN:
            yield CORRECTED, f"{one.equipment} {wording.setting(one)}", _recommended(one, currency)
    explanation = plan.explanation
    if explanation is None:
        yield RECOMMENDED, plan.id, "made by a version that kept no more than this"
        return
    for price in explanation.limit_prices:
        yield LIMITS, f"{price.equipment} {price.limit}", _price(price, currency)
    for other in explanation.alternatives:
        yield INSTEAD, f"{other.equipment} {wording.words(other.quantity)}", _alternative(other, currency)
    for inlet in explanation.inlets:
        said = f"hottest inlet {inlet.inlet_degc:.1f} °C, within 90 % below {inlet.upper_degc:.1f} of {inlet.limit_degc:.1f} °C"
        unseen = (
            f"; {inlet.unseen_frac:.0%} of the steps lie outside what its models have seen" if inlet.unseen_frac else ""
        )
        yield RISKS, inlet.hall, said + unseen
    for loss in explanation.losses:
        yield RISKS, loss.group, _loss(loss)
    yield from _since(explanation.since_last, currency)


def _recommended(one: Recommendation, currency: str) -> str:
    move = f"{wording.current(one)} to {wording.recommended(one)}"
    kw, money, carbon = wording.savings(one)
    saves = f"saves {kw} kW, {money} {currency} and {carbon} kgCO2 a day" if money else kw
    limit = f"; limit that binds: {one.binding_limit}" if one.binding_limit else ""
    return f"{move}: {saves}{limit}; {one.reason}"


def _price(price: LimitPrice, currency: str) -> str:
    step = f"{price.per:g} {price.unit}" if price.per != 1.0 else price.unit
    return f"{price.price_per_day:.2f} {currency} a day per {step} looser; binds in {price.hours:g} h of the plan"


def _alternative(other: Alternative, currency: str) -> str:
    value = wording.amount(other.value, other.quantity, other.unit)
    if other.extra_kw is None or other.extra_cost_per_h is None:
        return f"{value}: not possible, {other.limit}"
    return f"{value}: {other.extra_kw:+.1f} kW, {other.extra_cost_per_h:+.2f} {currency}/h"


def _loss(loss: LossRisk) -> str:
    lost = f"without {loss.unit} (the worst to lose)"
    hottest = "" if loss.inlet_max_degc is None else f", inlets up to {loss.inlet_max_degc:.1f} °C"
    allowed = (
        "" if loss.inlet_max_degc is None or loss.allowable_degc is None else f" of {loss.allowable_degc:g} allowable"
    )
    if loss.limit:
        return f"{lost} {loss.limit} is passed in {loss.short_h:g} h of the plan{hottest}{allowed}"
    return f"{lost} every limit holds{hottest}{allowed}"


def _since(since: SinceLast | None, currency: str) -> Iterator[tuple[str, str, str]]:
    if since is None:
        yield SINCE, "", "no plan before this one covers its hours"
        return
    yield SINCE, f"plan {since.plan_id}", since.because
    for change in since.decisions:
        yield SINCE, *_decision(change)
    for moved in since.inputs:
        yield SINCE, moved.name, _input(moved, currency)


def _decision(change: DecisionChange) -> tuple[str, str]:
    equipment, _, quantity = change.name.rpartition(".")
    unit = QUANTITIES[quantity].unit
    before, after = (wording.amount(value, quantity, unit) for value in (change.before, change.after))
    return f"{equipment} {wording.words(quantity)}", f"{after} instead of {before}, {change.in_h:g} h ahead"


def _input(moved: InputChange, currency: str) -> str:
    worth = "" if moved.worth is None else f"; worth {moved.worth:+.2f} {currency} to the change"
    return f"{moved.change:+.3g} {moved.unit} on average, {moved.largest:+.3g} at most{worth}"
