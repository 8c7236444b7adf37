"""The service itself: processes, training, the store of readings, the disk, and the delivery of notices."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from facility.alarms.alarm import alarm_id
from facility.alarms.observation import Observation
from facility.api.service_health import NEEDED
from facility.service.alarm_sources.facts import Facts

CONDITIONS = frozenset(
    {
        *("process_down", "training_failed", "table_behind", "readings_lost", "disk_short", "notices_waiting"),
        "audit_head_missing",
    }
)
NOTICE_LATE_AFTER = timedelta(minutes=10)
LEAST_FREE_BYTES = 1 << 30


def look(facts: Facts) -> Iterator[Observation]:
    """Say how the service is."""
    for name in NEEDED:
        process = facts.process(name)
        last = next((one.beat for one in facts.health.processes if one.process == name), None)
        text = "never said anything" if last is None else f"last heard of at {last:%Y-%m-%d %H:%M:%S} UTC"
        yield Observation("process_down", name, name, process is None, text)
    yield _training(facts)
    yield from _store(facts)
    yield _audit_head(facts)
    oldest = facts.kept.oldest_notice
    late = oldest is not None and facts.at - oldest > NOTICE_LATE_AFTER
    text = "" if oldest is None else f"the oldest waits since {oldest:%Y-%m-%d %H:%M} UTC"
    yield Observation("notices_waiting", "notices", "alarms", late, text)


def _training(facts: Facts) -> Observation:
    trainer = facts.process("trainer")
    if trainer is None:
        return Observation("training_failed", "trainer", "trainer", None)
    error = trainer.detail.get("last_error")
    # A young site has no models yet: the trainer waits for days of history, and nobody need do anything.
    waits = trainer.detail.get("last_error_kind") == "NotEnoughDataError"
    return Observation("training_failed", "trainer", "trainer", bool(error) and not waits, str(error or ""))


def _audit_head(facts: Facts) -> Observation:
    watch = facts.process("alarms")
    error = None if watch is None else watch.detail.get("audit_head_error")
    return Observation(
        "audit_head_missing", "audit", "alarms", None if watch is None else bool(error), str(error or "")
    )


def _store(facts: Facts) -> Iterator[Observation]:
    store, disk = facts.health.store, facts.view.storage()
    known = facts.process("poller") is not None
    no_poller = (alarm_id("process_down", "poller"),)
    behind = store.is_behind(facts.at, facts.loaded.site.history.flush_interval_s) if known else None
    text = f"{store.waiting_bytes / 1e6:.0f} MB wait, the oldest since {store.oldest}"
    yield Observation("table_behind", "table", "poller", behind, text, under=no_poller)
    before = None if facts.before is None else facts.before.store.readings_dropped
    lost = before is not None and store.readings_dropped > before
    text = f"{store.readings_dropped} readings lost since the poller started"
    yield Observation("readings_lost", "store", "poller", lost if known else None, text, under=no_poller)
    needed = LEAST_FREE_BYTES if store.limit_bytes is None else store.limit_bytes - store.waiting_bytes
    short = disk.free_bytes < max(needed, LEAST_FREE_BYTES)
    text = f"{disk.free_bytes / 1e9:.1f} GB free, {max(needed, LEAST_FREE_BYTES) / 1e9:.1f} GB may be needed"
    yield Observation("disk_short", "disk", "state folder", short, text)
