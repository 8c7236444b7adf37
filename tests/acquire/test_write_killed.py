"""A writer killed between its intent and the outcome: the write counts, is reported as in doubt, and is not sent again."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from facility.errors import WriteRefusedError
from facility.records import WriteState
from tests.acquire.servers import tcp_server
from tests.acquire.writing import Controller, crah_site, desk

_HOUSE = Path(__file__).parents[2]
_WRITE = """
import asyncio, pathlib, sys
from tests.acquire.writing import crah_site, desk

async def run(folder, port):
    async with desk(crah_site(folder, port), folder) as at:
        await at.write(21.5)

asyncio.run(run(pathlib.Path(sys.argv[1]), int(sys.argv[2])))
"""


@pytest.mark.parametrize("taken", [False, True])
def test_a_kill_between_intent_and_outcome(tmp_path: Path, taken: bool) -> None:
    controller = Controller(mood="silent")

    async def run() -> None:
        async with tcp_server(controller.answer) as port, desk(crah_site(tmp_path, port), tmp_path) as at:
            at.allow()
            child = await asyncio.create_subprocess_exec(
                sys.executable, "-c", _WRITE, str(tmp_path), str(port), cwd=_HOUSE
            )
            while not controller.written:
                await asyncio.sleep(0.01)
            child.kill()
            await child.wait()
            last = at.standing().last
            assert last is not None and last.state is WriteState.INTENDED
            controller.mood, controller.registers[0] = "obeys", 215 if taken else 180
            at.clock.step(60)
            with pytest.raises(WriteRefusedError, match="the last write was 60 s ago"):
                await at.write(22.5)  # no override: after a write in doubt, either value is ours
            assert at.told() == ["write.allowed", "write.intended", "write.in_doubt"]
            standing = at.standing()
            assert standing.last is not None
            assert (standing.last.state, standing.writes_last_day) == (WriteState.IN_DOUBT, 1)
            assert standing.last.note == "its process died before the outcome was recorded"
            at.clock.step(900)
            assert (await at.write(22.5)).sent
            assert at.told()[3:] == ["write.intended", "write.written"]

    asyncio.run(run())
    assert len(controller.written) == 2
