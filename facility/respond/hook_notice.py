"""What is told to hooks outside when an event moves: of its life, and of the work to be reduced and restored for it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from facility.respond.asked import asks
from facility.respond.event_state import PROMISED, GridEventState, KeptEvent
from facility.respond.settings import HOOK, OutboundHook, RespondSettings

ADVANCE_NOTICE, REDUCE, RESTORE, WITHDRAWN = "advance_notice", "reduce", "restore", "withdrawn"
_STATE = GridEventState


def channel_of(hook: OutboundHook) -> str:
    """Return the name under which the notices of a hook wait."""
    return f"{HOOK}{hook.name}"


def notices(
    site_id: str, settings: RespondSettings, before: GridEventState | None, after: KeptEvent, at: datetime
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the channel and the body of each notice of a move; `before` is None of an event that is new."""
    for hook in settings.hooks:
        document = _document(site_id, settings, after, at)
        if "event" in hook.tells:
            yield channel_of(hook), {**document, "what": f"event.{after.state.value}"}
        work = work_notice(before, after.state)
        if "work" in hook.tells and work is not None and not after.event.test and document["asks"]:
            yield channel_of(hook), {**document, "what": f"work.{work}", "tiers": list(hook.tiers)}


def work_notice(before: GridEventState | None, after: GridEventState) -> str | None:
    """Return what a workload scheduler is told of a move."""
    if after is _STATE.ACTIVE:
        return REDUCE
    if after is _STATE.OPTED_IN:
        return ADVANCE_NOTICE
    if before is _STATE.ACTIVE:
        return RESTORE
    return WITHDRAWN if before in PROMISED else None


def _document(site_id: str, settings: RespondSettings, kept: KeptEvent, at: datetime) -> dict[str, Any]:
    event, program = kept.event, settings.program(kept.event.program)
    asked = [] if program is None else list(asks(event, program))
    return {
        "site": site_id,
        "event": kept.number,
        "source": event.source,
        "id": event.id,
        "revision": event.revision,
        "program": event.program,
        "state": kept.state.value,
        "test": event.test,
        "at": at.isoformat(),
        "start": event.start.isoformat(),
        "end": event.end.isoformat(),
        "asks": [
            {"kind": one.kind.value, "start": one.start.isoformat(), "end": one.end.isoformat(), "kw": one.amount_kw}
            for one in asked
        ],
    }
