"""What is not believed, kept from inspection to inspection: opens when found, closes when right for a while.

The file in the state folder is for the other processes; the journal has each opening and closing.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from facility.findings import read_findings, write_findings
from facility.log import get_logger
from facility.ports import Journal, Telemetry
from facility.records import Event, Finding
from facility.site_file import LoadedSite
from facility.trust.beginning import traced
from facility.trust.inspection import Inspection, inspect

RIGHT_FOR = timedelta(hours=2)
_log = get_logger(__name__)


def keep_watch(
    loaded: LoadedSite, telemetry: Telemetry, journal: Journal, path: Path, at: datetime
) -> tuple[Finding, ...]:
    """Inspect a site, keep what is open in the file, journal what has changed, and return what is open now.

    A finding stays as it was when it opened: who has taken it over need not do so again.

    Raises
    ------
    facility.errors.HistoryError
        If the file is damaged, or readings cannot be read.
    """
    before = read_findings(path)
    seen = inspect(loaded, telemetry, at, [finding for finding, _ in before])
    still = [
        (finding, _right_since(finding, right, seen)) for finding, right in before if finding.point in loaded.points
    ]
    kept = [(finding, right) for finding, right in still if right is None or at - right < RIGHT_FOR]
    known = {finding.point for finding, _ in before}
    fresh = [traced(loaded, telemetry, finding) for finding in seen.findings if finding.point not in known]
    after = [*kept, *((finding, None) for finding in fresh)]
    for finding in fresh:
        _tell(journal, "opened", finding, at)
    open_now = tuple(finding for finding, _ in after)
    for finding, _ in before:
        if finding not in open_now:
            _tell(journal, "closed", finding, at)
    if after != before:
        write_findings(path, open_now, [right for _, right in after])
    return open_now


def _right_since(finding: Finding, right: datetime | None, seen: Inspection) -> datetime | None:
    """Return since when the point of a finding has been right; what cannot be judged now changes nothing."""
    if any(found.point == finding.point for found in seen.findings):
        return None
    if (finding.point, finding.kind) in seen.right:
        return seen.at if right is None else right
    return right


def _tell(journal: Journal, what: str, finding: Finding, at: datetime) -> None:
    detail: dict[str, str | int | float | bool | None] = {
        "kind": finding.kind,
        "since": finding.since.isoformat(),
        "evidence": finding.evidence,
        "factor": finding.factor,
    }
    journal.append(Event(at, f"trust.{what}", finding.point, "planner", detail))
    if what == "opened":
        _log.warning("a point is not believed", point=finding.point, **detail)
    else:
        _log.info("a point is believed again", point=finding.point, **detail)
