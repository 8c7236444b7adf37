"""The command line: what is compared, on which plant, under which weather and prices, and how the outcome is shown."""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import NoReturn
from zoneinfo import ZoneInfo

from facility.errors import ConfigurationError
from tools.closed_loop.arms import ARMS
from tools.closed_loop.call_baselines import METHODS
from tools.closed_loop.case import HISTORY
from tools.closed_loop.drive import CONTROL_EVERY

DEFAULT_PLANT = "tools.simulated_site.closed_loop_plant:factory"
FOLDER = Path("var/closed_loop")
MOST_DAYS = 366
REFERENCE_CPU_S = 150.0  # so that eight cases of three days take less than an hour of two cores
WHOLE = timedelta(minutes=15)  # demand, limits and the reference count in quarters of an hour


@dataclass(frozen=True, slots=True)
class Options:
    """What was asked for."""

    site: Path
    days: int
    starts: tuple[str, ...]  # as given; they are dates of the site's zone
    seeds: tuple[int, ...]
    weather: Path | None
    prices: Path | None
    carbon: Path | None
    load: Path | None
    failures: Path | None
    events: Path | None
    ramp: timedelta
    baseline: str  # a method, or a program of the site's settings
    history: timedelta  # of baseline operation that facility learns from
    plant: str
    replan: timedelta
    plans_alone: bool
    arms: tuple[str, ...]
    reference_cpu_s: float
    jobs: int
    resume: bool
    folder: Path
    form: str  # table or json
    html: Path | None


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(2, f"closed_loop: {message}\n")


def parse(words: Sequence[str] | None = None) -> Options:
    """Return what a command line asks for; ends the program with code 2 and one line where it is wrong."""
    given = _parser().parse_args(words)
    return Options(
        site=given.site,
        days=given.days,
        starts=tuple(dict.fromkeys(given.start)),
        seeds=tuple(dict.fromkeys(given.seed)),
        weather=given.weather,
        prices=given.prices,
        carbon=given.carbon,
        load=given.load,
        failures=given.failures,
        events=given.events,
        ramp=given.ramp,
        baseline=given.baseline,
        history=timedelta(days=given.history_days),
        plant=given.plant,
        replan=given.replan,
        plans_alone=given.plans_alone,
        arms=tuple(arm for arm in ARMS if arm in given.arms),
        reference_cpu_s=given.reference_cpu_s,
        jobs=given.jobs,
        resume=given.resume,
        folder=given.folder,
        form=given.format,
        html=given.html,
    )


def parse_start(text: str, zone: ZoneInfo) -> datetime:
    """Return when a case begins: midnight of a date in the site's zone, or a time with its offset.

    Raises
    ------
    ConfigurationError
        If it is neither, or no whole quarter of an hour.
    """
    wanted = f"expected a date of the site ({zone.key}) such as 2025-10-06, or a time with its offset"
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
            return datetime.combine(date.fromisoformat(text), time(), zone)
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise ConfigurationError(f"--start {text}: {error}; {wanted}") from None
    if found.tzinfo is None:
        raise ConfigurationError(f"--start {text}: has no offset from UTC; {wanted}, such as {text}+00:00")
    if found.timestamp() % WHOLE.total_seconds():
        raise ConfigurationError(f"--start {text}: expected a whole quarter of an hour")
    return found


