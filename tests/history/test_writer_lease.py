"""The lease that elects the only writer, on SQLite and PostgreSQL, among threads of this process and among real processes."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from facility.errors import NotTheWriterError
from facility.history.audit_keys import SETTING
from facility.history.audit_trail import AuditTrail, Wanted
from facility.history.journal_database import open_database, writing
from facility.history.journal_events import KEYS
from facility.history.writer_lease import WriterLease
from facility.history.writer_seat import holder_name
from facility.state import StateFolder

_HOUSE = Path(__file__).parents[2]
_SHORT = timedelta(seconds=1)


class Desk:
    """Makes leases of one database."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url, self.folder = url, folder
        self.engine = open_database(url, StateFolder(folder))

    def lease(self, name: str, lasts: timedelta = _SHORT, site: str = "demo") -> WriterLease:
        return WriterLease(self.engine, site, name, lasts)

    def held(self, lease: WriterLease) -> int:
        with writing(self.engine) as session:
            return lease.hold(session)

    def leap(self, back: timedelta) -> None:
        """Let the lease end early, as if the database's clock had leapt ahead."""
        postgresql = self.engine.dialect.name == "postgresql"
        earlier = (
            f"until - interval '{back.seconds} s'" if postgresql else f"datetime(until, '-{back.seconds} seconds')"
        )
        with self.engine.begin() as connection:
            connection.execute(text(f"UPDATE writer_leases SET until = {earlier}"))


@pytest.fixture
def desk(journal_url: str, tmp_path: Path) -> Iterator[Desk]:
    opened = Desk(journal_url, tmp_path)
    yield opened
    opened.engine.dispose()


def test_one_holds_it_until_it_ends_and_then_another(desk: Desk) -> None:
    one, two = desk.lease("one"), desk.lease("two")
    assert one.take()
    assert not two.take()
    assert (one.fence, two.fence) == (1, None)
    assert desk.held(one) == 1
    with pytest.raises(NotTheWriterError, match="one writes to this site's devices"):
        desk.held(two)
    time.sleep(0.6)
    assert one.take()
    time.sleep(0.6)
    assert (one.fence, two.take()) == (1, False)  # renewed, under the same number
    time.sleep(0.6)
    assert one.fence is None  # it knows by itself, and asks nobody
    assert two.take()
    assert two.fence == 2
    assert not one.take()


def test_what_is_given_back_need_not_be_waited_for(desk: Desk) -> None:
    one, two = desk.lease("one", timedelta(minutes=5)), desk.lease("two", timedelta(minutes=5))
    assert one.take()
    two.release()  # has none: nothing happens
    assert not two.take()
    one.release()
    assert one.fence is None
    assert two.take()
    assert two.fence == 2
    told = [
        (one.event.kind, one.event.actor, one.event.detail["fence"])
        for one in AuditTrail(desk.engine).oldest_first(Wanted())
    ]
    assert told == [("lease.taken", "one", 1), ("lease.released", "one", 1), ("lease.taken", "two", 2)]


def test_each_site_has_its_own(desk: Desk) -> None:
    assert desk.lease("one").take()
    assert desk.lease("two", site="elsewhere").take()


def test_a_holder_that_was_overtaken_is_refused_where_it_counts(desk: Desk) -> None:
    one, two = desk.lease("one", timedelta(minutes=5)), desk.lease("two", timedelta(minutes=5))
    assert one.take()
    desk.leap(timedelta(minutes=6))
    assert two.take() and desk.held(two) == 2
    assert one.fence == 1 and one.keep()  # its own clock did not leap, and it need not ask yet
    with pytest.raises(NotTheWriterError, match="two writes to this site's devices"):
        desk.held(one)
    assert (one.lost, one.take(), one.lost, one.holder()) == (False, False, True, "two")
    two.release()
    assert one.take() and not one.lost


