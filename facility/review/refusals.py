"""How a review refuses."""

from __future__ import annotations

from facility.errors import JournalError


class ReviewError(JournalError):
    """What was asked of a review cannot be done."""


class UnknownRecordError(ReviewError):
    """There is no such record at this site."""


class DecisionRefusedError(ReviewError):
    """The recommendation is not, or no more, one that this person may decide so."""


class WrongWordsError(ReviewError):
    """A reason or comment that cannot be kept."""
