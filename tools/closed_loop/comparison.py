"""From finished arms to a comparison: what was captured, whether the same work was done, and what to be told of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tools.closed_loop import arms
from tools.closed_loop.arm_run import ArmRun
from tools.closed_loop.captured import captured, same_work
from tools.closed_loop.cases import Setting
from tools.closed_loop.challenge import MARGIN_FRAC
from tools.closed_loop.cooling_only import has_other_levers
from tools.closed_loop.result import Comparison, RunResult

WITHOUT_BOUND = (
    "the plant does not say with how little it could do (tabulate): lower bound and captured shares are null"
)


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """A comparison with the runs behind it.

    Attributes
    ----------
    runs
        By arm, those that were finished.
    different_work
        What the arms did differently, one sentence each; empty when all did the same.
    failed
        By arm, why it was not finished.
    """

    setting: Setting
    comparison: Comparison
    runs: Mapping[str, ArmRun]
    different_work: tuple[str, ...]
    failed: Mapping[str, str]


def compare(
    setting: Setting, runs: Mapping[str, ArmRun], bound: float | None, failed: Mapping[str, str] | None = None
) -> Outcome:
    """Return what a case's arms come to.

    Parameters
    ----------
    runs
        By arm, as they were finished.
    bound
        A cost that no arm can be under; None where the plant cannot tell.
    failed
        By arm, why it was not finished.
    """
    case, found = setting.case, dict(runs)
    better = _better_reference(found)
    if better is not None:
        found[arms.REFERENCE] = better
    if not has_other_levers(case.loaded):  # then cooling is all there is
        found |= {arms.COOLING_ONLY + arm: found[arm] for arm in (arms.FACILITY, arms.REFERENCE) if arm in found}
    results = {arm: run.result for arm, run in found.items()}
    shares = [_captured(results, prefix) for prefix in ("", arms.COOLING_ONLY)]
    notes = [*setting.notes, *_doubts(results, bound, shares, better is not None)]
    if bound is None and results and arms.LOWER_BOUND not in (failed or {}):
        notes.append(WITHOUT_BOUND)
    comparison = Comparison(
        site=case.loaded.site.id,
        start=case.start.astimezone(case.loaded.site.zone).isoformat(),
        days=case.days,
        seed=case.seed,
        captured_share=None if bound is None else shares[0],
        cooling_only_captured_share=None if bound is None else shares[1],
        lower_bound_cost=bound,
        runs={arm: results[arm] for arm in arms.MAIN if arm in results},
        cooling_only_runs={
            arm: results[arms.COOLING_ONLY + arm]
            for arm in (arms.FACILITY, arms.REFERENCE)
            if arms.COOLING_ONLY + arm in results
        },
        notes=tuple(notes),
    )
    return Outcome(setting, comparison, found, tuple(same_work(results) if results else ()), dict(failed or {}))


def _better_reference(runs: Mapping[str, ArmRun]) -> ArmRun | None:
    """Return the cooling-only reference where it found the cheaper trajectory: with all levers that one is allowed, too."""
    both = [runs[arm] for arm in arms.REFERENCES if arm in runs]
    if len(both) < 2 or both[0].result.cost.cost <= both[1].result.cost.cost:
        return None
    return both[1]


def _captured(results: Mapping[str, RunResult], prefix: str) -> float | None:
    wanted = (arms.GOOD_PRACTICE, prefix + arms.FACILITY, prefix + arms.REFERENCE)
    if any(arm not in results for arm in wanted):
        return None
    return captured(*(results[arm] for arm in wanted))


def _doubts(
    results: Mapping[str, RunResult], bound: float | None, shares: list[float | None], replaced: bool
) -> Iterator[str]:
    """Yield what whoever reads the figures should know of bound and reference."""
    if bound is None:
        for prefix, share in zip(("", "cooling only: "), shares, strict=True):
            if share is not None:
                yield f"{prefix}of what the reference wins, facility wins {100 * share:.1f} %; no bound says what is possible"
    if replaced:
        yield "the cooling-only reference was cheaper than the one with all levers, and stands for both"
    for arm, result in results.items():
        if bound is not None and result.cost.cost < bound:
            yield f"{arm} costs {result.cost.cost:,.2f}, below the lower bound of {bound:,.2f}: the bound is wrong"
    for prefix in ("", arms.COOLING_ONLY):
        ours, reference = results.get(prefix + arms.FACILITY), results.get(prefix + arms.REFERENCE)
        if ours is None or reference is None or ours is reference:
            continue
        beaten_by = reference.cost.cost - ours.cost.cost
        if beaten_by > MARGIN_FRAC * abs(reference.cost.cost):
            yield f"{prefix}{arms.FACILITY} is {beaten_by:,.2f} cheaper than its reference: it is no reference"
