"""Months as people write them."""

from __future__ import annotations

from datetime import datetime

from facility.errors import ConfigurationError


def check_month(text: str) -> str:
    """Return a month as `2026-07`.

    Raises
    ------
    ConfigurationError
        If it is none.
    """
    try:
        return f"{datetime.strptime(text, '%Y-%m'):%Y-%m}"  # noqa: DTZ007 - a month has no zone of its own
    except ValueError:
        raise ConfigurationError(f"month {text!r}: expected one such as 2026-07") from None
