"""What the site can say about itself in a report: energy and power by a meter, its baseline, and what is expected."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from facility.respond.openadr.entities import ReportDescriptor

Mean = Callable[[datetime, datetime], float | None]  # kW over [start, end); None where it is not known
OPERATING_STATE = "OPERATING_STATE"
_HOUR_S = 3600.0
_USUAL_UNIT = {
    "USAGE": "KWH",
    "USAGE_FORECAST": "KWH",
    "DELTA_USAGE": "KWH",
    "BASELINE": "KWH",
    "DEMAND": "KW",
    "READING": "KW",
}


@dataclass(frozen=True, slots=True)
class Measures:
    """Where the reports of one resource take their values from.

    Attributes
    ----------
    power_kw, baseline_kw
        The mean power by its meter, and what it would have been.
    expected_kw
        The power that the plan expects; for forecasts.
    """

    power_kw: Mean
    baseline_kw: Mean
    expected_kw: Mean

    def value(self, wanted: ReportDescriptor, start: datetime, end: datetime) -> float | None:
        """Return what is reported for an interval; None where it is not known."""
        power = self._power(wanted, start, end)
        if power is None:
            return None
        return power * (end - start).total_seconds() / _HOUR_S if unit(wanted) == "KWH" else power

    def _power(self, wanted: ReportDescriptor, start: datetime, end: datetime) -> float | None:
        forecast = not wanted.historical or wanted.reading_type == "FORECAST" or wanted.payload_type == "USAGE_FORECAST"
        if wanted.payload_type == "BASELINE":
            return self.baseline_kw(start, end)
        measured = (self.expected_kw if forecast else self.power_kw)(start, end)
        if wanted.payload_type != "DELTA_USAGE" or measured is None:
            return measured
        baseline = self.baseline_kw(start, end)
        return None if baseline is None else measured - baseline


def can_report(wanted: ReportDescriptor) -> bool:
    """Tell whether the site makes reports of this kind, in these units."""
    usual = _USUAL_UNIT.get(wanted.payload_type)
    either = wanted.payload_type == "BASELINE" and wanted.units == "KW"
    return wanted.payload_type == OPERATING_STATE or (usual is not None and (wanted.units in (None, usual) or either))


def unit(wanted: ReportDescriptor) -> str:
    """Return in what unit a report is made: what is asked for, or the usual one of its type."""
    return wanted.units or _USUAL_UNIT[wanted.payload_type]
