"""What may be said with a decision or in a comment."""

from __future__ import annotations

import pytest

from facility.review.decision import Decision
from facility.review.refusals import WrongWordsError
from facility.review.words import MOST_COMMENT, MOST_REASON, comment_of, reason_of


def test_what_is_said_is_kept() -> None:
    said = "Zürich, 3 °C\n\tläuft 🙂"
    assert comment_of(f"  {said}\n") == reason_of(Decision.APPROVE, said) == said
    assert comment_of("x" * MOST_COMMENT) == "x" * MOST_COMMENT
    assert reason_of(Decision.REJECT, "x" * MOST_REASON) == "x" * MOST_REASON
    assert reason_of(Decision.APPROVE, " ") == ""


@pytest.mark.parametrize("text", ["", " \n\t ", "x" * (MOST_COMMENT + 1), "a\x00b", "a\x1b[2Jb", "a\rb", "a\ud800b"])
def test_what_is_no_comment(text: str) -> None:
    with pytest.raises(WrongWordsError, match=r"^text: "):
        comment_of(text)


@pytest.mark.parametrize("text", ["", "  ", "x" * (MOST_REASON + 1), "a\x07"])
def test_what_is_no_reason_to_reject(text: str) -> None:
    with pytest.raises(WrongWordsError, match=r"^reason: "):
        reason_of(Decision.REJECT, text)
