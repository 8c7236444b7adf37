"""A part serves only where it is better than the one in service, on rows that neither has seen."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from facility.learn.acceptance import KEPT, NAMEPLATE, NEW, Decision, Incumbent, judge
from facility.learn.candidates import Candidate, better_of
from models.card import unfitted_card
from models.component_power import ComponentPower
from models.evidence import component_evidence, predicted, server_fans_evidence
from models.history_rows import ComponentRows
from models.server_fans_fit import fit_server_fans
from models.server_fans_step import hall_table
from models.servers import ServerFans

BEGIN = pd.Timestamp("2026-03-01", tz="UTC")
NOISE_KW = 0.1


def rows(
    days: float, *, factor: float = 1.2, low: float = 10.0, changed: tuple[float, float] | None = None
) -> ComponentRows:
    """A pump that draws more than its law by a factor, and by another from some day on."""
    size = int(days * 96)
    times = pd.date_range(BEGIN, periods=size, freq="15min")
    random = np.random.default_rng(3)
    levels = np.tile(random.permutation(np.linspace(-3.0, 3.0, 7)), 5)  # no day is like the one before
    prior = low + levels[np.arange(size) // 96] + 2.0 * np.sin(np.arange(size) / 96 * 2 * np.pi)
    power = factor * prior + random.normal(0, NOISE_KW, size)
    if changed is not None:
        day, other = changed
        later = np.arange(size) >= day * 96
        power[later] = other * prior[later]
    return ComponentRows(pd.DataFrame({"prior_kw": prior}, index=times), pd.Series(power, index=times))


def candidate(found: ComponentRows) -> Candidate:
    model = ComponentPower("chilled_pump").fit(found.rows, found.power_kw)
    return Candidate(model.card_, model, component_evidence(found))


def incumbent(found: ComponentRows) -> Incumbent:
    fitted = candidate(found)
    assert fitted.model is not None and fitted.evidence is not None
    return Incumbent(fitted.model, fitted.evidence.newest, fitted.card.features)


def decide(new: Candidate, old: Incumbent | None, because: str = "", changed: pd.Timestamp | None = None) -> Decision:
    return judge(new, old, none_because=because, changed=changed)


def test_where_nothing_served_a_part_serves_if_it_qualifies() -> None:
    found = decide(candidate(rows(8)), None)
    assert (found.taken, found.changes) == (NEW, True)
    assert "beats the prior" in found.reason
    found = decide(candidate(rows(8, changed=(6, 1.0))), None)
    assert (found.taken, found.changes) == (NAMEPLATE, False)
    assert "does not beat the prior" in found.reason


def test_a_part_that_can_serve_no_longer_goes_and_the_reason_is_kept() -> None:
    found = decide(Candidate(unfitted_card("p", "kW", "a meter is missing"), None, None), None, "chiller-3 added")
    assert (found.taken, found.changes) == (NAMEPLATE, True)
    assert found.reason == "chiller-3 added; a meter is missing"


def test_the_better_one_serves_and_the_figures_say_so() -> None:
    history = rows(20, changed=(6, 1.5))
    old = incumbent(ComponentRows(history.rows.iloc[: 6 * 96], history.power_kw.iloc[: 6 * 96]))
    found = decide(candidate(history), old)
    assert (found.taken, found.changes) == (NEW, True)
    assert found.rmse["new"] < found.rmse["in_service"] < found.rmse["nameplate"]
    assert found.rows == pytest.approx(4 * 96, abs=2)
    assert found.reason.startswith("better: RMSE")


def test_the_one_in_service_stays_where_the_new_one_is_worse() -> None:
    """Weeks of wrong readings in what the new one learned from; the one in service comes from before."""
    bad = rows(30)
    bad.power_kw.iloc[6 * 96 : 24 * 96] *= 1.15
    good = rows(30)
    old = incumbent(ComponentRows(good.rows.iloc[: 5 * 96], good.power_kw.iloc[: 5 * 96]))
    found = decide(candidate(bad), old)
    assert (found.taken, found.changes) == (KEPT, False)
    assert found.reason.startswith("the new one is worse")
    assert found.rmse["in_service"] == pytest.approx(NOISE_KW, rel=0.2)


def test_in_a_tie_the_one_in_service_stays() -> None:
    found = decide(candidate(rows(9)), incumbent(rows(8)))
    assert (found.taken, found.changes) == (KEPT, False)
    assert "no better, and has seen no more" in found.reason


def test_in_a_tie_the_one_that_has_seen_more_serves() -> None:
    history = rows(20)
    wider = np.arange(len(history.rows)) // 96 == 8  # one day at which the law reached further
    history.rows.loc[wider, "prior_kw"] *= 1.2
    history.power_kw.loc[wider] *= 1.2
    old = incumbent(ComponentRows(history.rows.iloc[: 8 * 96], history.power_kw.iloc[: 8 * 96]))
    found = decide(candidate(history), old)
    assert found.taken == NEW
    assert found.reason.startswith("as good, and has seen more (prior_kw")


def test_too_few_rows_that_are_new_to_both_keep_the_one_in_service() -> None:
    history = rows(8)
    changed = pd.Timestamp(history.rows.index[-41])
    found = decide(candidate(history), incumbent(rows(7)), changed=changed)
    assert (found.taken, found.rows) == (KEPT, 40)
    assert "40 rows are new to both, 48 are needed" in found.reason


def test_one_that_the_nameplate_beats_is_retired() -> None:
    history = rows(8, changed=(6.5, 1.0))
    found = decide(candidate(history), incumbent(rows(6.5)))
    assert (found.taken, found.changes) == (NAMEPLATE, True)
    assert found.reason.startswith("retired: RMSE")


def test_without_measurements_the_one_in_service_stays() -> None:
    unmeasured = Candidate(unfitted_card("p", "kW", "chw.power_kw is not in the history"), None, None)
    found = decide(unmeasured, incumbent(rows(8)))
    assert (found.taken, found.changes) == (KEPT, False)
    assert "chw.power_kw is not in the history" in found.reason


def test_after_a_change_the_rows_since_then_teach_if_they_teach_better() -> None:
    history = rows(12, changed=(6, 1.6))
    since = history.rows.index[6 * 96].to_pydatetime()
    newer = ComponentRows(history.rows.loc[since:], history.power_kw.loc[since:])
    found = better_of(candidate(history), candidate(newer), since)
    assert found.card.window is not None and found.card.window[0] == since.isoformat()
    assert "learned from the rows since 2026-03-07 00:00 UTC alone" in found.card.notes[-1]
    steady = rows(12)
    half = ComponentRows(steady.rows.iloc[-400:].assign(prior_kw=10.0), steady.power_kw.iloc[-400:])
    assert better_of(candidate(steady), candidate(half), since).card.window[0] == BEGIN.isoformat()  # type: ignore[index]


def hall_rows(hours: float) -> pd.DataFrame:
    """Three days at 25 degC, then a plan's colder air; half a day later work takes 2 kW more than it did, for whatever reason."""
    size = 3 * 96 + round(hours * 4)
    times, hour = pd.date_range(BEGIN, periods=size, freq="15min"), np.arange(size) / 4.0
    random = np.random.default_rng(1)
    busy = 50.0 - 15.0 * np.cos(hour / 12.0 * np.pi) + random.normal(0.0, 1.0, size)
    inlet = np.where(hour < 72.0, 25.0, np.maximum(25.0 - 2.0 * (hour - 72.0), 16.0) + 1.5 * np.sin(hour))
    power = (10.0 + 0.6 * busy + 2.0 * (hour > 84.0)) * np.exp(0.06 * (inlet - 25.0))
    measured = pd.DataFrame({"it_kw": power + random.normal(0.0, 0.06, size), "inlet_degc": inlet}, times)
    return hall_table(measured, pd.DataFrame({"busy": busy}, times))


def server_fans(table: pd.DataFrame) -> Candidate:
    fit = fit_server_fans("hall", table, ServerFans(0.2))
    return Candidate(fit.card, fit, server_fans_evidence(table, ServerFans(0.2)))


def test_server_fans_are_not_retired_for_work_that_has_changed() -> None:
    """Their law holds as before: the nameplate follows the change from step to step, but knows the inlets worse."""
    early = server_fans(hall_rows(12.0))
    assert early.model is not None and early.evidence is not None
    old = Incumbent(early.model, early.evidence.newest, early.card.features)
    late = server_fans(hall_rows(30.0))
    assert late.evidence is not None and late.evidence.nameplate is not None
    rows = late.evidence.after(old.fitted_until)
    as_a_whole = rows.errors_of(predicted(old.model, rows.rows)).rmse
    assert rows.nameplate is not None and as_a_whole > rows.errors_of(rows.nameplate).rmse
    found = decide(late, old)
    assert found.taken in (KEPT, NEW)
    assert max(found.rmse["in_service"], found.rmse["new"]) < 0.5 * found.rmse["nameplate"]
