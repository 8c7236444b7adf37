"""What came out of a comparison, in words and numbers."""

from __future__ import annotations

from collections.abc import Iterator

from tools.closed_loop.page_case import PageCase
from tools.closed_loop.page_style import ARMS
from tools.closed_loop.result import RunResult

_OURS = "facility"


def money(value: float, currency: str) -> str:
    """Return an amount with its currency."""
    return f"{number(value, 2)} {currency}"


def number(value: float, decimals: int) -> str:
    """Return a number with narrow spaces between thousands and a real minus."""
    text = f"{value:,.{decimals}f}".replace(",", "\u202f").replace("-", "\u2212")
    return text.removeprefix("\u2212") if not text.strip("\u22120.\u202f") else text


def share(value: float | None) -> str:
    """Return a share in per cent; a dash where it is not known."""
    return "\u2013" if value is None else f"{number(100.0 * value, 1)} %"


def outcome(case: PageCase) -> Iterator[str]:
    """Yield sentences: cost against the others, what was captured, how far the bound is."""
    one, currency = case.comparison, case.site.currency
    ours = one.runs.get(_OURS)
    if ours is not None:
        against = [_against(ours, one.runs[arm], arm) for arm in one.runs if arm != _OURS]
        yield f"Facility cost {money(ours.cost.cost, currency)}" + (f": {', '.join(against)}." if against else ".")
    captured = {
        "of what the reference, which sees the future, saves against good practice": one.captured_share,
        "of that with servers, jobs and storage frozen": one.cooling_only_captured_share,
    }
    known = [f"{share(value)} {words}" for words, value in captured.items() if value is not None]
    if known:
        yield f"Facility captured {', and '.join(known)}."
    if one.lower_bound_cost is None:
        yield "No lower bound is known."
    else:
        above = "" if ours is None else f"; facility is {_distance(ours.cost.cost, one.lower_bound_cost)} it"
        yield f"No arm could have cost less than {money(one.lower_bound_cost, currency)}{above}."


def _against(ours: RunResult, other: RunResult, arm: str) -> str:
    return f"{_distance(ours.cost.cost, other.cost.cost)} {ARMS[arm].label}".replace("above", "more than").replace(
        "below", "less than"
    )


def _distance(value: float, base: float) -> str:
    if not base:
        return f"{number(value, 2)} above"
    relative = (value - base) / abs(base)
    return f"{number(100.0 * abs(relative), 1)} % {'above' if relative > 0 else 'below'}"
