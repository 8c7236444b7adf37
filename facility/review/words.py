"""What may be said with a decision: bounded, and text that every database keeps and every terminal shows."""

from __future__ import annotations

import unicodedata

from facility.review.decision import Decision
from facility.review.refusals import WrongWordsError

MOST_REASON, MOST_COMMENT = 1000, 4000  # characters
_KEPT = frozenset("\n\t")


def reason_of(decision: Decision, text: str) -> str:
    """Return the reason of a decision; a rejection has one.

    Raises
    ------
    WrongWordsError
        If it is missing, too long, or no text.
    """
    reason = _said("reason", text, MOST_REASON)
    if decision is Decision.REJECT and not reason:
        raise WrongWordsError("reason: say why it is rejected")
    return reason


def comment_of(text: str) -> str:
    """Return a comment.

    Raises
    ------
    WrongWordsError
        If it is empty, too long, or no text.
    """
    said = _said("text", text, MOST_COMMENT)
    if not said:
        raise WrongWordsError("text: say something")
    return said


def _said(what: str, text: str, most: int) -> str:
    said = text.strip()
    if len(said) > most:
        raise WrongWordsError(f"{what}: {len(said)} characters, at most {most}")
    # Control characters could write over a terminal's lines; halves of surrogate pairs cannot be stored.
    if any(unicodedata.category(sign) in {"Cc", "Cs"} and sign not in _KEPT for sign in said):
        raise WrongWordsError(f"{what}: holds characters that are no text")
    return said
