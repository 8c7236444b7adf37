"""The poller's part in trust: it flags the readings of points with an open finding, those to come and those since it began.

The planner finds (`facility.trust`), and writes the open findings to a file; this watches the file.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from facility.acquire.poller import Poller
from facility.errors import HistoryError
from facility.findings import FindingsFile
from facility.history.telemetry import TelemetryStore
from facility.log import get_logger
from facility.records import Finding, Quality, ReadingBatch
from facility.service.worker import Worker

_LOOK_EVERY_S = 1.0
_FURTHEST_BACK = timedelta(days=31)
_log = get_logger(__name__)


async def watch_findings(worker: Worker, poller: Poller, telemetry: TelemetryStore) -> None:
    """Look at the file until cancelled, and flag when it has changed."""
    file = FindingsFile(worker.state.findings)
    flagged: Mapping[str, Finding] = {}
    while True:
        try:
            found = file.by_point()
            if found != flagged:
                poller.distrust(found.keys())
                fresh = [finding for point, finding in found.items() if finding != flagged.get(point)]
                await asyncio.to_thread(flag_past, telemetry, fresh, worker.clock.now())
                flagged = dict(found)
        except HistoryError as error:
            _log.error("findings cannot be taken over now; tried again", reason=str(error))
        await asyncio.sleep(_LOOK_EVERY_S)


def flag_past(telemetry: TelemetryStore, findings: Iterable[Finding], now: datetime) -> int:
    """Mark the good readings since each finding began as suspect; return how many.

    The rows are written anew with the same times, and count over those that were there: values are kept, for a person to judge.

    Raises
    ------
    HistoryError
        If the history cannot be written now; nothing is half done that a repetition would not mend.
    """
    batches = [
        ReadingBatch(
            points=list(good["point"]),
            time_us=good["time"].to_numpy("M8[us]").view(np.int64),
            values=good["value"].to_numpy(np.float64),
            quality=np.full(len(good), Quality.SUSPECT, np.uint8),
            site_revision=str(revision),
        )
        for finding in findings
        for revision, good in _good_since(telemetry, finding, now).groupby("site_revision")
    ]
    number = telemetry.load(batches)
    if number:
        _log.info("past readings flagged as suspect", readings=number)
    return number


def _good_since(telemetry: TelemetryStore, finding: Finding, now: datetime) -> pd.DataFrame:
    rows = telemetry.read_rows([finding.point], max(finding.since, now - _FURTHEST_BACK), now)
    return rows[rows["quality"] == Quality.GOOD]
