"""Measured savings: how often the 90 % interval holds the true saving of 200 changes on simulated sites, and how wide it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from facility.savings.boundary import ISOLATED
from facility.savings.hours import baseline_rows, whole_hours
from facility.savings.rows import COOLING
from facility.site_file import load_site
from models.savings.baseline import MeanSaving, Rows, mean_saving
from models.savings.placebo import mean_saving_by_placebo
from models.uncertainty.scores import coverage_frac
from models.whole.site_rows import FACILITY
from tools.bench.rows import Row
from tools.bench.savings_cases import MOVES, NOTHING, SITES, WORK, SavingCase, cases

SEEDS, TRIALS = range(3000, 3010), 20  # nothing was chosen on these: 500 to 502 and 600 to 612 were for that
QUICK_SEEDS, QUICK_TRIALS = range(900, 901), 2


@dataclass(frozen=True, slots=True)
class Scored:
    """A change, what it truly saved [kW], what the product measures, what the site's meter alone says, and the second way."""

    site: str
    kind: str
    true_kw: float
    measured: MeanSaving
    whole: MeanSaving
    placebo: MeanSaving


def run(quick: bool) -> list[Row]:
    """Simulate, measure and score; `quick` two changes of one site."""
    seeds, trials = (QUICK_SEEDS, QUICK_TRIALS) if quick else (SEEDS, TRIALS)
    return rows_of([scored(case) for seed in seeds for case in cases(seed, trials)])


def scored(case: SavingCase) -> Scored:
    """Measure a change as the product does, from its hours to its end, and in the second way."""
    before, during = _split(case, FACILITY)
    whole, placebo = mean_saving(before, during), mean_saving_by_placebo(before, during)
    isolated = case.trial.kind in MOVES and MOVES[case.trial.kind][0] in ISOLATED
    measured = mean_saving(*_split(case, COOLING)) if isolated else whole
    return Scored(case.name, case.trial.kind, case.true_kw, measured, whole, placebo)


def _split(case: SavingCase, of: str) -> tuple[Rows, Rows]:
    hours = whole_hours(case.rows.table, case.trial.begins)
    zone = load_site(SITES / f"{case.name.partition(',')[0]}.yaml").site.zone
    on = hours.index >= pd.Timestamp(case.trial.begins)
    moves_work = case.trial.kind == WORK
    before, during = (baseline_rows(hours[those], zone, moves_work=moves_work, of=of) for those in (~on, on))
    return before, during


def rows_of(found: Sequence[Scored]) -> list[Row]:
    """Return coverage, width, bias and error of all changes; coverage, width and what was told from nothing by kind and site."""
    return [
        Row("savings_cases", float(len(found)), "-"),
        *_scores("savings", found, lambda one: one.measured),
        *_scores("savings_option_c", found, lambda one: one.whole),
        *_scores("savings_placebo", found, lambda one: one.placebo),
        *_false_claims(found),
        *_by("kind", found, _kind),
        *_by("site", found, lambda one: one.site.partition(",")[0]),
        *_by(
            "option C, kind",
            (replace(one, measured=one.whole) for one in found if one.measured is not one.whole),
            _kind,
        ),
    ]


def _scores(name: str, found: Sequence[Scored], way: Callable[[Scored], MeanSaving]) -> Iterator[Row]:
    true = np.array([one.true_kw for one in found])
    said = np.array([[way(one).saved_kw, way(one).low_kw, way(one).high_kw] for one in found])
    missed = said[:, 0] - true
    yield Row(f"{name}_coverage_90", coverage_frac(true, said[:, 1], said[:, 2]), "-")
    yield Row(f"{name}_half_width", float((said[:, 2] - said[:, 1]).mean() / 2), "kW")
    yield Row(f"{name}_bias", float(missed.mean()), "kW")
    yield Row(f"{name}_rmse", float(np.sqrt(np.mean(missed**2))), "kW")


def _false_claims(found: Sequence[Scored]) -> Iterator[Row]:
    """Yield how often a change of nothing is said to save or to cost, and how often a real one is told from nothing."""
    nothing = [one.measured.distinguishable for one in found if one.kind == NOTHING]
    real = [one.measured.distinguishable for one in found if one.kind != NOTHING]
    if nothing:
        yield Row("savings_claimed_of_nothing", float(np.mean(nothing)), "-")
    if real:
        yield Row("savings_told_from_nothing", float(np.mean(real)), "-")


def _kind(one: Scored) -> str:
    return one.kind


def _by(what: str, found: Iterable[Scored], key: Callable[[Scored], str]) -> Iterator[Row]:
    groups: dict[str, list[Scored]] = {}
    for one in found:
        groups.setdefault(key(one), []).append(one)
    for name, those in sorted(groups.items()):
        covered = [one.measured.low_kw <= one.true_kw <= one.measured.high_kw for one in those]
        widths = [one.measured.high_kw - one.measured.low_kw for one in those]
        yield Row(f"savings_coverage_90: {what} {name} ({len(those)})", float(np.mean(covered)), "-")
        yield Row(f"savings_half_width: {what} {name}", float(np.mean(widths)) / 2, "kW")
        told = [one.measured.distinguishable for one in those]
        yield Row(f"savings_told_from_nothing: {what} {name}", float(np.mean(told)), "-")