def test_processes_of_a_machine_share_it_and_another_folder_is_another_machine(desk: Desk, tmp_path: Path) -> None:
    here, elsewhere = holder_name(StateFolder(tmp_path / "a")), holder_name(StateFolder(tmp_path / "b"))
    assert here == holder_name(StateFolder(tmp_path / "a")) != elsewhere
    one, again = desk.lease(here), desk.lease(here)
    assert one.take() and again.take() and desk.held(again) == 1
    assert not desk.lease(elsewhere).take()
    taken = [one.event.kind for one in AuditTrail(desk.engine).oldest_first(Wanted())]
    assert taken == ["lease.taken"]


def test_what_is_kept_is_renewed_only_where_little_is_left(desk: Desk) -> None:
    one = desk.lease("one", timedelta(seconds=3))
    assert one.keep()
    desk.leap(timedelta(seconds=9))
    assert one.keep() and desk.lease("two", timedelta(minutes=5)).take()  # it was not asked: more than half was left
    time.sleep(1.6)
    assert not one.keep() and one.lost


@pytest.mark.timeout(120)
def test_of_two_machines_one_writes_and_when_it_is_killed_the_other_does(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SETTING, str(desk.engine.get_execution_options()[KEYS].path))
    with ExitStack() as stack:
        one = stack.enter_context(_writer(desk, "a"))
        for _ in range(3):
            assert _line(one) == "wrote"
        two = stack.enter_context(_writer(desk, "b"))
        for _ in range(25):  # longer than the lease lasts
            assert (_line(one), _line(two)) == ("wrote", "refused")
        one.kill()
        one.wait()
        while (said := _line(two)) == "refused":
            pass
        assert said == "wrote"
    events = AuditTrail(desk.engine).oldest_first(Wanted(kind="write"))
    actors = [one.event.actor for one in events if one.event.kind == "write.intended"]
    assert actors == sorted(actors) and set(actors) == {"a", "b"}  # after the first of the second, none of the first


@pytest.mark.timeout(120)
def test_of_two_processes_one_holds_it_and_when_it_is_killed_the_other_does(desk: Desk) -> None:
    lasts_s = 2.0
    with ExitStack() as stack:
        one = stack.enter_context(_holder(desk, "one", lasts_s))
        while _says(one)[1] is None:
            pass
        two = stack.enter_context(_holder(desk, "two", lasts_s))
        for _ in range(30):  # longer than it lasts
            assert (_says(one)[1], _says(two)[1]) == (1, None)
        one.kill()
        rest = [_parsed(line) for line in one.communicate()[0].splitlines()]
        last_s = max([at for at, fence in rest if fence is not None], default=0.0)
        killed_s = time.monotonic()
        while (said := _says(two))[1] is None:
            pass
        assert said[1] == 2
        assert said[0] > last_s
        assert said[0] - killed_s < lasts_s + 1.5


class _Killed(subprocess.Popen[str]):
    def __exit__(self, *details: object) -> None:
        self.kill()
        super().__exit__(*details)  # type: ignore[arg-type]


def _holder(desk: Desk, name: str, lasts_s: float) -> _Killed:
    words = ["-m", "tests.history.lease_holder", desk.url, str(desk.folder), name, str(lasts_s)]
    return _Killed([sys.executable, *words], stdout=subprocess.PIPE, text=True, cwd=_HOUSE)


def _writer(desk: Desk, name: str) -> _Killed:
    words = ["-m", "tests.history.lease_writer", desk.url, str(desk.folder / name), name]
    return _Killed([sys.executable, *words], stdout=subprocess.PIPE, text=True, cwd=_HOUSE)


def _line(process: _Killed) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def _says(process: _Killed) -> tuple[float, int | None]:
    assert process.stdout is not None
    return _parsed(process.stdout.readline())


def _parsed(line: str) -> tuple[float, int | None]:
    at, fence = line.split()
    return float(at), None if fence == "None" else int(fence)
