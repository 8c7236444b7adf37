"""A comparison for people: a column an arm, and sentences that say wins and losses alike."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from tools.closed_loop import arms
from tools.closed_loop.comparison import Outcome
from tools.closed_loop.delivered import Delivered
from tools.closed_loop.figures import FIGURES, Figure
from tools.closed_loop.result import RunResult

SHOWN_FAILURES = 5
SUMMARY = (
    *("case", "as com-\nmissioned", "good\npractice", "facility", "reference", "saved on\ncommissioned"),
    *(
        "saved on\npractice",
        "captured",
        "cooling\nonly",
        "above\nK min",
        "practice\nK min",
        "allowable\nmin",
        "plan\ns",
    ),
)
NOTICEABLE = 0.0005  # of the baseline's value: below it nobody calls it a difference


def tables(outcomes: Sequence[Outcome]) -> list[RenderableType]:
    """Return a table a case with what is to be said of it, and one of all cases where there are several."""
    found: list[RenderableType] = []
    for outcome in outcomes:
        figures = case_table(outcome) if outcome.runs else Text(outcome.setting.name, style="bold")
        found += [figures, *(Text(line, style=style) for line, style in remarks(outcome)), Text("")]
    return [*found, summary(outcomes)] if len(outcomes) > 1 else found


def case_table(outcome: Outcome) -> Table:
    """Return a case's figures, a column an arm; facility's are green where better than good practice, red where worse."""
    site, comparison = outcome.setting.case.loaded.site, outcome.comparison
    title = f"{outcome.setting.name}, {comparison.days} days from {comparison.start}, {outcome.setting.case.plant}"
    table = Table(title=title, title_justify="left")
    shown = [arm for arm in arms.ARMS if arm in outcome.runs and not _repeats(outcome, arm)]
    table.add_column("")
    for arm in shown:
        table.add_column(arm.replace("_", " "), justify="right")
    for group, figures in FIGURES.items():
        table.add_row(Text(group, style="bold"), *[""] * len(shown))
        for figure in figures:
            cells = [_cell(figure, outcome, arm) for arm in shown]
            table.add_row(f"  {figure.label}, {figure.unit or site.currency}", *cells)
        table.add_section()
    return table


def remarks(outcome: Outcome) -> Iterator[tuple[str, str]]:
    """Yield sentences with their styles."""
    comparison, site = outcome.comparison, outcome.setting.case.loaded.site
    yield from _verdicts(outcome)
    for name, share in (
        ("captured", comparison.captured_share),
        ("captured, cooling only", comparison.cooling_only_captured_share),
    ):
        if share is not None:
            yield f"{name}: {100 * share:.1f} % of what the reference wins over good practice", "bold"
    if comparison.lower_bound_cost is not None:
        yield f"no arm can cost less than {comparison.lower_bound_cost:,.2f} {site.currency}", ""
    yield from ((f"not the same work: {line}", "bold red") for line in outcome.different_work)
    yield from ((f"{arm} was not finished: {why}", "bold red") for arm, why in outcome.failed.items())
    for arm, run in outcome.runs.items():
        if _repeats(outcome, arm):
            continue
        yield from ((f"{arm}: no plan at {line}", "red") for line in run.plan_failures[:SHOWN_FAILURES])
        more = len(run.plan_failures) - SHOWN_FAILURES
        yield from ((f"{arm}: {more} more plans failed", "red") for _ in range(more > 0))
        yield from ((f"{arm}: {note}", "") for note in run.notes)
        yield from ((f"{arm}: {_told(one)}", "") for one in run.delivered)
    yield from ((f"note: {note}", "") for note in comparison.notes)


def summary(outcomes: Sequence[Outcome]) -> Table:
    """Return all cases in one table: costs, what was saved against both baselines, and the limits that broke."""
    currency = outcomes[0].setting.case.loaded.site.currency
    table = Table(title=f"{len(outcomes)} cases; costs in {currency}, savings of facility", title_justify="left")
    for heading in SUMMARY:
        table.add_column(heading, justify="left" if heading == "case" else "right", no_wrap=True)
    for outcome in outcomes:
        table.add_row(*_summary_row(outcome))
    return table


def _summary_row(outcome: Outcome) -> Iterator[str | Text]:
    runs, comparison = outcome.comparison.runs, outcome.comparison
    yield outcome.setting.name
    yield from (f"{runs[arm].cost.cost:,.1f}" if arm in runs else "" for arm in arms.MAIN)
    for baseline in (arms.AS_COMMISSIONED, arms.GOOD_PRACTICE):
        saved = _saved_frac(runs.get(arms.FACILITY), runs.get(baseline))
        yield "" if saved is None else Text(f"{100 * saved:+.2f} %", style="green" if saved > 0 else "bold red")
    for share in (comparison.captured_share, comparison.cooling_only_captured_share):
        yield "" if share is None else f"{100 * share:.0f} %"
    ours, yardstick = runs.get(arms.FACILITY), runs.get(arms.GOOD_PRACTICE)
    yield "" if ours is None else f"{ours.recommended_degree_minutes:,.0f}"
    yield "" if yardstick is None else f"{yardstick.recommended_degree_minutes:,.0f}"
    yield "" if ours is None else f"{ours.allowable_minutes:,.0f}"
    yield "" if ours is None or ours.plan_seconds_mean is None else f"{ours.plan_seconds_mean:.1f}"


def _verdicts(outcome: Outcome) -> Iterator[tuple[str, str]]:
    runs = outcome.comparison.runs
    ours = runs.get(arms.FACILITY)
    for baseline in (arms.AS_COMMISSIONED, arms.GOOD_PRACTICE):
        saved = _saved_frac(ours, runs.get(baseline))
        if saved is not None:
            words = (
                f"costs {100 * abs(saved):.2f} % {'less' if saved > 0 else 'MORE'} than {baseline.replace('_', ' ')}"
            )
            yield f"facility {words}", "bold green" if saved > 0 else "bold red"
    yardstick = runs.get(arms.GOOD_PRACTICE)
    if ours is None or yardstick is None:
        return
    for figure in FIGURES["limits"]:
        mine, theirs = figure.value(ours), figure.value(yardstick)
        if mine is not None and theirs is not None and figure.verdict(mine, theirs, NOTICEABLE) == "worse":
            yield (
                f"facility is worse than good practice in {figure.label}: {figure.shown(mine)} against {figure.shown(theirs)}",
                "red",
            )


def _saved_frac(ours: RunResult | None, baseline: RunResult | None) -> float | None:
    if ours is None or baseline is None or not baseline.cost.cost:
        return None
    return (baseline.cost.cost - ours.cost.cost) / abs(baseline.cost.cost)


def _cell(figure: Figure, outcome: Outcome, arm: str) -> Text:
    value = figure.value(outcome.runs[arm].result)
    yardstick = outcome.runs.get(arms.GOOD_PRACTICE)
    if value is None:
        return Text("")
    style = ""
    if arm.endswith(arms.FACILITY) and yardstick is not None:
        compared_with = figure.value(yardstick.result)
        verdict = "" if compared_with is None else figure.verdict(value, compared_with, NOTICEABLE)
        style = {"better": "green", "worse": "bold red"}.get(verdict, "")
    return Text(figure.shown(value), style=style)


def _repeats(outcome: Outcome, arm: str) -> bool:
    """Tell whether a cooling-only arm is the arm itself, because the site has nothing but cooling."""
    return arm.startswith(arms.COOLING_ONLY) and outcome.runs[arm] is outcome.runs.get(
        arm.removeprefix(arms.COOLING_ONLY)
    )


def _told(one: Delivered) -> str:
    """Return what was delivered of an event, in a line."""
    return (
        f"asked at {one.start} for {one.hours:g} h: {one.asked_kw:.0f} kW less than {one.baseline_kw:.0f} ({one.baseline}); "
        f"{100 * one.delivered_share:.1f} % of it delivered, {one.over_kwh:.1f} kWh beyond it; 95 % of 5 min within "
        f"{100 * one.excess_p95_share:.1f} % above the target, the worst {100 * one.excess_most_share:.1f} %; "
        f"peak in the 4 h after {one.peak_after_kw:.0f} kW"
    )
