"""What a switchback says of readings whose saving is known, and what it leaves out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from facility.errors import NotEnoughDataError
from facility.history.dispatch_records import Said
from facility.history.journal import SqlJournal, open_journal
from facility.history.switchback_records import Switchback
from facility.records import RecommendationState
from facility.savings.collect import collect
from facility.savings.switchback import BY_HAND, measure_switchback
from facility.site_file import LoadedSite, load_site
from facility.state import StateFolder
from tests.api.records_for_tests import plan, recommendation
from tests.savings.course import NOW, START, telemetry
from tools.closed_loop.memory_telemetry import MemoryTelemetry

DEMO = Path(__file__).parents[2] / "site_configs" / "demo.yaml"
BEGINS, BLOCK_H, PAIRS, SAVED_KW = START + timedelta(days=5), 4.0, 12, 5.0
SAID = Said("R. Weber", "is it worth it?", BEGINS)
TRIAL = Switchback("sb1", "rec-a", BEGINS, PAIRS, BLOCK_H, 1.0, 7, False, SAID)


@pytest.fixture(scope="module")
def loaded() -> LoadedSite:
    return load_site(DEMO)


@pytest.fixture(scope="module")
def readings(loaded: LoadedSite) -> MemoryTelemetry:
    """Return a site that saves in the blocks with the change, half an hour late."""
    spans = [TRIAL.span(block) for block in TRIAL.blocks if block.on]
    late = timedelta(minutes=30)
    return telemetry(loaded, saved_kw=SAVED_KW, on=[(begins + late, ends + late) for begins, ends in spans])


@pytest.fixture
def journal(tmp_path: Path, loaded: LoadedSite) -> Iterator[SqlJournal]:
    with closing(open_journal(None, StateFolder(tmp_path))) as opened:
        made = replace(recommendation(loaded, 1, NOW), id="rec-a", created=START, equipment="hall-1", points=())
        opened.save_plan(plan(loaded, START), [made], "correlated")
        opened.transition("rec-a", RecommendationState.APPROVED, actor="test", reason="", at=START)
        yield opened


def carried_out(trial: Switchback, *, without: tuple[int, ...] = ()) -> Switchback:
    minutes = timedelta(minutes=10)
    reached = {number: trial.span(block)[0] + minutes for number, block in enumerate(trial.blocks)}
    return replace(trial, reached={number: at for number, at in reached.items() if number not in without})


def test_the_saving_is_found_beside_its_promise(
    loaded: LoadedSite, readings: MemoryTelemetry, journal: SqlJournal
) -> None:
    found = collect(loaded, readings, journal, NOW, recommendation="rec-a", trials=[carried_out(TRIAL)])
    (saving,) = found.savings
    assert saving.saved_kw.low < SAVED_KW < saving.saved_kw.high
    assert saving.saved_kw.high - saving.saved_kw.low < 1.0
    assert (saving.verdict, saving.option, saving.hours) == ("saved", "switchback", 48)
    assert saving.promised_kw.value == pytest.approx(11.2)
    assert saving.saved_kwh.value == pytest.approx(48 * saving.saved_kw.value)
    assert 0.11 < saving.saved_cost.value / saving.saved_kwh.value < 0.24
    assert not saving.notes


def test_blocks_that_were_not_carried_out_are_left_out_with_their_partners(
    loaded: LoadedSite, readings: MemoryTelemetry, journal: SqlJournal
) -> None:
    (tried,) = journal.recommendations()
    saving = measure_switchback(loaded, readings, carried_out(TRIAL, without=(0, 5)), tried, NOW)
    assert saving.notes == ("2 blocks were not carried out; they and their partners are left out",)
    assert saving.saved_kw.low < SAVED_KW < saving.saved_kw.high
    with pytest.raises(NotEnoughDataError, match="4 pairs of blocks were measured"):
        measure_switchback(loaded, readings, carried_out(TRIAL, without=tuple(range(0, 16, 2))), tried, NOW)


def test_it_says_how_far_it_is(loaded: LoadedSite, readings: MemoryTelemetry, journal: SqlJournal) -> None:
    (tried,) = journal.recommendations()
    sixth = TRIAL.span(TRIAL.blocks[12])[0] + timedelta(hours=1)
    saving = measure_switchback(loaded, readings, carried_out(TRIAL), tried, sixth)
    assert f"6 of {PAIRS} pairs are over" in saving.notes
    with pytest.raises(NotEnoughDataError, match="a block that is over"):
        measure_switchback(loaded, readings, TRIAL, tried, BEGINS + timedelta(hours=1))


def test_a_month_counts_what_a_person_put_on(
    loaded: LoadedSite, readings: MemoryTelemetry, journal: SqlJournal
) -> None:
    by_hand = replace(TRIAL, by_hand=True)
    found = collect(loaded, readings, journal, NOW, month="2026-07", trials=[by_hand])
    (month,) = found.savings
    assert month.hours >= 48  # and until all is as it was
    share = 48 / month.hours
    assert month.promised_kw.value == pytest.approx(11.2 * share, rel=0.05)
    assert month.saved_kw.low < SAVED_KW * share < month.saved_kw.high
    both = collect(loaded, readings, journal, NOW, trials=[by_hand]).savings
    assert [one.name for one in both] == ["rec-a (sb1)", "2026-07"]
    assert BY_HAND in both[0].notes
