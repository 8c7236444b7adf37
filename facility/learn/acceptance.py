"""Whether a part that was trained takes the place of the one in service, and why, in words.

Both are asked about the same rows, the newest fifth or less. The part in service has seen none of them: they are later than those
that it was fitted on. The new one has seen them in the end, so that a sibling answers for it, fitted in the same way on the older
rows alone (`models.evidence.held_out`). That a part qualifies at all is decided on the newest fifth as well. After a change of the
plant only rows since then count. Server fans are compared by their law alone, which is what a plan takes of them.

The new part serves where it is better by more than a tie. In a tie it serves only if it has seen more; otherwise, and where
there are too few rows to tell, the part in service stays, which has earned its place. One that the nameplate beats is retired.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import pandas as pd

from facility.learn.candidates import Candidate
from models.evidence import LEAST_ROWS, Evidence, FittedPart, held_out, law_errors, predicted
from models.server_fans_fit import ServerFansFit
from models.server_fans_step import by_the_hour

NEW, KEPT, NAMEPLATE = "new", "kept", "nameplate"
_TIE_FRAC = 0.01  # of the error: less is luck
_TIE_BEYOND_FRAC = 0.25  # where rows lie beyond what both knew when they were compared, and the new one knows them now
_RETIRED_FRAC = 0.1  # by which the nameplate must be better: one odd day is no reason
_MORE_SEEN_FRAC = 0.05  # of a condition's range


@dataclass(frozen=True, slots=True)
class Decision:
    """Which part goes on.

    Attributes
    ----------
    taken
        `new`, `kept` or `nameplate`.
    reason
        Why, in words.
    changes
        Whether service is other than before.
    rows, after
        How many rows were compared, and the time they begin after (ISO 8601).
    rmse
        Errors on them, of `new`, `in_service` and `nameplate`, in the part's unit.
    """

    taken: str
    reason: str
    changes: bool
    rows: int = 0
    after: str | None = None
    rmse: Mapping[str, float] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return it in plain types."""
        return asdict(self)


@dataclass(frozen=True, slots=True, eq=False)
class Incumbent:
    """A part in service that still fits the site: its model, until when it has seen rows, and the ranges it has seen."""

    model: FittedPart
    fitted_until: pd.Timestamp
    seen: Mapping[str, tuple[float, float]]


def judge(
    candidate: Candidate, incumbent: Incumbent | None, *, none_because: str, changed: pd.Timestamp | None = None
) -> Decision:
    """Return which part goes on.

    Parameters
    ----------
    candidate
        The part that was trained.
    incumbent
        The part in service; None where the nameplate is, or the part can serve no longer.
    none_because
        Why there is none, in words; empty where nothing was in service.
    changed
        Since when the part behaves otherwise, if it does.
    """
    if incumbent is None:
        reason = "; ".join(filter(None, (none_because, candidate.card.reason)))
        taken = NEW if candidate.may_serve else NAMEPLATE
        return Decision(taken, reason, changes=candidate.may_serve or bool(none_because))
    if candidate.evidence is None:
        return Decision(KEPT, f"nothing to compare by: {candidate.card.reason}", changes=False)
    after = max(filter(None, (incumbent.fitted_until, changed)))
    try:
        rows, rmse = _compared(candidate, candidate.evidence, incumbent, after)
    except ValueError as error:
        return Decision(KEPT, f"nothing to compare by: {error}", changes=False)
    if len(rows) < LEAST_ROWS:
        reason = f"{len(rows)} rows are new to both, {LEAST_ROWS} are needed to tell which is better"
        return Decision(KEPT, reason, changes=False, rows=len(rows), after=after.isoformat())
    taken, reason = _verdict(candidate, incumbent, rmse)
    said = f"{reason} on {len(rows)} rows from {rows.rows.index[0]:%Y-%m-%d %H:%M} UTC"
    return Decision(taken, said, taken != KEPT, len(rows), after.isoformat(), rmse)


def _compared(
    candidate: Candidate, evidence: Evidence, incumbent: Incumbent, after: pd.Timestamp
) -> tuple[Evidence, dict[str, float]]:
    """Return the rows that are new to both, and the errors on them; none where there are too few."""
    answers = None
    rows = evidence.after(max(after, evidence.newest_fifth))
    if len(rows) < LEAST_ROWS:
        rows = evidence.after(after)
    if candidate.model is not None and candidate.may_serve and len(rows) >= LEAST_ROWS:
        newest, answers = held_out(candidate.model, evidence, after)
        rows = newest.after(after)
    if len(rows) < LEAST_ROWS:
        return rows, {}
    if isinstance(incumbent.model, ServerFansFit) and not by_the_hour(rows.rows):
        found = law_errors(incumbent.model, evidence, rows)
        return rows, {name: error for name, error in found.items() if name != "new" or answers is not None}
    rmse = {"in_service": rows.errors_of(predicted(incumbent.model, rows.rows)).rmse}
    if answers is not None:
        rmse["new"] = rows.errors_of(answers[-len(rows.rows) :]).rmse
    if rows.nameplate is not None:
        rmse["nameplate"] = rows.errors_of(rows.nameplate).rmse
    return rows, rmse


def _verdict(candidate: Candidate, incumbent: Incumbent, rmse: Mapping[str, float]) -> tuple[str, str]:
    old, new, plate = rmse["in_service"], rmse.get("new"), rmse.get("nameplate")
    best = old if new is None else min(old, new)
    if plate is not None and plate < best * (1.0 - _RETIRED_FRAC):
        return NAMEPLATE, f"retired: RMSE {old:.3g} in service, nameplate {plate:.3g}"
    if new is None:
        return KEPT, f"the new one does not qualify ({candidate.card.reason}); RMSE {old:.3g} in service"
    figures = f"RMSE {new:.3g}, in service {old:.3g}"
    if new < old * (1.0 - _TIE_FRAC):
        return NEW, f"better: {figures}"
    more = _more_seen(candidate.card.features, incumbent.seen)
    if new > old * (1.0 + (_TIE_FRAC if more is None else _TIE_BEYOND_FRAC)):
        return KEPT, f"the new one is worse: {figures}"
    if more is None:
        return KEPT, f"the new one is no better, and has seen no more: {figures}"
    return NEW, f"as good, and has seen more ({more}): {figures}"


def _more_seen(new: Mapping[str, tuple[float, float]], old: Mapping[str, tuple[float, float]]) -> str | None:
    """Return in words a condition whose range grew, if one did and none shrank."""
    grown: str | None = None
    for name, (low, high) in new.items():
        if name not in old:
            return None  # other conditions: neither has seen more
        was_low, was_high = old[name]
        least = _MORE_SEEN_FRAC * (was_high - was_low)
        if was_low - low < -least or high - was_high < -least:
            return None
        if was_low - low > least or high - was_high > least:
            grown = f"{name} {low:.3g} to {high:.3g} instead of {was_low:.3g} to {was_high:.3g}"
    return grown
