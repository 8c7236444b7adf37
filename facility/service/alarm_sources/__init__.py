"""What alarms are derived from: one topic a file, each from what the service knows already; nothing is measured for an alarm.

A source names its conditions, so that one that cannot look leaves their alarms as they are.
"""

from __future__ import annotations

from facility.service.alarm_sources import (
    data,
    dispatch,
    grid,
    halls,
    liquid,
    models,
    planning,
    plant,
    power,
    service,
    writes,
)
from facility.service.alarm_sources.facts import Facts, Kept, Source

__all__ = ["SOURCES", "Facts", "Kept", "Source"]

SOURCES = tuple(
    Source(topic.CONDITIONS, topic.look)
    for topic in (halls, power, liquid, plant, data, models, planning, writes, grid, dispatch, service)
)
