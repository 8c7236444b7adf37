"""Forecasts kept as they were issued, in the journal's database, so that a backtest never sees a later one.

A forecast that repeats the last one is kept once an hour: what it adds is an hour at its end. Old ones are thinned: all of two
weeks, one an hour of three months, then one every six hours, as long as raw readings are kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine, Select, delete, func, select
from sqlalchemy.orm import Session

from facility.history.forecast_codec import as_forecast, as_row, check_aware, says_the_same
from facility.history.journal_database import journal_errors, writing
from facility.history.journal_tables import ForecastRow
from facility.records import Forecast

REPEATED_AFTER = timedelta(hours=1)
ALL_OF, HOURLY_OF = timedelta(days=14), timedelta(days=90)
HOUR, SIX_HOURS = timedelta(hours=1), timedelta(hours=6)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class IssuedForecasts:
    """Implements `facility.ports.ForecastArchive` for one site."""

    def __init__(self, engine: Engine, site_id: str, retention: timedelta) -> None:
        self._engine = engine
        self._site_id = site_id
        self._retention = retention

    def close(self) -> None:
        """Close the connections."""
        self._engine.dispose()

    def keep(self, forecasts: Sequence[Forecast]) -> None:
        """Keep what was issued, all of it or nothing; what repeats the last one is left out.

        Raises
        ------
        SignalError
            If a time has no zone, or steps are not equally long.
        JournalError
            If the database does not take it.
        """
        rows = [as_row(forecast, self._site_id) for forecast in forecasts]
        if not rows:
            return
        with journal_errors("forecasts not kept"), writing(self._engine) as session:
            self._thin_once_a_day(session, max(forecast.issued for forecast in forecasts))
            session.add_all(
                row for row, forecast in zip(rows, forecasts, strict=True) if not self._is_known(session, forecast)
            )

    def as_of(self, quantity: str, at: datetime) -> Forecast | None:
        """Return the newest forecast of a quantity that was issued at or before a time, if any is kept.

        Raises
        ------
        SignalError
            If the time has no zone.
        """
        check_aware(at)
        with journal_errors(f"forecast of {quantity} not read"), Session(self._engine) as session:
            return self._newest(session, quantity, at)

    def issued(self, quantity: str, start: datetime, end: datetime) -> Iterator[Forecast]:
        """Yield the forecasts of a quantity issued in [start, end), oldest first."""
        check_aware(start)
        check_aware(end)
        wanted = self._of(quantity).where(ForecastRow.issued >= start, ForecastRow.issued < end)
        with journal_errors(f"forecasts of {quantity} not read"), Session(self._engine) as session:
            rows = session.scalars(wanted.order_by(ForecastRow.issued, ForecastRow.sequence))
            yield from (as_forecast(row) for row in rows.yield_per(100))

    def _of(self, quantity: str) -> Select[ForecastRow]:
        return select(ForecastRow).where(ForecastRow.site_id == self._site_id, ForecastRow.quantity == quantity)

    def _newest(self, session: Session, quantity: str, at: datetime) -> Forecast | None:
        by_then = self._of(quantity).where(ForecastRow.issued <= at)
        row = session.scalar(by_then.order_by(ForecastRow.issued.desc(), ForecastRow.sequence.desc()).limit(1))
        return None if row is None else as_forecast(row)

    def _is_known(self, session: Session, forecast: Forecast) -> bool:
        last = self._newest(session, forecast.quantity, forecast.issued)
        return last is not None and forecast.issued - last.issued < REPEATED_AFTER and says_the_same(forecast, last)

    def _thin_once_a_day(self, session: Session, now: datetime) -> None:
        mine = ForecastRow.site_id == self._site_id
        last = session.scalar(select(func.max(ForecastRow.issued)).where(mine))
        if last is None or last.date() >= now.astimezone(UTC).date():
            return
        old = select(ForecastRow.sequence, ForecastRow.quantity, ForecastRow.issued)
        kept: set[tuple[str, timedelta]] = set()
        for sequence, quantity, issued in session.execute(
            old.where(mine, ForecastRow.issued < now - ALL_OF).order_by(ForecastRow.issued)
        ).all():
            span = HOUR if now - issued < HOURLY_OF else SIX_HOURS
            bucket = quantity, span * ((issued - _EPOCH) // span)
            if bucket in kept or now - issued > self._retention:
                session.execute(delete(ForecastRow).where(ForecastRow.sequence == sequence))
            kept.add(bucket)
