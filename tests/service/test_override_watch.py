"""A setpoint that somebody changed after us is noticed in what is polled, though nobody writes it again."""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np
import structlog

from facility.records import Quality, ReadingBatch
from facility.service.override_watch import notice_overrides
from facility.site_history import open_site_history
from tests.acquire.writing import POINT, Controller, Desk, allowed_desk


def poll(desk: Desk, value: float, quality: Quality = Quality.GOOD) -> int:
    """Keep a polled value, and look for overrides."""
    time_us = np.array([round(desk.clock.now().timestamp() * 1e6)])
    batch = ReadingBatch((POINT,), time_us, np.array([value]), np.array([quality], np.uint8), desk.loaded.revision)
    with open_site_history(desk.loaded, desk.state, desk.clock, read_only=False) as telemetry:
        telemetry.append(batch)
        return notice_overrides(desk.loaded, desk.state, telemetry, desk.clock)


def test_a_change_by_somebody_else_is_noticed_once_and_blocks_until_it_is_cleared(tmp_path: Path) -> None:
    async def use() -> None:
        async with allowed_desk(tmp_path, Controller()) as desk:
            assert poll(desk, 24.0) == 0  # never written by us: nobody's override
            desk.clock.step(900)
            await desk.write(18.5)
            assert poll(desk, 18.0) == 0  # a poll that was under way
            desk.clock.step(60)
            assert poll(desk, 18.5) == 0
            desk.clock.step(60)
            assert poll(desk, 24.0, Quality.BAD) == 0
            desk.clock.step(60)
            with structlog.testing.capture_logs() as logs:
                assert poll(desk, 24.0) == 1
                desk.clock.step(60)
                assert poll(desk, 24.0) == 0  # said once
            (said,) = [entry for entry in logs if "changed by somebody else" in entry["event"]]
            assert (said["point"], said["expected"], said["found"]) == (POINT, 18.5, 24.0)
            override = desk.standing().override
            assert override is not None
            assert (override.expected, override.found) == (18.5, 24.0)
            assert desk.told()[-1] == "write.overridden"

    asyncio.run(use())
