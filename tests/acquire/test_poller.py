"""The poller over real sockets: pace, isolation, back-off, reload, a full store, a clock that jumps."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import structlog

from facility.acquire.columns import Value
from facility.acquire.poller import Poller
from facility.acquire.roll_call import RollCall
from facility.acquire.statistics import DeviceStatistics
from facility.errors import ConfigurationError, StorageFullError
from facility.records import Quality, ReadingBatch
from facility.site_file import LoadedSite
from tests.acquire.ber_by_hand import Question
from tests.acquire.polling import poll_once
from tests.acquire.servers import free_port, snmpd, tcp_server, udp_agent
from tests.acquire.sites import SetClock, SystemClock, by_point, modbus_device, qualities, site, snmp_device
from tests.acquire.test_bad_modbus import framed
from tests.acquire.values import is_about

CREDENTIALS = {"user": "facility", "auth_key": "env:AUTH", "priv_key": "env:PRIV"}
AGENT_LINES = [
    "rocommunity public 127.0.0.1",
    "createUser facility SHA-256 authpass12 AES privpass12",
    "rouser facility priv",
    "override .1.3.6.1.4.1.318.1.1.26.4.3.1.5.1 integer 734",
]


@pytest.fixture(autouse=True)
def _secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMMUNITY", "public")
    monkeypatch.setenv("AUTH", "authpass12")
    monkeypatch.setenv("PRIV", "privpass12")


def healthy(frame: bytes) -> bytes:
    """A CRAH that stands still: setpoints 18.0 C and 60 %, everything measured is 0."""
    return framed(frame, b"\x03\x04\x00\xb4\x02\x58" if frame[7] == 3 else b"\x04\x10" + bytes(16))


class Store:
    def __init__(self) -> None:
        self.batches: list[ReadingBatch] = []
        self.full = False

    def append(self, batch: ReadingBatch) -> None:
        if self.full:
            raise StorageFullError("no space left")
        self.batches.append(batch)

    def rows(self, prefix: str) -> list[tuple[int, float, int]]:
        return [
            (int(batch.time_us[at]), float(batch.values[at]), int(batch.quality[at]))
            for batch in self.batches
            for at, point in enumerate(batch.points)
            if point.startswith(prefix)
        ]


async def polled(
    loaded: LoadedSite, during: Callable[[Poller, Store], Awaitable[None]], clock: Any = None
) -> tuple[Poller, Store]:
    """Run a poller while `during` runs."""
    store = Store()
    poller = Poller(loaded, store.append, clock or SystemClock(), flush_interval_s=0.05)
    running = asyncio.create_task(poller.run())
    await asyncio.sleep(0)
    try:
        await during(poller, store)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    return poller, store


def pause(duration_s: float) -> Callable[[Poller, Store], Awaitable[None]]:
    async def wait(poller: Poller, store: Store) -> None:
        await asyncio.sleep(duration_s)

    return wait


def test_poll_once_over_both_protocols_with_the_dead_beside_the_living(tmp_path: Path) -> None:
    async def run() -> ReadingBatch:
        with snmpd(tmp_path / "agent", AGENT_LINES) as agent:
            async with tcp_server(healthy) as gateway, tcp_server(lambda frame: None) as silent:
                devices = [
                    snmp_device("pdu-1", "apc_rpdu2", agent, "rack-1", interval_s=0.5),
                    snmp_device("pdu-2", "apc_rpdu2", agent, "rack-2", v3=CREDENTIALS, interval_s=0.5),
                    snmp_device("pdu-3", "apc_rpdu2", free_port(), "rack-3", interval_s=0.5),
                    modbus_device("controller-1", "bms_crah", gateway, "crah-1", interval_s=0.5),
                    modbus_device("controller-2", "bms_crah", silent, "crah-2", interval_s=0.5),
                ]
                return await poll_once(site(tmp_path, devices), SetClock())

    batch = asyncio.run(run())
    rows = by_point(batch)
    assert len(batch) == len(rows) == 3 * 13 + 2 * 10
    assert is_about(Value(*rows["rack-1.power_kw"]), 7.34)
    assert is_about(Value(*rows["rack-2.power_kw"]), 7.34)
    assert rows["rack-1.energy_kwh"][1] is Quality.BAD
    assert is_about(Value(*rows["crah-1.supply_air_temperature_setpoint_degc"]), 18.0)
    assert qualities(batch, "rack-3.") == qualities(batch, "crah-2.") == {Quality.STALE}
    assert all(np.isnan(value) for point, (value, quality) in rows.items() if quality in (Quality.STALE, Quality.BAD))
    assert set(batch.time_us // 1_000_000) == {int(SetClock().now().timestamp())}


def test_a_batch_each_interval_and_stale_when_the_device_is_away(tmp_path: Path) -> None:
    alive = True

    async def run() -> tuple[Poller, Store]:
        async def outage(poller: Poller, store: Store) -> None:
            nonlocal alive
            await asyncio.sleep(0.3)
            alive = False
            await asyncio.sleep(0.6)
            assert poller.statistics()["controller"].consecutive_failures
            alive = True
            await asyncio.sleep(0.7)

        async with tcp_server(lambda frame: healthy(frame) if alive else None) as port:
            loaded = site(tmp_path, [modbus_device("controller", "bms_crah", port, "crah-1", interval_s=0.1)])
            return await polled(loaded, outage)

    with structlog.testing.capture_logs() as logs:
        _, store = asyncio.run(run())
    found = [quality for _, _, quality in store.rows("crah-1.on_status")]
    assert 12 <= len(found) <= 17  # 1.6 s in slots of 0.1 s, whatever the device did
    assert found[0] == found[-1] == Quality.GOOD
    assert 4 <= found.count(Quality.STALE) <= 12
    failed, recovered = (entry for entry in logs if "controller" in entry.get("devices", ""))
    assert (failed["event"], failed["log_level"]) == ("devices failed", "warning")
    assert (recovered["event"], recovered["log_level"]) == ("devices recovered", "info")


def test_a_dead_device_gets_one_question_an_interval_and_is_back_within_one(tmp_path: Path) -> None:
    asked = 0
    alive = False
    power = bytes.fromhex("2B 06 01 04 01 82 3E 01 01 1A 04 03 01 05 01")

    def answer(datagram: bytes) -> list[bytes] | None:
        nonlocal asked
        asked += 1
        return [Question(datagram).answer({power: bytes([2, 1, 73])})] if alive else None

    async def run() -> tuple[DeviceStatistics, Store]:
        kept: list[DeviceStatistics] = []

        async def look(poller: Poller, store: Store) -> None:
            nonlocal alive
            await asyncio.sleep(1.2)
            kept.append(poller.statistics()["pdu"])
            alive = True
            store.batches.clear()
            await asyncio.sleep(0.5)

        async with udp_agent(answer) as port:
            loaded = site(tmp_path, [snmp_device("pdu", "apc_rpdu2", port, "rack-1", interval_s=0.1)])
            _, store = await polled(loaded, look)
        return kept[0], store

    pdu, store = asyncio.run(run())
    assert 8 <= pdu.polls == pdu.failures == pdu.consecutive_failures <= 13
    assert asked <= 2 * pdu.polls + 8
    assert set(pdu.points) == {Quality.STALE}
    assert pdu.last_fault is not None
    assert pdu.last_fault.startswith("not read within 0.0")
    assert pdu.last_success is None
    found = [quality for _, _, quality in store.rows("rack-1.power_kw")]
    assert Quality.GOOD in found[:3]  # a batch that was under way, the slot in which it came back, and one of grace
    assert found[-1] == Quality.GOOD


def test_many_devices_that_fail_at_once_are_one_line_and_so_is_their_return() -> None:
    roll_call = RollCall()
    devices = [DeviceStatistics(f"pdu-{number:02}", last_fault="no answer") for number in range(40)]
    with structlog.testing.capture_logs() as logs:
        roll_call.observe(devices)
        roll_call.observe(devices)
        for device in devices:
            device.last_fault = None
        devices[3].slow = True
        roll_call.observe(devices)
        roll_call.observe(devices)
        devices[5].last_fault = "no answer"
        roll_call.observe(devices)
        roll_call.observe(devices[:5])  # the failing one leaves the site: it has not recovered
    assert [(entry["event"], entry["log_level"]) for entry in logs] == [
        ("devices failed", "warning"),
        ("devices recovered", "info"),
        ("devices are slow", "warning"),
        ("devices failed", "warning"),
    ]
    assert logs[0]["devices"].startswith("pdu-00 (no answer), pdu-01 (no answer)")
    assert logs[0]["devices"].endswith("and 28 more")
    assert logs[0]["failing"] == 40
    assert logs[2]["devices"] == "pdu-03"


def test_groups_have_their_own_intervals_and_share_the_device(tmp_path: Path) -> None:
    controller = {
        "profile": "two", "title": "x", "protocol": "modbus", "verified": False, "source": "x", "equipment_kind": "CRAH",
        "groups": {"slow": 5, "rare": 100},
        "points": {
            "fan_power_kw": {"table": "input", "address": 0, "type": "uint16", "unit": "kW", "range": [0, 70000]},
            "on_status": {"table": "input", "address": 1, "type": "uint16", "unit": "enum", "range": [0, 70000],
                          "group": "slow"},
            "fault_status": {"table": "input", "address": 2, "type": "uint16", "unit": "enum", "range": [0, 70000],
                             "group": "rare"},
        },
    }  # fmt: skip

    def zeros(frame: bytes) -> bytes:
        size = 2 * int.from_bytes(frame[10:12], "big")
        return framed(frame, bytes([4, size]) + bytes(size))

    async def run() -> Store:
        async with tcp_server(zeros) as port:
            device = modbus_device("c", "two", port, "crah-1", interval_s=0.1, intervals_s={"rare": 0.3})
            _, store = await polled(site(tmp_path, [device], profiles={"two": controller}), pause(1.25))
            return store

    store = asyncio.run(run())
    assert 10 <= len(store.rows("crah-1.fan_power_kw")) <= 14
    assert 2 <= len(store.rows("crah-1.on_status")) <= 3
    assert 4 <= len(store.rows("crah-1.fault_status")) <= 5
    assert {quality for _, _, quality in store.rows("crah-1.")} == {Quality.GOOD}


def test_a_sample_that_leaps_is_flagged_and_a_step_is_believed_with_its_second(tmp_path: Path) -> None:
    samples = itertools.chain([235, 236, 600, 235, 234, 300], itertools.repeat(301))
    probe = bytes.fromhex("2B 06 01 04 01 82 3E 01 01 1A 0A 02 02 01 08 01")

    def answer(datagram: bytes) -> list[bytes]:
        question = Question(datagram)
        value = next(samples) if probe in question.names else 0
        return [question.answer({probe: b"\x02\x02" + value.to_bytes(2, "big")})]

    async def run() -> Store:
        async with udp_agent(answer) as port:
            loaded = site(tmp_path, [snmp_device("pdu", "apc_rpdu2", port, "rack-1", interval_s=0.1)])
            _, store = await polled(loaded, pause(1.2))
            return store

    found = [(round(value, 1), quality) for _, value, quality in asyncio.run(run()).rows("rack-1.inlet_temperature")]
    good, suspect = Quality.GOOD, Quality.SUSPECT
    expected = [(23.5, good), (23.6, suspect), (60.0, suspect)]  # 20 K a minute is 0.03 K in 0.1 s
    assert found[0] == expected[0]
    assert found[2] == expected[2]
    assert (30.0, suspect) in found
    assert found[-1] == (30.1, good)


def test_points_that_are_not_trusted_are_flagged_until_they_are(tmp_path: Path) -> None:
    async def run() -> Store:
        async def distrust(poller: Poller, store: Store) -> None:
            await asyncio.sleep(0.3)
            poller.distrust({"crah-1.on_status", "crah-9.on_status"})
            await asyncio.sleep(0.3)
            poller.distrust(())
            await asyncio.sleep(0.3)

        async with tcp_server(healthy) as port:
            loaded = site(tmp_path, [modbus_device("controller", "bms_crah", port, "crah-1", interval_s=0.05)])
            _, store = await polled(loaded, distrust)
            return store

    store = asyncio.run(run())
    found = [quality for _, _, quality in store.rows("crah-1.on_status")]
    assert [quality for quality, _ in itertools.groupby(found)] == [Quality.GOOD, Quality.SUSPECT, Quality.GOOD]
    assert {quality for _, _, quality in store.rows("crah-1.fan_power_kw")} == {Quality.GOOD}


def test_slow_and_silent_devices_delay_nobody(tmp_path: Path) -> None:
    async def run() -> Store:
        async with (
            tcp_server(healthy) as port,
            tcp_server(lambda frame: None) as silent,
            udp_agent(lambda _: None) as mute,
        ):
            devices = [
                modbus_device("quick", "bms_crah", port, "crah-1", interval_s=0.2),
                *(modbus_device(f"silent-{n}", "bms_crah", silent, f"crah-{n}", interval_s=0.2) for n in range(2, 11)),
                *(snmp_device(f"mute-{n}", "apc_rpdu2", mute, f"rack-{n}", interval_s=0.2) for n in range(1, 20)),
            ]
            _, store = await polled(site(tmp_path, devices), pause(1.4))
            return store

    times_us = [
        time_us for time_us, _, quality in asyncio.run(run()).rows("crah-1.on_status") if quality == Quality.GOOD
    ]
    assert len(times_us) >= 5
    assert max(np.diff(times_us)) < 390_000


def test_wrong_and_missing_secrets_isolate_their_device(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WRONG", "wrongpass12")

    async def run() -> Store:
        with snmpd(tmp_path / "agent", AGENT_LINES) as port:
            devices = [
                snmp_device("right", "apc_rpdu2", port, "rack-1", v3=CREDENTIALS, interval_s=0.2),
                snmp_device(
                    "wrong", "apc_rpdu2", port, "rack-2", v3=CREDENTIALS | {"auth_key": "env:WRONG"}, interval_s=0.2
                ),
                snmp_device(
                    "none", "apc_rpdu2", port, "rack-3", v3=CREDENTIALS | {"auth_key": "env:UNSET"}, interval_s=0.2
                ),
                snmp_device("open", "apc_rpdu2", port, "rack-4", community=f"file:{open_file}", interval_s=0.2),
            ]
            _, store = await polled(site(tmp_path, devices), pause(0.7))
            return store

    open_file = tmp_path / "community"
    open_file.write_text("public")
    open_file.chmod(0o644)
    with structlog.testing.capture_logs() as logs:
        store = asyncio.run(run())
    assert {quality for _, _, quality in store.rows("rack-1.power_kw")} == {Quality.GOOD}
    for rack in ("rack-2", "rack-3", "rack-4"):
        assert {quality for _, _, quality in store.rows(f"{rack}.")} == {Quality.STALE}
    said = ", ".join(entry["devices"] for entry in logs if entry["event"] == "devices failed")
    assert "wrong (the agent says that our signature is wrong: check auth_key and auth_protocol)" in said
    assert "none (secret env:UNSET: the environment variable UNSET is not set)" in said
    assert f"run: chmod 600 {open_file})" in said
    assert "authpass12" not in str(logs)
    assert "wrongpass12" not in str(logs)


def test_a_secret_put_right_is_used_without_a_restart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMMUNITY", "publik")

    async def run() -> Store:
        async def correct(poller: Poller, store: Store) -> None:
            await asyncio.sleep(0.2)
            monkeypatch.setenv("COMMUNITY", "public")
            await asyncio.sleep(0.9)

        with snmpd(tmp_path / "agent", AGENT_LINES) as port:
            loaded = site(tmp_path, [snmp_device("pdu", "apc_rpdu2", port, "rack-1", interval_s=0.1)])
            _, store = await polled(loaded, correct)
            return store

    found = [quality for _, _, quality in asyncio.run(run()).rows("rack-1.power_kw")]
    assert found[0] == Quality.STALE
    assert found[-1] == Quality.GOOD


def test_a_reload_touches_only_what_changed(tmp_path: Path) -> None:
    connections: dict[str, int] = {}

    def counted(name: str) -> Callable[[bytes], bytes]:
        def answer(frame: bytes) -> bytes:
            connections[name] = connections.get(name, 0) + 1
            return healthy(frame)

        return answer

    async def run() -> Store:
        async with tcp_server(counted("a")) as a, tcp_server(counted("b")) as b:

            def devices(*, moved: bool) -> LoadedSite:
                return site(
                    tmp_path,
                    [
                        modbus_device("same", "bms_crah", a, "crah-1", interval_s=0.1),
                        modbus_device("moved", "bms_crah", b if moved else a, "crah-2", unit_id=2, interval_s=0.1),
                        *([] if moved else [modbus_device("gone", "bms_crah", a, "crah-3", unit_id=3, interval_s=0.1)]),
                    ],
                )

            async def change(poller: Poller, store: Store) -> None:
                await asyncio.sleep(0.4)
                before = poller.statistics()
                clients = {device: poller.client(device) for device in before}
                await poller.reload(devices(moved=True))
                after = poller.statistics()
                assert set(before) == {"same", "moved", "gone"}
                assert set(after) == {"same", "moved"}
                assert after["same"].polls >= before["same"].polls > 0
                assert after["moved"].polls == 0
                assert poller.client("same") is clients["same"]
                assert poller.client("moved") is not clients["moved"]
                await asyncio.sleep(0.4)

            _, store = await polled(devices(moved=False), change)
            return store

    store = asyncio.run(run())
    assert connections["b"] > 0
    assert len({batch.site_revision for batch in store.batches}) == 2
    assert {quality for _, _, quality in store.rows("crah-1.on_status")} == {Quality.GOOD}


def test_a_reload_that_cannot_be_polled_leaves_the_old_in_force(tmp_path: Path) -> None:
    narrow = {
        "profile": "narrow", "title": "x", "protocol": "modbus", "verified": False, "source": "x", "equipment_kind": "CRAH",
        "limits": {"registers_per_request": 1},
        "points": {"fan_power_kw": {"table": "input", "address": 0, "type": "float32", "unit": "kW", "range": [0, 1]}},
    }  # fmt: skip

    async def run() -> Store:
        async with tcp_server(healthy) as port:
            good = site(tmp_path, [modbus_device("same", "bms_crah", port, "crah-1", interval_s=0.1)])

            async def change(poller: Poller, store: Store) -> None:
                bad = site(
                    tmp_path, [modbus_device("same", "narrow", port, "crah-1")], profiles={"narrow": narrow}
                )  # fmt: skip
                with pytest.raises(ConfigurationError, match="takes 2 registers"):
                    await poller.reload(bad)
                await asyncio.sleep(0.3)

            _, store = await polled(good, change)
            return store

    store = asyncio.run(run())
    assert store.rows("crah-1.on_status")
    assert len({batch.site_revision for batch in store.batches}) == 1


def test_a_full_store_stops_nothing_and_loses_nothing(tmp_path: Path) -> None:
    async def run() -> tuple[Poller, Store]:
        async def fill(poller: Poller, store: Store) -> None:
            await asyncio.sleep(0.2)
            store.full = True
            await asyncio.sleep(1.0)
            assert poller.outbox.refusals > 3
            assert poller.outbox.readings > 0
            store.full = False
            await asyncio.sleep(0.3)

        async with tcp_server(healthy) as port:
            loaded = site(tmp_path, [modbus_device("controller", "bms_crah", port, "crah-1", interval_s=0.1)])
            return await polled(loaded, fill)

    with structlog.testing.capture_logs() as logs:
        poller, store = asyncio.run(run())
    times_us = [time_us for time_us, _, _ in store.rows("crah-1.on_status")]
    assert times_us == sorted(set(times_us))
    assert max(np.diff(times_us)) < 800_000
    assert [entry["log_level"] for entry in logs if "stored" in entry["event"]] == ["error", "info"]
    assert poller.outbox.readings == 0


def test_a_jumping_clock_changes_stamps_but_not_the_pace(tmp_path: Path) -> None:
    clock = SetClock()

    async def run() -> Store:
        async def jump(poller: Poller, store: Store) -> None:
            for by_s in (0, 86_400, -172_800):
                clock.step(by_s)
                await asyncio.sleep(0.3)

        async with tcp_server(healthy) as port:
            loaded = site(tmp_path, [modbus_device("controller", "bms_crah", port, "crah-1", interval_s=0.1)])
            _, store = await polled(loaded, jump, clock)
            return store

    with structlog.testing.capture_logs() as logs:
        rows = asyncio.run(run()).rows("crah-1.on_status")
    assert 6 <= len(rows) <= 10
    assert len({time_us for time_us, _, _ in rows}) == len(rows)
    assert len([entry for entry in logs if "clock jumped" in entry["event"]]) == 1  # the second within the same minute


def test_a_slow_disk_delays_no_device_and_stopping_waits_for_it(tmp_path: Path) -> None:
    stored: list[str] = []

    def slow(batch: ReadingBatch) -> None:
        stored.append("begin")
        time.sleep(0.4)
        stored.append("end")

    async def run() -> int:
        async with tcp_server(healthy) as port:
            loaded = site(tmp_path, [modbus_device("controller", "bms_crah", port, "crah-1", interval_s=0.05)])
            poller = Poller(loaded, slow, SystemClock(), flush_interval_s=0.05)
            running = asyncio.create_task(poller.run())
            async with asyncio.timeout(20.0):
                while not stored:  # the first readings are on their way to the disk
                    await asyncio.sleep(0.01)
            first = poller.statistics()["controller"].polls
            await asyncio.sleep(0.7)
            polls = poller.statistics()["controller"].polls - first
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            assert poller.outbox.readings == 0
            return polls

    assert asyncio.run(run()) >= 5  # two or three, if the disk held the polls up
    assert len(stored) >= 4
    assert stored == ["begin", "end"] * (len(stored) // 2)


def test_reloads_at_the_same_time_leave_one_coordinator_a_device(tmp_path: Path) -> None:
    async def run() -> None:
        async with tcp_server(healthy) as port:

            def version(interval_s: float) -> LoadedSite:
                return site(tmp_path, [modbus_device("controller", "bms_crah", port, "crah-1", interval_s=interval_s)])

            async def reload(poller: Poller, store: Store) -> None:
                await asyncio.gather(*(poller.reload(version(interval_s)) for interval_s in (0.1, 0.2, 0.3)))
                names = [task.get_name() for task in asyncio.all_tasks()]
                assert names.count("poll controller") == 1

            await polled(version(0.5), reload)

    asyncio.run(run())


def test_a_coordinator_that_a_fault_of_ours_ended_is_reported_and_started_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Stumbling(SetClock):
        calls = 0

        def now(self) -> datetime:
            self.calls += 1
            if self.calls == 3:
                raise ValueError("a clock that breaks")
            return super().now()

    monkeypatch.setattr("facility.acquire.poller._RESTART_S", 0.1)

    async def run() -> Store:
        async with tcp_server(healthy) as port:
            loaded = site(tmp_path, [modbus_device("controller", "bms_crah", port, "crah-1", interval_s=0.1)])
            _, store = await polled(loaded, pause(0.8), Stumbling())
            return store

    with structlog.testing.capture_logs() as logs:
        store = asyncio.run(run())
    assert len(store.rows("crah-1.on_status")) >= 5
    stopped = [entry for entry in logs if entry["event"] == "a coordinator stopped"]
    assert [(entry["device"], entry["log_level"]) for entry in stopped] == [("controller", "error")]


def test_stopping_leaves_no_task_and_hands_over_what_was_read(tmp_path: Path) -> None:
    async def run() -> None:
        async with tcp_server(healthy) as port:
            loaded = site(tmp_path, [modbus_device("controller", "bms_crah", port, "crah-1", interval_s=0.1)])
            before = asyncio.all_tasks()
            poller, store = await polled(loaded, pause(0.3))
            await asyncio.sleep(0.05)
            left = {task.get_name() for task in asyncio.all_tasks() - before if "serve" not in repr(task.get_coro())}
            assert left == set()
            assert poller.outbox.readings == 0
            assert store.batches

    asyncio.run(run())
