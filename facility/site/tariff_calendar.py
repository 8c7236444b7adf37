"""When a part of a tariff holds: seasons, kinds of days, hours by the clock on the wall."""

from __future__ import annotations

from datetime import date, time
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from facility.site.values import CalendarDate, ClockTime, Part


def _month_day(value: object) -> str:
    if isinstance(value, str):
        try:
            date.fromisoformat(f"2024-{value}")  # a leap year: 29 February may begin or end a season
        except ValueError:
            pass
        else:
            return value
    raise ValueError("expected a day of the year such as 06-01, month first, in quotes")


def _schema(description: str) -> Any:
    return Field(description=description, json_schema_extra={"pattern": r"^\d{2}-\d{2}$"})


MonthDay = Annotated[str, BeforeValidator(_month_day), _schema("MM-DD")]
Days = Literal["all", "weekdays", "weekend", "holidays"]


class Hours(Part):
    """A season (both days in it, over the turn of the year too), a kind of day, and hours in site time.

    Holidays are the tariff's own list; `weekdays` are without them, `weekend` with them. Hours that run over midnight belong, after
    it, to the new day.
    """

    first_day: MonthDay = "01-01"
    last_day: MonthDay = "12-31"
    days: Days = "all"
    start: ClockTime = time(0)
    end: ClockTime = time(0)  # 00:00 means midnight at the end of the day


class Holidays(Part):
    """Days that a tariff treats as no working days: single dates, and those of every year."""

    dates: tuple[CalendarDate, ...] = ()
    every_year: tuple[MonthDay, ...] = ()

    @model_validator(mode="after")
    def _once(self) -> Holidays:
        if len(set(self.dates)) < len(self.dates) or len(set(self.every_year)) < len(self.every_year):
            raise ValueError("a holiday stands here twice; keep one")
        return self
