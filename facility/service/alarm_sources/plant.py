"""Abnormal states that the plant reports itself, as the site file names their points."""

from __future__ import annotations

from collections.abc import Iterator

from facility.alarms.observation import Observation
from facility.prepare.condition import holds, inputs_of
from facility.prepare.situation import is_fresh
from facility.service.alarm_sources.facts import Facts
from facility.site import AbnormalInput

CONDITIONS = frozenset({"emergency", "plant_abnormal"})
_EMERGENCIES = frozenset({"fire", "smoke", "leak", "ups_on_battery", "utility_lost"})
_ASKED_FOR = frozenset({"change_freeze", "veto"})  # by people: nothing to respond to


def look(facts: Facts) -> Iterator[Observation]:
    """Say of each abnormal state whether it holds."""
    for entry in facts.loaded.site.abnormal_states:
        if entry.state not in _ASKED_FOR:
            condition = "emergency" if entry.state in _EMERGENCIES else "plant_abnormal"
            equipment = entry.point.partition(".")[0]
            text = f"{entry.state.replace('_', ' ')}, says {entry.point}"
            yield Observation(condition, f"{entry.point}:{entry.state}", equipment, _holds(facts, entry), text)


def _holds(facts: Facts, entry: AbnormalInput) -> bool | None:
    """Return whether a state holds by any of its sensors; a silent one tells nothing."""
    points = inputs_of(facts.loaded, entry)
    known = [facts.newest[one.id].value for one in points if is_fresh(one, facts.newest.get(one.id), facts.at)]
    return any(holds(entry, value) for value in known) if known else None
