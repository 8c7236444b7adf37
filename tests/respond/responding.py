"""A site with settings for demand response and, where wanted, weeks of readings of its meter."""

from __future__ import annotations

import copy
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from facility.history.telemetry import open_telemetry
from facility.records import Quality, ReadingBatch
from facility.respond.settings import settings_path
from facility.site_file import LoadedSite, load_site
from facility.state import StateFolder
from tests.api.records_for_tests import FixedClock
from tests.respond.grid_events import SETTINGS

METER = "utility.power_kw"
STEP = timedelta(minutes=5)


def responding_site(example: Path, **changes: Any) -> LoadedSite:
    """Write the settings of these tests beside a site file; `changes` replace parts of the first program."""
    document = copy.deepcopy(SETTINGS.model_dump(mode="json"))
    for program in document["programs"]:
        if program["accept"]:
            program["accept"] |= {"begins_from": "00:00", "begins_until": "23:59"}
    document["programs"][0] |= changes
    loaded = load_site(example)
    settings_path(loaded).write_text(yaml.safe_dump(document))
    return loaded


def store_meter(loaded: LoadedSite, state: StateFolder, start: datetime, end: datetime, power_kw: float) -> None:
    """Store a reading each five minutes: a power, and 2 kW more for each hour of the clock of the site."""
    times = [start + index * STEP for index in range((end - start) // STEP)]
    hours = np.array([time.astimezone(loaded.site.zone).hour for time in times], dtype=float)
    batch = ReadingBatch(
        points=[METER] * len(times),
        time_us=np.array([round(time.timestamp() * 1e6) for time in times], dtype=np.int64),
        values=power_kw + 2.0 * hours,
        quality=np.full(len(times), Quality.GOOD.value, dtype=np.uint8),
        site_revision=loaded.revision,
    )
    with open_telemetry(state, table_uri=None, raw_retention_days=400, clock=FixedClock(end)) as store:
        store.append(batch)
