"""What the state of things forbids, told apart from an outage."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus

from facility.api.problem import ProblemError
from facility.errors import JournalError, WriteRefusedError


@contextmanager
def conflicts() -> Iterator[None]:
    """Answer 409 to what is refused; a journal that is away, which is told by its cause, stays an outage."""
    try:
        yield
    except (JournalError, WriteRefusedError) as error:
        if error.__cause__ is not None:
            raise
        raise ProblemError(HTTPStatus.CONFLICT, str(error)) from error
