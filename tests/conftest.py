"""What all tests share: the policy on skips, hypothesis profiles, and fixtures for more than one package."""

from __future__ import annotations

import os
import shutil
import signal
from pathlib import Path

import pytest
from hypothesis import settings

from tests.skip_policy import pytest_sessionfinish, pytest_terminal_summary

__all__ = ["pytest_sessionfinish", "pytest_terminal_summary"]

# No deadlines: a busy machine is no fault of the code. CI tries the same examples each time, so that a red run can be repeated.
settings.register_profile("default", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("FACILITY_CI") == "1" else "default")

# A shell that starts the tests in the background has them ignore Ctrl-C, and their children with them; some tests press it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

EXAMPLE = Path(__file__).parent / "site" / "example"


@pytest.fixture
def example_site(tmp_path: Path) -> Path:
    """A whole small site file with profiles of its own, free to be changed; its devices do not answer."""
    folder = shutil.copytree(EXAMPLE, tmp_path / "site")
    return folder / "site.yaml"
