"""Kinds of value that the schema knows, and the two bases of its parts."""

from __future__ import annotations

import re
from datetime import date, time
from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

Id = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*$", max_length=40, description="stable id")]
Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Positive = Annotated[float, Field(strict=True, gt=0, allow_inf_nan=False)]
NonNegative = Annotated[float, Field(strict=True, ge=0, allow_inf_nan=False)]
Fraction = Annotated[float, Field(strict=True, ge=0, le=1)]
Count = Annotated[int, Field(strict=True, ge=1)]
Reversion = Literal["device", "bms", "none"]


_REFERENCE = r"^(env:[A-Za-z_][A-Za-z0-9_]*|file:\S.*)$"
_ROWS = re.compile(r"(\d{1,5})\.\.(\d{1,5})")
_MOST_ROWS = 500
_CLOCK_TIME = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"


def _secret_reference(value: object) -> str:
    # Never repeats the value: an engineer who writes a secret here must not find it in a log.
    if isinstance(value, str) and re.match(_REFERENCE, value):
        return value
    raise ValueError("expected env:NAME or file:PATH; a secret itself never stands in a site file")


def _clock_time(value: object) -> time:
    if isinstance(value, time):
        return value
    if isinstance(value, str) and re.match(_CLOCK_TIME, value):
        return time.fromisoformat(value)
    raise ValueError("expected a time of day such as 06:00, from 00:00 to 23:59")


def _calendar_date(value: object) -> date:
    if isinstance(value, date):
        return value
    try:
        if isinstance(value, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
            return date.fromisoformat(value)
    except ValueError:  # the thirtieth of February
        pass
    raise ValueError("expected a date such as 2026-03-31")


def _row_labels(value: object) -> object:
    """Write `1..24` out; anything else is for the field to judge."""
    match = _ROWS.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        if isinstance(value, list) and any(isinstance(entry, float) for entry in value):
            raise ValueError("write rows such as '1.10' in quotes; as a number it is 1.1")
        return [str(entry) for entry in value] if isinstance(value, list) else value
    first, last = int(match[1]), int(match[2])
    if not first <= last < first + _MOST_ROWS:
        raise ValueError(f"expected rising row numbers such as 1..24, at most {_MOST_ROWS} rows")
    return [str(number) for number in range(first, last + 1)]


def _without_user(value: object) -> object:
    if isinstance(value, str) and "@" in value:
        raise ValueError("no user or password here; credentials come from the environment")
    return value


def _described(pattern: str, description: str) -> Any:
    # For the exported schema only: a failing pattern in the field itself would repeat the value in its message.
    return Field(description=description, json_schema_extra={"pattern": pattern})


SecretRef = Annotated[
    str, BeforeValidator(_secret_reference), _described(_REFERENCE, "env:NAME or file:PATH, never the secret")
]
ClockTime = Annotated[time, BeforeValidator(_clock_time), _described(_CLOCK_TIME, "HH:MM in site time")]
RowLabels = Annotated[
    tuple[Annotated[str, Field(pattern=r"^\d+(\.\d+)*$", max_length=60)], ...],
    BeforeValidator(_row_labels, json_schema_input_type=str | list[int | str]),
    Field(min_length=1, max_length=_MOST_ROWS, description="1..24, or a list of rows"),
]
CalendarDate = Annotated[date, BeforeValidator(_calendar_date)]
Host = Annotated[
    str, BeforeValidator(_without_user), Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9.:_-]*$|^::[0-9a-f:]*$", max_length=253)
]
Uri = Annotated[str, BeforeValidator(_without_user), Field(min_length=1)]


class Part(BaseModel):
    """A part of the schema: unknown keys refused, values frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Named(Part):
    """A part with a stable id and an optional display name."""

    id: Id
    name: str = ""


def need_order(part: Part, *names: str) -> None:
    """Refuse a part whose fields of these names do not rise."""
    for lower, upper in pairwise(names):
        if not getattr(part, lower) < getattr(part, upper):
            raise ValueError(f"need {' < '.join(names)}")
