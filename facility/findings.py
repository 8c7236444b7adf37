"""The open findings of a site, in one small file that every process may read.

The planner writes it, whole, when a finding opens or closes; the poller looks at the file's time before each batch and flags the
readings of the points that are in it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from facility.errors import HistoryError
from facility.records import Finding

FORMAT = 1


def write_findings(path: Path, findings: Sequence[Finding], right_since: Sequence[datetime | None]) -> None:
    """Replace the file as a whole; `right_since` says of each finding since when its point has been right again."""
    entries = [
        {
            "point": finding.point,
            "kind": finding.kind,
            "since": finding.since.isoformat(),
            "evidence": finding.evidence,
            "factor": finding.factor,
            "right_since": None if right is None else right.isoformat(),
        }
        for finding, right in zip(findings, right_since, strict=True)
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    with fresh.open("w", encoding="utf-8") as file:
        file.write(json.dumps({"format": FORMAT, "findings": entries}, indent=1) + "\n")
        file.flush()
        os.fsync(file.fileno())  # or a power loss may leave an empty file under the name
    fresh.replace(path)


def read_findings(path: Path) -> list[tuple[Finding, datetime | None]]:
    """Return the open findings, each with the time since when its point has been right again; none without a file.

    Raises
    ------
    HistoryError
        If the file is damaged or of another version.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return []
    try:
        said = json.loads(text)
        entries = {FORMAT: said["findings"]}[said["format"]]  # a KeyError names another format
        return [_entry(entry) for entry in entries]
    except (KeyError, TypeError, ValueError) as error:
        raise HistoryError(
            f"{path} cannot be read ({error}); delete it, and the next inspection writes it anew"
        ) from None


def _entry(entry: dict[str, str | float | None]) -> tuple[Finding, datetime | None]:
    factor, right = entry["factor"], entry["right_since"]
    finding = Finding(
        point=str(entry["point"]),
        kind=str(entry["kind"]),
        since=datetime.fromisoformat(str(entry["since"])),
        evidence=str(entry["evidence"]),
        factor=None if factor is None else float(factor),
    )
    return finding, None if right is None else datetime.fromisoformat(str(right))


class FindingsFile:
    """Reads the file again only when it has changed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, int] | None = None
        self._findings: dict[str, Finding] = {}

    def by_point(self) -> dict[str, Finding]:
        """Return the open findings by point.

        Raises
        ------
        HistoryError
            If the file is damaged; once for each version of it, and what was read before stays in force.
        """
        try:
            status = self._path.stat()
            stamp = (status.st_mtime_ns, status.st_ino)
        except FileNotFoundError:
            stamp = None
        if stamp != self._seen:
            self._seen = stamp
            self._findings = {finding.point: finding for finding, _ in read_findings(self._path)}
        return self._findings