def duration(text: str) -> timedelta:
    """Return a time span such as `1h`, `30min` or `90s`; for argparse."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(h|min|m|s)", text)
    if match is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no time span such as 1h or 30min")
    unit = {"h": "hours", "min": "minutes", "m": "minutes", "s": "seconds"}[match[2]]
    span = timedelta(**{unit: float(match[1])})
    if span <= timedelta(0) or span % CONTROL_EVERY:
        whole = round(CONTROL_EVERY / timedelta(minutes=1))
        raise argparse.ArgumentTypeError(f"{text!r} is no multiple of {whole} min, in which controllers decide")
    return span


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="python -m tools.closed_loop",
        description="Baselines, facility and a reference on the same plant, weather, prices and load, judged by the plant's truth.",
        epilog="exit codes: 0 done, 1 the arms did not do the same work, 2 wrong input, 3 an arm failed; docs/closed_loop.md",
    )
    parser.add_argument("site", type=Path, metavar="SITE", help="site file")
    _add_cases(parser)
    _add_files(parser)
    _add_running(parser)
    parser.add_argument("--format", choices=("table", "json"), default="table")
    parser.add_argument("--html", type=Path, metavar="PAGE", help="write a page of pictures of the runs")
    return parser


def _add_cases(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--days", type=_days, default=3, metavar="N", help="how long each case lasts (default: 3)")
    start = "when a case begins: a date of the site, or a time with its offset; several make several cases"
    parser.add_argument("--start", nargs="+", required=True, metavar="DATE", help=start)
    past = "of baseline operation before each case, which facility learns from and baselines of days are found in"
    parser.add_argument(
        "--history-days", type=_days, default=HISTORY.days, metavar="N", help=f"{past} (default: {HISTORY.days})"
    )
    seed = "of what no file says: hidden values of the plant, noise, forecast errors; several make several cases"
    parser.add_argument("--seed", nargs="+", type=_seed, default=[1], metavar="K", help=f"{seed} (default: 1)")
    parser.add_argument(
        "--plant", default=DEFAULT_PLANT, metavar="MODULE:FACTORY", help=f"the plant (default: {DEFAULT_PLANT})"
    )
    parser.add_argument(
        "--replan", type=duration, default=duration("1h"), metavar="SPAN", help="how often facility plans (default: 1h)"
    )
    alone = "facility follows its plans to the letter: nothing is corrected between two plans"
    parser.add_argument("--plans-alone", action="store_true", help=alone)


def _add_files(parser: argparse.ArgumentParser) -> None:
    for name, what in (
        ("weather", "EPW, or CSV with time, dry_bulb_degc and relative_humidity_pct or wet_bulb_degc"),
        ("prices", "CSV with time and price_per_mwh; without it the site's tariff"),
        ("carbon", "CSV with time and gco2_per_kwh; without it the site's carbon section"),
        ("load", "CSV with time and a fraction 0..1, of the site or by pool; without it the plant's own"),
        ("failures", "CSV with equipment, kind, begins and ends"),
        ("events", "of the grid: CSV with told, start, end, kw and penalty_per_kwh; facility alone hears of them"),
    ):
        parser.add_argument(f"--{name}", type=Path, metavar="FILE", help=what)
    ramp = "from the start of an event until its reduction has to be there (default: 15min)"
    parser.add_argument("--ramp", type=duration, default=duration("15min"), metavar="SPAN", help=ramp)
    baseline = (
        f"what events are held against: {', '.join(METHODS)}, or a program of SITE.respond.yaml (default: {METHODS[0]})"
    )
    parser.add_argument("--baseline", default=METHODS[0], metavar="METHOD", help=baseline)


def _add_running(parser: argparse.ArgumentParser) -> None:
    arms = f"of {', '.join(ARMS)} (default: all); the reference brings good_practice along"
    parser.add_argument("--arms", nargs="+", choices=ARMS, default=list(ARMS), metavar="ARM", help=arms)
    budget = f"CPU seconds that each reference searches (default: {REFERENCE_CPU_S:g})"
    parser.add_argument("--reference-cpu-s", type=_positive, default=REFERENCE_CPU_S, metavar="S", help=budget)
    parser.add_argument(
        "--jobs", type=_count, default=_cores(), metavar="N", help="processes at a time (default: one a core)"
    )
    parser.add_argument("--resume", action="store_true", help="take arms that the same code has finished before")
    parser.add_argument(
        "--folder", type=Path, default=FOLDER, metavar="DIR", help=f"where finished arms are kept (default: {FOLDER})"
    )


def _cores() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # only Linux says which cores are ours
        return os.cpu_count() or 1


def _days(text: str) -> int:
    days = _count(text)
    if days > MOST_DAYS:
        raise argparse.ArgumentTypeError(f"{text} days; at most {MOST_DAYS}")
    return days


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1 on")
    return int(text)


def _seed(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 0 on")
    return int(text)


def _positive(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0.0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is no positive number")
    return value
