"""CPU seconds that commands and imports take to start, beside `python -c pass` and `import pandas`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tools.bench.cpu import python_cpu_s
from tools.bench.rows import Row, compared

SITE = Path(__file__).parents[2] / "site_configs" / "demo.yaml"
COMMANDS: dict[str, Sequence[str]] = {
    "facility --help": ("-m", "facility", "--help"),
    "facility check --schema": ("-m", "facility", "check", "--schema"),
    "facility check demo.yaml": ("-m", "facility", "check", str(SITE)),
    "facility recommend --help": ("-m", "facility", "recommend", "--help"),
    "facility serve --help": ("-m", "facility", "serve", "--help"),
}
PACKAGES = (
    "models",
    "facility.site_file",
    "facility.acquire.poller",
    "facility.history.telemetry",
    "facility.history.journal",
    "facility.plan.planner",
    "facility.api.app",
    "facility.cycle",
)


def run(quick: bool) -> list[Row]:
    """Measure; the commands against the bare interpreter, the imports against that of pandas."""
    runs = 1 if quick else 3
    bare = python_cpu_s(["-c", "pass"], runs)
    pandas = python_cpu_s(["-c", "import pandas"], runs)
    rows = [Row("python -c pass", bare, "CPU s"), compared("import pandas", pandas, "CPU s", bare)]
    rows += [compared(name, python_cpu_s(words, runs), "CPU s", bare) for name, words in COMMANDS.items()]
    rows += [
        compared(f"import {name}", python_cpu_s(["-c", f"import {name}"], runs), "CPU s", pandas) for name in PACKAGES
    ]
    return rows
