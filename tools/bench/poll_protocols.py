"""CPU of one protocol's poll beside that of its peers: all in one process and one loop, in turn, several times over."""

from __future__ import annotations

import asyncio
import math
import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack
from pathlib import Path

from tools.bench.agents import libmodbus_server, snmpd
from tools.bench.poll_ours import our_poll
from tools.bench.poll_peers import Poll, gufo_polls, has_gufo, pymodbus_poll, pysnmp_polls, snmpbulkwalk_ms_per_1000
from tools.bench.poll_site import modbus_site, snmp_site
from tools.bench.rows import Row, compared

REGISTERS = 125
_OURS, _UNIT = "ours", "ours / theirs"
_POINTS = (60, 24)  # the first is what the metrics without a number mean
_TURN_S, _QUICK_TURN_S = 0.2, 0.05  # CPU time of one contender in one round
_ROUNDS, _QUICK_ROUNDS = 5, 2

Costs = Mapping[str, list[float]]  # contender -> CPU ms per 1,000 values, one a round


def protocol_rows(quick: bool) -> list[Row]:
    """Measure SNMP v2c and v3 against net-snmp's agent, and Modbus against a server on libmodbus."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with snmpd(folder) as agent:
            rows = [row for v3 in (False, True) for row in _snmp_rows(folder, agent, quick, v3=v3)]
        with libmodbus_server(folder) as server:
            return rows + _modbus_rows(asyncio.run(_modbus_costs(folder, server, quick)))


def _snmp_rows(folder: Path, port: int, quick: bool, *, v3: bool) -> Iterator[Row]:
    version = "v3" if v3 else "v2c"
    walk_ms = snmpbulkwalk_ms_per_1000(port, v3=v3)
    for points in _POINTS:
        costs = asyncio.run(_snmp_costs(folder, port, points, quick, v3=v3))
        metric = f"snmp_{version}_cpu_ms_per_1000_varbinds"
        suffix = "" if points == _POINTS[0] else f"_{points}_points"
        yield Row(metric + suffix, statistics.median(costs[_OURS]), "ms")
        yield Row(f"{metric}_min{suffix}", min(costs[_OURS]), "ms")
        for peer, name in (("pysnmp", "pysnmp"), ("gufo", "gufo-snmp")):
            yield _ratio(f"snmp_{version}_ratio_to_{peer}{suffix}", costs, peer, name)
        yield _against(f"snmp_{version}_ratio_to_snmpbulkwalk{suffix}", costs, walk_ms, "snmpbulkwalk")


def _ratio(metric: str, costs: Costs, peer: str, name: str) -> Row:
    """Return our cost over that of a peer's best call."""
    best = min((statistics.median(cost) for call, cost in costs.items() if call.startswith(peer)), default=None)
    return _against(metric, costs, best, name)


def _against(metric: str, costs: Costs, peer_ms: float | None, name: str) -> Row:
    if peer_ms is None:
        return Row(metric, math.nan, f"{name} is not installed")
    ours = statistics.median(costs[_OURS])
    return Row(metric, ours / peer_ms, _UNIT, peer_ms, ours / peer_ms)


async def _snmp_costs(folder: Path, port: int, points: int, quick: bool, *, v3: bool) -> Costs:
    async with AsyncExitStack() as stack:
        ours = await stack.enter_async_context(our_poll(snmp_site(folder, port, points, v3=v3)))
        polls = {_OURS: ours} | await stack.enter_async_context(pysnmp_polls(port, points, v3=v3))
        if has_gufo():
            polls |= await stack.enter_async_context(gufo_polls(port, points, v3=v3))
        return await _in_turn(polls, quick)


async def _modbus_costs(folder: Path, port: int, quick: bool) -> Costs:
    async with AsyncExitStack() as stack:
        ours = await stack.enter_async_context(our_poll(modbus_site(folder, port, REGISTERS)))
        peer = await stack.enter_async_context(pymodbus_poll(port, REGISTERS))
        return await _in_turn({_OURS: ours, "pymodbus": peer}, quick)


def _modbus_rows(costs: Costs) -> list[Row]:
    us = {name: statistics.median(cost) * REGISTERS for name, cost in costs.items()}
    least_us = min(costs[_OURS]) * REGISTERS
    return [
        compared(f"modbus_cpu_us_per_request_{REGISTERS}", us[_OURS], "us", us["pymodbus"]),
        Row(f"modbus_cpu_us_per_request_{REGISTERS}_min", least_us, "us"),
    ]


async def _in_turn(polls: Mapping[str, Poll], quick: bool) -> Costs:
    """Measure all, one after the other, in rounds: what disturbs the machine for a while disturbs each of them."""
    turn_s, rounds = (_QUICK_TURN_S, _QUICK_ROUNDS) if quick else (_TURN_S, _ROUNDS)
    for poll in polls.values():
        await poll()  # connections, keys, caches
    costs: dict[str, list[float]] = {name: [] for name in polls}
    for _ in range(rounds):
        for name, poll in polls.items():
            costs[name].append(await _ms_per_1000(poll, turn_s))
    return costs


async def _ms_per_1000(poll: Poll, turn_s: float) -> float:
    started, values = time.process_time(), 0
    while (used_s := time.process_time() - started) < turn_s:
        values += await poll()
    return used_s * 1e6 / values
