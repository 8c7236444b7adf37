"""The second check: pure, and apart from the planner. What it objects to is not written; nothing is bent to fit.

It is made anew before each step of a write, so that what changes meanwhile counts.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from facility.dispatch.facts import FRESH_FRAC, Facts
from facility.dispatch.point_check import check_point
from facility.dispatch.refusal import Refusal, RefusalKind
from facility.history.dispatch_records import Mode, Said
from facility.records import Recommendation, RecommendationKind, RecommendationState

OPEN = RecommendationState.PROPOSED, RecommendationState.APPROVED, RecommendationState.APPLIED


def check(recommendation: Recommendation, facts: Facts, *, automatic: bool) -> tuple[Refusal, ...]:
    """Return everything that forbids writing a recommendation now; nothing where it may be written.

    `automatic`: nobody has ordered it. Then points whose reversion was not proven are refused too.
    """
    return tuple(_found(recommendation, facts, automatic))


def check_start(facts: Facts, *, automatic: bool) -> Iterator[Refusal]:
    """Say what holds all dispatch up, whatever is to be written."""
    posture = facts.posture
    needed = "auto" if automatic else "advise or auto"
    if posture.mode is Mode.OBSERVE or (automatic and posture.mode is not Mode.AUTO):
        yield Refusal(RefusalKind.MODE, "site", f"mode must be {needed}", f"it is {posture.mode}",
                      "set the mode")  # fmt: skip
    if posture.suspended is not None:
        said = posture.suspended
        yield Refusal(RefusalKind.SUSPENDED, "site", "dispatch is suspended", f"since {_time(said)}: {said.reason}",
                      "look at the plant, then resume dispatch")  # fmt: skip
    if posture.vetoed is not None:
        said = posture.vetoed
        yield Refusal(RefusalKind.VETO, "site", "writing is vetoed", f"since {_time(said)} by {said.by}: {said.reason}",
                      "lift the veto")  # fmt: skip
    for veto in sorted(facts.vetoes):
        yield Refusal(RefusalKind.VETO, "site", "the local veto input is on", veto, "switch it off at the plant")
    for state in sorted(facts.abnormal):
        yield Refusal(RefusalKind.ABNORMAL, "site", "no abnormal state", state,
                      "wait until it is over, then resume dispatch")  # fmt: skip


def _found(recommendation: Recommendation, facts: Facts, automatic: bool) -> Iterator[Refusal]:
    yield from check_start(facts, automatic=automatic)
    yield from _standing(recommendation, facts)
    yield from _equipment(recommendation, facts)
    low = check_confidence(recommendation, automatic=automatic)
    if low is not None:
        yield low
    yield from _freshness(recommendation, facts)
    if automatic and not facts.watched:
        yield Refusal(RefusalKind.FRESHNESS, recommendation.id, "Auto needs temperatures to watch",
                      "none of hall or loop is measured", "leave it to people, or give it sensors")  # fmt: skip
    for point in facts.points:
        yield from check_point(point, recommendation.recommended, facts.now, automatic=automatic)


def _standing(recommendation: Recommendation, facts: Facts) -> Iterator[Refusal]:
    name, state = recommendation.id, recommendation.state
    if state not in OPEN:
        yield Refusal(RefusalKind.STATE, name, "it must be open", f"it is {state}",
                      "look at those that are")  # fmt: skip
    if state is not RecommendationState.APPLIED and recommendation.expires <= facts.now:
        yield Refusal(RefusalKind.EXPIRY, name, "it must not have expired",
                      f"it did at {recommendation.expires:%Y-%m-%d %H:%M} UTC", "wait for the next plan")  # fmt: skip
    if recommendation.site_revision != facts.site_revision:
        yield Refusal(RefusalKind.EXPIRY, name, "the site file must be the one it was made for",
                      f"{recommendation.site_revision} then, {facts.site_revision} now",
                      "wait for the next plan")  # fmt: skip
    if not recommendation.points:
        yield Refusal(RefusalKind.LIMIT, name, "it must name writable points", "none",
                      "list them under `writable` in the site file, or set it by hand")  # fmt: skip


def _equipment(recommendation: Recommendation, facts: Facts) -> Iterator[Refusal]:
    concerned = {recommendation.equipment, *(point.equipment for point in facts.points)}
    for name in sorted(concerned & set(facts.lock_outs)):
        lock_out = facts.lock_outs[name]
        yield Refusal(RefusalKind.LOCKED_OUT, name, f"locked out by {lock_out.said.by}",
                      f"until {lock_out.until:%Y-%m-%d %H:%M} UTC: {lock_out.said.reason}",
                      "return it to service")  # fmt: skip


def check_confidence(recommendation: Recommendation, *, automatic: bool) -> Refusal | None:
    """Refuse a saving that cannot be told from nothing: its interval includes zero, or is none.

    A try of a commissioning is there to learn, and a correction to keep limits: neither claims a saving. What goes with another
    setting has its saving counted there: a person may order both, Auto does not know which belong together.
    """
    if recommendation.kind is not RecommendationKind.PLAN:
        return None
    saving = recommendation.saving_cost_per_day
    if saving.low == saving.high == 0.0:
        if not automatic:
            return None
        return Refusal(RefusalKind.CONFIDENCE, recommendation.id, "Auto needs a saving of its own",
                       "its saving is counted with another setting", "order it together with that one")  # fmt: skip
    if math.isfinite(saving.low) and math.isfinite(saving.high) and not saving.low <= 0.0 <= saving.high:
        return None
    return Refusal(
        RefusalKind.CONFIDENCE,
        recommendation.id,
        "the interval of its saving must not include zero",
        f"{saving.value:.3g} a day, 90 % between {saving.low:.3g} and {saving.high:.3g}",
        "more history narrows it; until then set it by hand if you think better",
    )


def _freshness(recommendation: Recommendation, facts: Facts) -> Iterator[Refusal]:
    """Refuse where too many of the readings leaned on are old, or all of one kind."""
    kinds: dict[str, list[bool]] = {}
    for one in facts.leaned_on:
        kinds.setdefault(one.point.rpartition(".")[2], []).append(one.is_fresh(facts.now))
    for quantity, fresh in sorted(kinds.items()):
        if sum(fresh) < FRESH_FRAC * len(fresh):
            yield Refusal(RefusalKind.FRESHNESS, recommendation.id, f"{FRESH_FRAC:.0%} of {quantity} must be fresh",
                          f"{sum(fresh)} of {len(fresh)}", "see why they are not read")  # fmt: skip


def _time(said: Said) -> str:
    return f"{said.at:%Y-%m-%d %H:%M} UTC"
