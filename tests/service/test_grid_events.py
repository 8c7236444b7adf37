"""The grid's events move in time, hooks outside are told over a real web server, and the planner hears of a promise at once."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog

from facility.cli import main
from facility.follow import Follower
from facility.heartbeat import Heartbeat
from facility.history.alarm_outbox import GIVEN_UP_AFTER
from facility.respond.event_state import Answer, Opt, Said
from facility.respond.settings import RespondSettings, settings_path
from facility.service.alarm_delivery import deliver_once
from facility.service.grid_events import answering_the_grid, hook_senders
from facility.service.planner import _follow_until
from facility.service.promise_watch import PromiseWatch
from facility.service.worker import Worker
from facility.site_alarms import open_alarm_outbox
from facility.site_respond import open_grid_event_book, open_hook_dead_letters
from facility.state import StateFolder
from tests.api.records_for_tests import FixedClock
from tests.respond.grid_events import NOW, SETTINGS, START, grid_event
from tests.respond.responding import responding_site
from tests.service.alarm_receivers import WebServer, web_server


@pytest.fixture
def worker(example_site: Path, tmp_path: Path) -> Worker:
    state, clock = StateFolder(tmp_path / "var"), FixedClock(NOW)
    return Worker(state, clock, Heartbeat(state, "alarms", clock), responding_site(example_site))


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[WebServer]:
    monkeypatch.setenv("SLURM", "between us")
    monkeypatch.setenv("OPS", "between us")
    with web_server() as served:
        yield served


def hooked(server: WebServer) -> RespondSettings:
    hooks = tuple(hook.model_copy(update={"address": server.url}) for hook in SETTINGS.hooks)
    return SETTINGS.model_copy(update={"hooks": hooks})


def until(condition: Any, within_s: float = 20.0) -> None:
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def told(server: WebServer) -> list[str]:
    return [one["what"] for post in server.posts for one in json.loads(post.body)["notices"]]


def test_the_life_of_an_event_reaches_the_hooks(
    worker: Worker, server: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = worker.clock
    assert isinstance(clock, FixedClock)
    path = worker.loaded.path.with_suffix(".respond.yaml")
    path.write_text(
        path.read_text().replace("https://ops.example/dr", server.url).replace("https://slurm.example/dr", server.url)
    )
    with (
        closing(open_alarm_outbox(worker.loaded, worker.state)) as outbox,
        closing(open_grid_event_book(worker.loaded, worker.state)) as book,
        answering_the_grid(worker, outbox),
    ):
        book.receive([grid_event()], NOW)
        until(lambda: len(told(server)) == 3)
        clock.at = START
        until(lambda: len(told(server)) == 5)
        clock.at = START + timedelta(hours=2)
        until(lambda: len(told(server)) == 7)
    assert sorted(told(server)) == [
        "event.active", "event.done", "event.invited", "event.opted_in",
        "work.advance_notice", "work.reduce", "work.restore",
    ]  # fmt: skip
    for post in server.posts:
        signed = post.headers["Facility-Timestamp"].encode() + b"." + post.body
        assert (
            post.headers["Facility-Signature"]
            == "sha256=" + hmac.new(b"between us", signed, hashlib.sha256).hexdigest()
        )


def test_what_is_not_taken_is_given_up_shown_and_replayed(
    worker: Worker, server: WebServer, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = worker.clock
    assert isinstance(clock, FixedClock)
    _, slurm = hook_senders(hooked(server), clock)
    site = [str(worker.loaded.path), "--state", str(worker.state.root)]
    with (
        closing(open_alarm_outbox(worker.loaded, worker.state)) as outbox,
        closing(open_grid_event_book(worker.loaded, worker.state)) as book,
        closing(open_hook_dead_letters(worker.loaded, worker.state)) as letters,
    ):
        book.receive([grid_event()], NOW)
        server.status = 500
        assert deliver_once(outbox, slurm, clock) == 1 and letters.letters() == []
        clock.at += GIVEN_UP_AFTER
        assert deliver_once(outbox, slurm, clock) == 1
        (dead,) = letters.letters()
        assert (dead.channel, dead.body["what"], dead.attempts) == ("hook:slurm", "work.advance_notice", 2)
        assert "status 500" in dead.error
        assert main(["dr", "hooks", "dead", *site]) == 0 and dead.id in capsys.readouterr().out
        assert main(["dr", "hooks", "replay", site[0], "nobody", *site[1:], "--reason", "it is back"]) == 1
        assert (
            main(["dr", "hooks", "replay", site[0], dead.id, *site[1:], "--reason", "it is back", "--by", "r.weber"])
            == 0
        )
        assert letters.letters() == []
        server.status, before = 204, len(server.posts)
        clock.at += timedelta(days=3650)  # the command's clock is the real one
        assert deliver_once(outbox, slurm, clock) == 1 and len(server.posts) == before + 1
        assert letters.letters() == [] and deliver_once(outbox, slurm, clock) == 0


def test_wrong_settings_do_not_stop_the_alarms_and_are_told_before(
    worker: Worker, capsys: pytest.CaptureFixture[str]
) -> None:
    settings_path(worker.loaded).write_text("programs:\n  - nam: peak\n")
    with (
        closing(open_alarm_outbox(worker.loaded, worker.state)) as outbox,
        structlog.testing.capture_logs() as said,
        answering_the_grid(worker, outbox),
    ):
        pass
    assert ["stand still" in line["event"] for line in said] == [True] and ":2: programs.0" in said[0]["reason"]
    assert main(["check", str(worker.loaded.path)]) == 2 and ":2: programs.0" in capsys.readouterr().err


def test_a_promise_wakes_the_planner(worker: Worker) -> None:
    with closing(open_grid_event_book(worker.loaded, worker.state)) as book:
        promises = PromiseWatch(worker)
        promises.remember()
        book.receive([grid_event(program="asked")], NOW)
        assert not promises.changed()  # nobody has answered
        book.answer(1, Answer(Opt.IN, Said("r.weber", "it suits us", NOW)))
        assert promises.changed() and not promises.changed()
        book.keep_time(START)
        assert not promises.changed()  # it is active: promised as before
        book.answer(1, Answer(Opt.OUT, Said("r.weber", "a pump fails", START)))
        assert promises.changed()


def test_the_planner_stops_following_within_seconds(worker: Worker) -> None:
    promises, follower = PromiseWatch(worker), Follower(worker.loaded)
    promises.remember()

    def follow() -> None:
        given = {"planned_with": worker.loaded, "promises": promises}
        _follow_until(worker, follower, None, time.monotonic() + 60.0, **given)  # type: ignore[arg-type]

    waiting = threading.Thread(target=follow)
    waiting.start()
    with closing(open_grid_event_book(worker.loaded, worker.state)) as book:
        book.receive([grid_event()], NOW)
    waiting.join(15.0)
    assert not waiting.is_alive()
