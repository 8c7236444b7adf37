"""The campaign: the example sites through the seasons, on days when machines fail and in frost, each held against what is promised.

`python -m tools.closed_loop.campaign --weather-folder DIR` runs all of it, for many hours; `--only` and `--days` run parts.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np

from facility.errors import FacilityError
from tools.closed_loop import arms
from tools.closed_loop.arguments import parse
from tools.closed_loop.cases import read_settings
from tools.closed_loop.comparison import Outcome
from tools.closed_loop.figures import FIGURES, ROUNDING
from tools.closed_loop.result import RunResult
from tools.closed_loop.side_by_side import compare_all

ROOT, FAILURES = Path(__file__).parents[2], Path(__file__).parent / "campaign_failures"
# A climate for each site: the demo's is its plant's own, temperate; the others' are typical years, humid and desert.
CLIMATES = {
    "demo": "",
    "liquid_ai": "USA_VA_Sterling-Washington.Dulles.Intl.AP.724030_TMY3.epw",
    "air_economizer": "USA_CO_Denver-Aurora-Buckley.AFB.724695_TMY3.epw",
}
FROSTY = CLIMATES["liquid_ai"]  # wet bulb below -8 C all day long on 17 January
SEASONS = ("2025-01-13", "2025-04-14", "2025-07-14", "2025-10-13")
SEASON, WEEK, FAILING = "season", "week", ("chiller_trip", "crah")  # these bear the names of their files
BAD_DAY, FROST_DAY = "2025-07-15", "2025-01-17"

LEAST_SHARE, MEAN_SHARE, MEAN_COOLING_ONLY_SHARE = 0.60, 0.85, 0.75
MOST_MODE_CHANGES = 4  # of an economizer in a day
RECOMMENDED = ("recommended_degree_minutes", "below_recommended_degree_minutes")  # a range has two sides
ALLOWED_K_MIN = 1.0  # of either, per rack and day, more than good practice
HEADINGS = (
    *("case", "captured", "cooling only", "broken", "good practice", "facility", "cooling only", "reference"),
    *("mode changes", "PUE", "kWh", "kgCO2", "water L"),
)
SHOWN_ARMS = (arms.GOOD_PRACTICE, arms.FACILITY, arms.COOLING_ONLY_FACILITY, arms.REFERENCE)
SHOWN = (("mode_changes", 0), ("pue", 4), ("energy_kwh", 0), ("carbon_kgco2", 0), ("water_l", 0))


@dataclass(frozen=True, slots=True)
class Entry:
    """A case of the campaign; on a bad day facility has to be no worse than good practice, else to win what there is."""

    site: str
    start: str
    days: int
    weather: str  # file name; empty for the plant's own
    kind: str = SEASON

    @property
    def bad_day(self) -> bool:
        """Whether machines fail, or it freezes hard."""
        return self.kind not in (SEASON, WEEK)

    @property
    def name(self) -> str:
        """Short, for `--only` and the table."""
        return f"{self.site} {self.start} {self.kind}"


def entries() -> list[Entry]:
    """Return the whole campaign."""
    seasons = [Entry(site, start, 3, CLIMATES[site]) for site, start in product(CLIMATES, SEASONS)]
    failing = [Entry(site, BAD_DAY, 1, CLIMATES[site], kind) for site, kind in product(CLIMATES, FAILING)]
    frost = [Entry(site, FROST_DAY, 1, FROSTY, "frost") for site in CLIMATES]
    weeks = [Entry("demo", start, 7, CLIMATES["demo"], WEEK) for start in (SEASONS[0], SEASONS[2])]
    return [*seasons, *failing, *frost, *weeks]


def broken(entry: Entry, outcome: Outcome) -> list[str]:
    """Return what facility did not keep of what is promised, one word and figure each; empty where all is well."""
    runs = {arm: run.result for arm, run in outcome.runs.items()}
    found = [*(f"{arm} was not finished" for arm in outcome.failed), *outcome.different_work]
    yardstick = runs.get(arms.GOOD_PRACTICE)
    for arm in (arms.FACILITY, arms.COOLING_ONLY_FACILITY):
        if yardstick is not None and arm in runs:
            found += [f"{arm}: {words}" for words in _limits_broken(entry, outcome, runs[arm], yardstick)]
    if entry.bad_day:
        return found
    shares = (outcome.comparison.captured_share, outcome.comparison.cooling_only_captured_share)
    return found + [f"captured {share:.2f}" for share in shares if share is not None and share < LEAST_SHARE]


def _limits_broken(entry: Entry, outcome: Outcome, ours: RunResult, yardstick: RunResult) -> Iterator[str]:
    site, days = outcome.setting.case.loaded.site, outcome.comparison.days
    racks = sum(len(hall.racks) for hall in site.halls)
    for figure in FIGURES["limits"]:
        mine, theirs = figure.value(ours), figure.value(yardstick)
        if mine is None or theirs is None or figure.wanted != "less":
            continue
        most = theirs if entry.bad_day else 0.0
        if figure.name in RECOMMENDED:
            most = theirs + ALLOWED_K_MIN * racks * days
        if mine > most + ROUNDING:
            yield f"{figure.label} {figure.shown(mine)} (good practice {figure.shown(theirs)})"
    economizers = sum(plant.economizer is not None for plant in site.plants)
    if ours.mode_changes > MOST_MODE_CHANGES * days * economizers:
        yield f"{ours.mode_changes} mode changes"
    if entry.bad_day and ours.cost.cost > yardstick.cost.cost:
        yield f"cost {ours.cost.cost:,.0f} (good practice {yardstick.cost.cost:,.0f})"


def row(entry: Entry, outcome: Outcome) -> list[str]:
    """Return a case as cells of the table."""
    found, runs = outcome.comparison, {arm: run.result for arm, run in outcome.runs.items()}
    shares = (found.captured_share, found.cooling_only_captured_share)
    yardstick, ours, cooling_only, reference = (runs.get(arm) for arm in SHOWN_ARMS)
    return [
        f"{entry.name}, seed {found.seed}",
        *("" if share is None else f"{share:.2f}" for share in shares),
        "; ".join(broken(entry, outcome)),
        *("" if run is None else f"{run.cost.cost:,.1f}" for run in (yardstick, ours, cooling_only, reference)),
        *(_both(yardstick, ours, *figure) for figure in SHOWN),
    ]


def _both(yardstick: RunResult | None, ours: RunResult | None, name: str, decimals: int) -> str:
    return " / ".join(f"{getattr(run, name):,.{decimals}f}" for run in (yardstick, ours) if run is not None)


def means(outcomes: Sequence[tuple[Entry, Outcome]]) -> Iterator[str]:
    """Yield what the seasons come to on average."""
    found = [outcome.comparison for entry, outcome in outcomes if not entry.bad_day]
    for words, shares, wanted in (
        ("all levers", [one.captured_share for one in found], MEAN_SHARE),
        ("cooling only", [one.cooling_only_captured_share for one in found], MEAN_COOLING_ONLY_SHARE),
    ):
        known = [share for share in shares if share is not None]
        if known:
            yield f"captured on average, {words}: {np.mean(known):.3f} of {len(known)} cases; at least {wanted} is wanted"


def main(words: Sequence[str] | None = None) -> int:
    """Run the campaign, or the part of it that is asked for; return 0 if nothing broke, 1 if something did, 2 for wrong input."""
    given = _parser().parse_args(words)
    named = [entry for entry in entries() if all(word in entry.name for word in given.only)]
    chosen = [entry for entry in named if not (given.days and entry.kind == WEEK)]
    outcomes: list[tuple[Entry, Outcome]] = []
    print(f"| {' | '.join(HEADINGS)} |\n|{'---|' * len(HEADINGS)}", flush=True)
    try:
        for entry in chosen:
            options = parse(_words(entry, given))
            for outcome in compare_all(options, read_settings(options)):
                outcomes.append((entry, outcome))
                print(f"| {' | '.join(row(entry, outcome))} |", flush=True)
    except FacilityError as error:
        sys.stderr.write(f"campaign: {error}\n")
        return 2
    print(*means(outcomes), sep="\n")
    return int(any(broken(entry, outcome) for entry, outcome in outcomes))


def _words(entry: Entry, given: argparse.Namespace) -> list[str]:
    """Return an entry as a command line of the closed loop."""
    found = [str(ROOT / "site_configs" / f"{entry.site}.yaml"), "--start", entry.start]
    found += ["--days", str(min(entry.days, given.days or entry.days)), "--seed", *given.seed, "--resume"]
    found += ["--weather", str(given.weather_folder / entry.weather)] if entry.weather else []
    found += ["--failures", str(FAILURES / f"{entry.kind}.csv")] if entry.kind in FAILING else []
    return [*found, "--arms", *arms_of(entry), *given.rest]


def arms_of(entry: Entry) -> list[str]:
    """Return the arms that a case is judged by: on a bad day nothing is held against a reference."""
    needless = {arms.AS_COMMISSIONED, *(arms.REFERENCES if entry.bad_day else ())}
    return [arm for arm in arms.ARMS if arm not in needless]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tools.closed_loop.campaign", description=__doc__)
    parser.add_argument(
        "--weather-folder", type=Path, required=True, metavar="DIR", help="holds the EPW files named in this module"
    )
    parser.add_argument("--only", nargs="+", default=[], metavar="WORD", help="cases whose name has all of these words")
    parser.add_argument(
        "--days", type=int, metavar="N", help="cut cases of more days to so many, and leave out whole weeks"
    )
    parser.add_argument("--seed", nargs="+", default=["1", "2"], metavar="K")
    parser.add_argument(
        "rest", nargs="*", metavar="OPTION", help="after --: more options of the closed loop, such as --jobs 1"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
