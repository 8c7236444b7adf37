from __future__ import annotations

import structlog
from hypothesis import given
from hypothesis import strategies as st

from facility.acquire.clock_watch import ClockWatch
from facility.acquire.quality_log import QualityLog
from facility.acquire.schedule import next_slot, phase_s, probe_delay_s
from tests.acquire.sites import SetClock


@given(st.text(min_size=1), st.floats(0.1, 3600))
def test_a_phase_lies_within_the_interval_and_stays(device: str, interval_s: float) -> None:
    assert 0 <= phase_s(device, interval_s) < interval_s
    assert phase_s(device, interval_s) == phase_s(device, interval_s)


def test_phases_are_spread() -> None:
    phases = sorted(phase_s(f"pdu-{number}", 10.0) for number in range(500))
    assert max(sum(1 for phase in phases if start <= phase < start + 1) for start in range(10)) < 80


@given(st.floats(0, 1e6), st.floats(0.1, 100), st.floats(0, 1e4))
def test_the_next_slot_is_ahead_on_the_grid_and_never_a_storm(slot: float, interval_s: float, late_s: float) -> None:
    now = slot + late_s
    after, missed = next_slot(slot, interval_s, now)
    assert after >= now - 1e-6
    assert after - now <= interval_s + 1e-6
    assert missed >= 0
    assert abs((after - slot) / interval_s - (missed + 1)) < 1e-6


@given(st.integers(1, 1000), st.floats(0.1, 600), st.floats(0, 1, exclude_max=True))
def test_a_failed_device_is_asked_within_its_interval(failures: int, interval_s: float, spread: float) -> None:
    assert 0 <= probe_delay_s(failures, interval_s, spread) < 0.5 * interval_s
    assert probe_delay_s(1, interval_s, spread) <= 0.1 * interval_s


def test_failures_of_many_devices_do_not_come_back_together() -> None:
    assert len({probe_delay_s(10, 10.0, spread / 10) for spread in range(10)}) == 10


def watched() -> tuple[SetClock, list[float], ClockWatch]:
    clock, elapsed = SetClock(), [100.0]
    return clock, elapsed, ClockWatch(clock, lambda: elapsed[0])


def test_stamps_follow_the_clock() -> None:
    clock, elapsed, watch = watched()
    first = watch.now_us()
    clock.step(10)
    elapsed[0] += 10
    assert watch.now_us() - first == 10_000_000
    assert watch.jumps == 0


def test_a_small_step_back_repeats_no_stamp() -> None:
    clock, elapsed, watch = watched()
    stamps = [watch.now_us()]
    for step_s in (1, -0.5, 0, 0.2, 1):
        clock.step(step_s)
        elapsed[0] += 0.1
        stamps.append(watch.now_us())
    assert stamps == sorted(set(stamps))
    assert watch.jumps == 0


def test_a_jump_is_logged_once_a_minute_and_taken() -> None:
    clock, elapsed, watch = watched()
    before = watch.now_us()
    with structlog.testing.capture_logs() as logs:
        clock.step(-3600)
        elapsed[0] += 1
        assert watch.now_us() - before == -3_600_000_000
        for _ in range(5):
            clock.step(7200)
            elapsed[0] += 1
            watch.now_us()
        elapsed[0] += 60
        watch.now_us()
    assert watch.jumps == 7
    assert [entry["log_level"] for entry in logs] == ["warning", "warning"]
    assert logs[0]["by_s"] == -3601.0
    assert logs[1]["jumps"] == 7


def test_invalid_points_are_named_once_and_flicker_is_one_message() -> None:
    quality = QualityLog("pdu")
    with structlog.testing.capture_logs() as logs:
        for _ in range(5):
            quality.observe(["a.power_kw"])
            quality.observe([])
        quality.observe(["a.power_kw", *(f"b.{number:02}" for number in range(10))])
        for _ in range(40):
            quality.observe([])
        quality.observe(["a.power_kw"])
    assert [(entry["log_level"], entry["points"]) for entry in logs] == [
        ("warning", "a.power_kw"),
        ("warning", "b.00, b.01, b.02, b.03, b.04, b.05, b.06, b.07 and 2 more"),
        ("info", 11),
        ("warning", "a.power_kw"),
    ]
    assert {entry["device"] for entry in logs} == {"pdu"}
