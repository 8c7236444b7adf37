"""How dispatch stands, as one document for command line and API."""

from __future__ import annotations

from typing import Any

from facility.dispatch.desk import DispatchDesk
from facility.dispatch.refusal import Refusal, RefusalKind
from facility.history.dispatch_records import LIVE, Application, LockOut, Mode, ReversionTest, Said, Target
from facility.records import Recommendation


def status_document(desk: DispatchDesk) -> dict[str, Any]:
    """Return how dispatch stands now; of each open recommendation what the second check says."""
    now = desk.clock.now()
    facts = desk.reader.site_facts(now)
    posture = facts.posture
    automatic = posture.mode is Mode.AUTO
    return {
        "at": now,
        "mode": posture.mode.value,
        "mode_set": _said(posture.set_by),
        "suspended": _said(posture.suspended),
        "vetoed": _said(posture.vetoed),
        "abnormal": sorted(facts.abnormal),
        "veto_inputs": sorted(facts.vetoes),
        "locked_out": [_lock_out(one) for one in facts.lock_outs.values()],
        "reversion_tests": [test_row(test) for test in desk.book.reversion_tests().values()],
        "under_way": [application_row(one) for one in desk.book.applications(LIVE)],
        "open": [
            open_row(one, desk.orders.refusals(one, automatic=automatic))
            for group in desk.orders.groups()
            for one in group
        ],
    }


def open_row(one: Recommendation, refusals: tuple[Refusal, ...]) -> dict[str, Any]:
    """Return an open recommendation, whether it is dropped for low confidence, and what else forbids writing it."""
    return {
        "id": one.id,
        "state": one.state.value,
        "equipment": one.equipment,
        "quantity": one.quantity,
        "to": one.recommended,
        "unit": one.unit,
        "dropped": any(refusal.kind is RefusalKind.CONFIDENCE for refusal in refusals),
        "refusals": [str(refusal) for refusal in refusals],
    }


def application_row(one: Application) -> dict[str, Any]:
    """Return what is being written, point by point."""
    return {
        "id": one.id,
        "state": one.state.value,
        "since": one.since,
        "equipment": one.equipment,
        "quantity": one.quantity,
        "to": one.value,
        "unit": one.unit,
        "ordered": _said(one.ordered),
        "why": one.why,
        "points": [target_row(target) for target in one.targets],
    }


def target_row(target: Target) -> dict[str, Any]:
    """Return how far a point is."""
    return {"point": target.point, "state": target.state.value, "before": target.before, "note": target.note}


def test_row(test: ReversionTest) -> dict[str, Any]:
    """Return the outcome of a test of reversion."""
    return {
        "point": test.point,
        "passed": test.passed,
        "took_s": test.took_s,
        "within_s": test.within_s,
        "heartbeat": test.heartbeat,
        "by": test.said.by,
        "at": test.said.at,
        "expires": test.expires,
        "note": test.note,
    }


def _lock_out(one: LockOut) -> dict[str, Any]:
    return {"equipment": one.equipment, "until": one.until, **(_said(one.said) or {})}


def _said(said: Said | None) -> dict[str, Any] | None:
    return None if said is None else {"by": said.by, "reason": said.reason, "at": said.at}
