"""A recommendation under review as rows and documents: the same for the terminal, files and the API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from facility.advise.report import recommendation_rows
from facility.review.decision import Standing
from facility.review.reviewed import Reviewed

Row = dict[str, Any]


def standing_rows(standings: Sequence[Standing], belonging: Mapping[str, Sequence[str]] | None = None) -> list[Row]:
    """Return one flat row a recommendation: what it is, what is risky in it, and how many approvals it waits for.

    `belonging` has by id the others of a list that belong to it, to be decided as one.
    """
    rows = recommendation_rows([one.recommendation for one in standings])
    listed = [row | _review(one) for row, one in zip(rows, standings, strict=True)]
    return listed if belonging is None else [row | {"belongs_with": " ".join(belonging[row["id"]])} for row in listed]


def reviewed_document(found: Reviewed) -> Row:
    """Return a recommendation with its history, oldest first."""
    (row,) = standing_rows([found.standing])
    return {
        "recommendation": row,
        "endorsements": [
            {"at": one.at.isoformat(), "by": one.by.name, "reason": one.reason} for one in found.standing.endorsements
        ],
        "transitions": [
            {
                "at": one.at.isoformat(),
                "before": one.before.value,
                "after": one.after.value,
                "by": one.by,
                "reason": one.reason,
            }
            for one in found.moves
        ],
        "comments": [{"at": one.at.isoformat(), "by": one.by, "text": one.text} for one in found.comments],
    }


def _review(one: Standing) -> Row:
    return {
        "risk": one.risk.level.value,
        "risk_why": "; ".join(one.risk.why),
        "low_confidence": one.risk.low_confidence,
        "people": one.people,
        "still_needed": one.still_needed,
        "endorsed_by": " ".join(each.by.name for each in one.endorsements),
    }
