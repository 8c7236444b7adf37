"""Several units that are asked again and again on one line."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from facility.acquire.modbus.line import ModbusLine
from facility.errors import DeviceError


async def keep_asking(line: ModbusLine, pdu: bytes, *, well: int, dead: Sequence[int], for_s: float) -> None:
    """Ask each unit at once again after its answer or silence; the one that is well must answer always."""

    async def ask(unit: int) -> None:
        while True:
            try:
                await line.request(unit, pdu, 0.4)
            except DeviceError:
                assert unit != well
            await asyncio.sleep(0.01)

    tasks = [asyncio.create_task(ask(unit)) for unit in (well, *dead)]
    await asyncio.sleep(for_s)
    ended = [task for task in tasks if task.done()]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    line.close()
    assert not ended
