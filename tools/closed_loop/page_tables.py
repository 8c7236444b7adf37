"""The figures of arms side by side; each better and each worse one than good practice is marked alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from html import escape

from tools.closed_loop.page_case import PageCase
from tools.closed_loop.page_style import ARMS, BASELINE
from tools.closed_loop.page_words import number, share
from tools.closed_loop.result import RunResult

_LESS, _MORE, _NEITHER = -1, 1, 0  # what is better
_MOST_SHARE = 10.0  # a change by more than this share of the base is told in the figure's own unit


@dataclass(frozen=True, slots=True)
class Figure:
    """A row: its words, where the value is, decimals, and which way is better."""

    words: str
    value: Callable[[RunResult], float | None]
    decimals: int = 0
    better: int = _LESS
    is_sum: bool = False


def _cost(name: str, words: str) -> Figure:
    return Figure(words, lambda run: float(getattr(run.cost, name)), 2, is_sum=name == "cost")


def _run(name: str, words: str, decimals: int = 0, better: int = _LESS) -> Figure:
    def value(run: RunResult) -> float | None:
        found = getattr(run, name)
        return None if found is None else float(found)

    return Figure(words, value, decimals, better)


FIGURES = {
    "Cost [{currency}]": (
        _cost("energy_cost", "energy"),
        _cost("demand_charge_cost", "demand charge"),
        _cost("carbon_cost", "carbon"),
        _cost("water_cost", "water"),
        _cost("wear_cost", "wear"),
        _cost("sla_cost", "work and heat not delivered"),
        _cost("final_state_cost", "state at the end"),
        _cost("cost", "sum"),
    ),
    "Limits broken": (
        _run("allowable_minutes", "rack-minutes outside allowable"),
        _run("recommended_degree_minutes", "K-minutes above recommended", 1),
        _run("below_recommended_degree_minutes", "K-minutes below recommended", 1),
        _run("dew_point_minutes", "minutes outside dew point and humidity"),
        _run("ramp_violations", "rack-quarters with too fast an inlet"),
        _run("liquid_limit_minutes", "CDU-minutes outside loop limits"),
        _run("n_plus_1_minutes", "group-minutes without the spare"),
        _run("sla_violations", "pool-minutes with work not served"),
        _run("deadline_misses", "late work [kWh]", 1),
    ),
    "Energy and work": (
        _run("energy_kwh", "facility energy [kWh]"),
        _run("it_energy_kwh", "IT energy [kWh]", better=_NEITHER),
        _run("cooling_energy_kwh", "cooling energy [kWh]", better=_NEITHER),
        _run("pue", "PUE", 3, better=_NEITHER),
        _run("carbon_kgco2", "carbon [kg]"),
        _run("water_l", "water [L]"),
        Figure("work done [%]", lambda run: 100.0 * run.work_done_share, 2, _MORE),
        _run("heat_delivered_kwh", "heat delivered [kWh]", 0, _MORE),
    ),
    "Moves": (
        _run("setpoint_moves", "setpoint moves"),
        _run("writes_per_point_day_max", "most writes to a point in a day", 1),
        _run("mode_changes", "mode changes"),
        _run("chiller_starts", "chiller starts"),
        _run("refused_writes", "writes that the plant refused"),
        _run("plan_seconds_mean", "plan, mean [s]", 2, _NEITHER),
        _run("plan_seconds_max", "plan, longest [s]", 2, _NEITHER),
        _run("plans_failed", "plans that failed"),
    ),
}


def figures_table(case: PageCase) -> str:
    """Return all figures of a comparison."""
    runs = case.comparison.runs
    head = "".join(f'<th scope="col">{escape(ARMS[arm].label)}</th>' for arm in runs)
    rows = []
    for group, figures in FIGURES.items():
        title = escape(group.format(currency=case.site.currency))
        rows.append(f'<tr><th scope="rowgroup" colspan="{len(runs) + 1}">{title}</th></tr>')
        rows += [_row(figure, case) for figure in figures]
    caption = (
        f"\u2713 better and \u2717 worse than {ARMS[BASELINE].label}; no sign: the same. Reference sees the future."
    )
    return (
        f'<div class="wide"><table><caption>{caption}</caption><thead><tr><th></th>{head}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )


def _row(figure: Figure, case: PageCase) -> str:
    cells = [_compared(figure, case, arm) for arm in case.comparison.runs]
    kind = ' class="sum"' if figure.is_sum else ""
    return f'<tr{kind}><th scope="row">{escape(figure.words)}</th>{"".join(cells)}</tr>'


def _compared(figure: Figure, case: PageCase, arm: str) -> str:
    """Return the cell of an arm: its value, and beside all but the baseline how it differs from that."""
    run, baseline = case.comparison.runs.get(arm), case.comparison.runs.get(BASELINE)
    value = None if run is None else figure.value(run)
    base = None if baseline is None else figure.value(baseline)
    shown = "\u2013" if value is None else number(value, figure.decimals)
    kind = ' class="nought"' if value is None or shown == number(0.0, figure.decimals) else ""
    return f"<td{kind}>{shown}{'' if arm == BASELINE else _mark(figure, value, base)}</td>"


def _mark(figure: Figure, value: float | None, base: float | None) -> str:
    change = 0.0 if value is None or base is None else value - base
    if base is None or number(change, figure.decimals) == number(0.0, figure.decimals):
        return " <small></small>"
    sign = "+" if change > 0.0 else ""
    text = f"{sign}{number(change, figure.decimals)}"
    if _MOST_SHARE * abs(base) > abs(change):
        text = f"{sign}{number(100.0 * change / abs(base), 1)} %"
    if figure.better == _NEITHER:
        return f" <small>{text}</small>"
    kind, sign = ("better", "\u2713") if (change > 0.0) == (figure.better == _MORE) else ("worse", "\u2717")
    return f' <small class="{kind}">{sign} {text}</small>'


def overview_table(cases: Sequence[PageCase]) -> str:
    """Return one row a comparison: cost of the arms, what was saved and captured, and limits that facility broke."""
    arms = list(dict.fromkeys(arm for case in cases for arm in case.comparison.runs))
    head = [
        "comparison",
        *(ARMS[arm].label for arm in arms),
        "captured",
        "cooling only",
        "minutes outside allowable",
        "K-minutes above",
    ]
    cells = "".join(f'<th scope="col">{escape(one)}</th>' for one in head)
    rows = "".join(f"<tr>{''.join(_overview(number, case, arms))}</tr>" for number, case in enumerate(cases, start=1))
    caption = (
        "Cost of the arms in the site's currency; limits broken by facility. "
        f"\u2713 better and \u2717 worse than {ARMS[BASELINE].label}."
    )
    return (
        f'<div class="wide"><table class="overview"><caption>{caption}</caption><thead><tr>{cells}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


def _overview(place: int, case: PageCase, arms: Sequence[str]) -> Iterator[str]:
    one = case.comparison
    yield f'<th scope="row"><a href="#case-{place}">{escape(case.title)}</a></th>'
    for arm in arms:
        yield _compared(_cost("cost", ""), case, arm)
    yield f"<td>{share(one.captured_share)}</td><td>{share(one.cooling_only_captured_share)}</td>"
    for figure in (_run("allowable_minutes", ""), _run("recommended_degree_minutes", "", 1)):
        yield _compared(figure, case, "facility")
