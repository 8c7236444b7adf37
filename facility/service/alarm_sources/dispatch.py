"""Dispatch: what was written and went the wrong way, points that do not go back, and that it waits for a person."""

from __future__ import annotations

from collections.abc import Iterator

from facility.alarms.observation import Observation
from facility.history.dispatch_records import RELEASED, TIMETABLE, Application, ApplicationState, TargetState
from facility.service.alarm_sources.facts import Facts

CONDITIONS = frozenset({"rolled_back", "point_not_put_back", "dispatch_suspended", "writing_lost", "lock_out_ended"})
_BACK = (TargetState.PUT_BACK, TargetState.LEFT)


def look(facts: Facts) -> Iterator[Observation]:
    """Say of which setting the last writing of the day was rolled back, what is still held, and whether dispatch is held up."""
    last: dict[str, Application] = {f"{one.equipment}.{one.quantity}": one for one in facts.kept.applications}
    for name, one in last.items():
        asked_for = one.why.startswith((RELEASED, TIMETABLE))  # a person knows of it
        if one.state is ApplicationState.ROLLED_BACK and not asked_for:
            text = f"{one.value:g} {one.unit} at {one.since:%Y-%m-%d %H:%M} UTC: {one.why}"
            yield Observation("rolled_back", name, one.equipment, True, text)
        if one.state is ApplicationState.ROLLING_BACK:
            held = [target for target in one.targets if target.state not in _BACK]
            text = "; ".join(f"{target.point}: {target.note or 'on its way'}" for target in held)
            yield Observation("point_not_put_back", name, one.equipment, bool(held), text)
    said = facts.kept.suspended
    text = "" if said is None else f"since {said.at:%Y-%m-%d %H:%M} UTC by {said.by}: {said.reason}"
    yield Observation("dispatch_suspended", "dispatch", "dispatch", said is not None, text)
    process = facts.process("dispatch")
    lost = None if process is None else process.detail.get("lease_lost")
    yield Observation("writing_lost", "dispatch", "dispatch", None if process is None else bool(lost), str(lost or ""))
    for ended in facts.kept.ended_lock_outs:
        text = f"locked out by {ended.said.by} until {ended.until:%Y-%m-%d %H:%M} UTC: {ended.said.reason}"
        yield Observation("lock_out_ended", ended.equipment, ended.equipment, True, text)
