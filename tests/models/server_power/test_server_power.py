"""Server power: a nameplate first, then the family, then the server itself; intervals that follow drift."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from models.serialise import dump_model, load_model
from models.server_power.family import Nameplate, ServerRows, fit_family, server_rows, unmeasured_family
from models.server_power.server import ServerPower, of_family

NAMEPLATE = Nameplate(0.1, 0.5)
WORK = np.linspace(0, 1, 101)


def measured(idle_kw: float, peak_kw: float, hours: int, seed: int, busiest_frac: float = 1.0) -> ServerRows:
    """A server of a kind whose power rises with the root of its work; jobs last, so hours are alike."""
    generator = np.random.default_rng(seed)
    work = np.repeat(generator.uniform(0, busiest_frac, hours // 6 + 1), 6)[:hours]
    power = idle_kw + (peak_kw - idle_kw) * np.sqrt(work) + generator.normal(0, 0.01, hours)
    index = pd.date_range("2026-01-01", periods=hours, freq="h", tz="UTC")
    return server_rows(pd.DataFrame({"utilisation_frac": work, "power_kw": power}, index=index))


def worst_kw(server: ServerPower, truth_kw: npt.NDArray[np.float64], where: slice = slice(None)) -> float:
    return float(np.abs(server.power_kw(WORK[where]) - truth_kw[where]).max())


def kind(idle_kw: float, peak_kw: float) -> npt.NDArray[np.float64]:
    return np.asarray(idle_kw + (peak_kw - idle_kw) * np.sqrt(WORK))


def test_a_nameplate_alone_is_the_published_law_with_a_wide_band() -> None:
    server = of_family(unmeasured_family(NAMEPLATE))
    assert server.power_kw([0, 1]) == pytest.approx([0.1, 0.5])
    assert server.power_kw(0.5) == pytest.approx(0.1 + 0.4 * (2 * 0.5 - 0.5**1.4), abs=1e-3)
    assert np.all(server.half_width_kw(WORK) > 0.15 * server.nameplate.span_kw)


def test_a_server_never_seen_gets_the_curve_of_its_kind_and_a_wider_interval_than_one_that_was() -> None:
    family = fit_family(NAMEPLATE, [measured(0.1, 0.5, 2000, 1), measured(0.11, 0.51, 2000, 2)])
    unseen = of_family(family)
    assert worst_kw(unseen, kind(0.105, 0.505)) < 0.02
    assert worst_kw(of_family(unmeasured_family(NAMEPLATE)), kind(0.105, 0.505)) > 0.05
    seen = of_family(family, measured(0.1, 0.5, 2000, 3))
    assert np.all(seen.half_width_kw(WORK) < unseen.half_width_kw(WORK))


def test_a_week_of_its_own_moves_what_it_showed_and_leaves_the_rest_to_the_family() -> None:
    family = fit_family(NAMEPLATE, [measured(0.1, 0.5, 2000, 1), measured(0.1, 0.5, 2000, 2)])
    week = measured(0.13, 0.53, 168, 4, busiest_frac=0.3)
    own, unseen = of_family(family, week), of_family(family)
    truth, low = kind(0.13, 0.53), slice(5, 25)
    assert worst_kw(own, truth, low) < 0.5 * worst_kw(unseen, truth, low)
    unshown_width = own.half_width_kw(1.0) / unseen.half_width_kw(1.0)
    shown_width = own.half_width_kw(0.2) / unseen.half_width_kw(0.2)
    assert shown_width < 0.8 * unshown_width


def test_servers_of_a_family_count_alike_however_long_they_were_measured() -> None:
    family = fit_family(NAMEPLATE, [measured(0.1, 0.5, 20_000, 1), measured(0.2, 0.6, 2000, 2)])
    assert of_family(family).power_kw(0.5) == pytest.approx(kind(0.15, 0.55)[50], abs=0.015)


def test_power_never_falls_with_work_even_where_the_data_do() -> None:
    index = pd.date_range("2026-01-01", periods=600, freq="h", tz="UTC")
    work = np.tile([0.2, 0.5, 0.9], 200)
    falling = pd.DataFrame({"utilisation_frac": work, "power_kw": 0.6 - 0.3 * work}, index=index)
    server = of_family(unmeasured_family(NAMEPLATE), server_rows(falling))
    assert np.all(np.diff(server.power_kw(WORK)) >= -1e-12)


def test_the_interval_covers_nine_in_ten_through_a_change_of_level() -> None:
    family = fit_family(NAMEPLATE, [measured(0.1, 0.5, 2000, 1)])
    calm, moved = measured(0.1, 0.5, 1500, 5), measured(0.16, 0.56, 1500, 6)
    server, before = of_family(family).adapted(calm)
    _, after = server.adapted(moved)
    for rows, half_width_kw in ((calm, before), (moved, after)):
        miss = np.abs(rows.power_kw - server.power_kw(rows.utilisation_frac))
        assert 0.87 <= np.mean(miss <= half_width_kw) <= 0.93
    assert after[-1] > 1.5 * before[-1]


def test_an_interval_uses_nothing_of_the_row_it_is_for() -> None:
    server = of_family(unmeasured_family(NAMEPLATE))
    rows = measured(0.1, 0.5, 100, 7)
    other = ServerRows(rows.utilisation_frac, np.append(rows.power_kw[:-1], 9.0), rows.weight)
    assert np.array_equal(server.adapted(rows)[1], server.adapted(other)[1])


def test_rows_with_gaps_are_left_out_and_percent_is_refused() -> None:
    index = pd.date_range("2026-01-01", periods=3, freq="h", tz="UTC")
    table = pd.DataFrame({"utilisation_frac": [0.1, np.nan, 0.3], "power_kw": [0.2, 0.2, np.nan]}, index=index)
    assert server_rows(table).power_kw.tolist() == [0.2]
    with pytest.raises(ValueError, match=r"fraction within 0\.\.1"):
        server_rows(pd.DataFrame({"utilisation_frac": [35.0], "power_kw": [0.2]}, index=index[:1]))
    with pytest.raises(ValueError, match="must be above idle"):
        unmeasured_family(Nameplate(0.5, 0.5))


def test_no_rows_at_all_leave_what_was_known() -> None:
    none = server_rows(pd.DataFrame({"utilisation_frac": [], "power_kw": []}, dtype=float))
    family = fit_family(NAMEPLATE, [none])
    assert np.array_equal(
        of_family(family, none).power_kw(WORK), of_family(unmeasured_family(NAMEPLATE)).power_kw(WORK)
    )


def test_it_is_stored_without_pickles() -> None:
    server = of_family(fit_family(NAMEPLATE, [measured(0.1, 0.5, 500, 1)]), measured(0.1, 0.5, 100, 2))
    assert np.array_equal(load_model(dump_model(server)).power_kw(WORK), server.power_kw(WORK))
