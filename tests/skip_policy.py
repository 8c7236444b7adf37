"""Nothing is skipped in silence: every skip is printed with its reason, and CI accepts only the reasons named here.

Hooks of pytest, taken in by `tests/conftest.py`. `FACILITY_CI=1` makes the run fail on any other skip.
"""

from __future__ import annotations

import os
from collections import Counter

import pytest

ALLOWED_IN_CI = (
    "../shared absent",
    "EnergyPlus extra absent",
    "root needed for network namespaces",
)


def skip_reasons(reporter: pytest.TerminalReporter) -> Counter[str]:
    """Return how often each reason was given."""
    reasons: Counter[str] = Counter()
    for report in reporter.stats.get("skipped", []):
        _, _, message = report.longrepr
        reasons[message.removeprefix("Skipped: ")] += 1
    return reasons


def refused_in_ci(reasons: Counter[str]) -> list[str]:
    """Return the reasons that CI does not accept; none outside CI."""
    if os.environ.get("FACILITY_CI") != "1":
        return []
    return [reason for reason in reasons if not reason.startswith(ALLOWED_IN_CI)]


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> object:
    """Fail the run if CI skipped what it must not."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if isinstance(reporter, pytest.TerminalReporter) and refused_in_ci(skip_reasons(reporter)):
        session.exitstatus = session.exitstatus or pytest.ExitCode.TESTS_FAILED
    return (yield)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what was skipped and why."""
    reasons = skip_reasons(terminalreporter)
    refused = refused_in_ci(reasons)
    if reasons:
        terminalreporter.section("skipped, and why")
    for reason, count in sorted(reasons.items()):
        note = " (not accepted in CI: this run fails)" if reason in refused else ""
        terminalreporter.write_line(f"{count:4d}  {reason}{note}", red=bool(note))
