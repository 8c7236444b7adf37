"""The plan: none could be made, it ends early, it keeps no spare, it is not followed, its signals fail."""

from __future__ import annotations

from collections.abc import Iterator

from facility.alarms.observation import Observation
from facility.service.alarm_sources.facts import Facts

CONDITIONS = frozenset(
    {"planner_failed", "plan_cut_short", "spare_not_kept", "plan_not_followed", "signal_failing", "signal_lost"}
)


def look(facts: Facts) -> Iterator[Observation]:
    """Say how planning stands, by the planner's own words and the newest plan."""
    site, planner, plan = facts.loaded.site.id, facts.process("planner"), facts.kept.plan
    for condition, key in (("planner_failed", "last_error"), ("plan_not_followed", "follow_error")):
        error = None if planner is None else planner.detail.get(key)
        yield Observation(condition, site, site, None if planner is None else bool(error), str(error or ""))
    yield from _signals(facts)
    if plan is None:
        return
    text = f"planned until {plan.end:%Y-%m-%d %H:%M} UTC: " + "; ".join(map(str, plan.unmet))
    yield Observation("plan_cut_short", site, site, bool(plan.unmet), text)
    for group, why in plan.spare_waived.items():
        yield Observation("spare_not_kept", group.replace(" ", "."), group.partition(" ")[0], True, f"{group}: {why}")


def _signals(facts: Facts) -> Iterator[Observation]:
    """Say of each provider of prices, carbon intensity or weather whether it answers, and whether a fallback stands in."""
    for said in facts.health.signals if facts.process("planner") is not None else ():
        name, state = said["name"], said["state"]
        text = f"{said['error'] or 'not asked yet'}; last issue fetched {said['fetched'] or 'never'}"
        yield Observation("signal_failing", name, "planner", state == "failing", text)
        yield Observation("signal_lost", name, "planner", state == "fallback", f"{text}; {said['fallback']} stands in")
