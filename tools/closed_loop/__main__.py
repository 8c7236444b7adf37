"""`python -m tools.closed_loop SITE --start DATE`: baselines, facility and a reference on one plant; `docs/closed_loop.md`."""

from __future__ import annotations

import importlib
import importlib.util
import io
import sys
from collections.abc import Sequence

from rich.console import Console

from facility.errors import ConfigurationError, FacilityError
from tools.closed_loop.arguments import Options, parse
from tools.closed_loop.cases import read_settings
from tools.closed_loop.comparison import Outcome
from tools.closed_loop.document import as_json
from tools.closed_loop.prologue import PlantNameError
from tools.closed_loop.side_by_side import compare_all
from tools.closed_loop.tables import tables

DONE, DIFFERENT_WORK, WRONG_INPUT, FAILED, INTERRUPTED = 0, 1, 2, 3, 130
TABLE_WIDTH = 160


def main(words: Sequence[str] | None = None) -> int:
    """Run the comparisons that a command line asks for and return the exit code."""
    options = parse(words)
    try:
        _check_writable(options)
        outcomes = compare_all(options, read_settings(options))
        _write(options, outcomes)
        _draw(options, outcomes)
    except (FacilityError, PlantNameError) as error:
        return _complain(str(error), WRONG_INPUT)
    except KeyboardInterrupt:
        return _complain("interrupted; --resume goes on with what is finished", INTERRUPTED)
    return _verdict(options, outcomes)


def _check_writable(options: Options) -> None:
    """Refuse to begin what could not be written down in the end."""
    try:
        options.folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(f"--folder {options.folder}: {error.strerror}") from error
    if options.html is not None and not options.html.parent.is_dir():
        raise ConfigurationError(f"--html {options.html}: there is no folder {options.html.parent}")
    if options.html is not None and importlib.util.find_spec("matplotlib") is None:
        raise ConfigurationError("--html needs matplotlib, which is not installed")


def _write(options: Options, outcomes: Sequence[Outcome]) -> None:
    if options.form == "json":
        sys.stdout.write(as_json(outcomes) + "\n")
        return
    terminal, buffer = Console(), io.StringIO()
    width = max(terminal.width, TABLE_WIDTH) if terminal.is_terminal else TABLE_WIDTH
    console = Console(file=buffer, width=width, force_terminal=terminal.is_terminal, markup=False, highlight=False)
    for table in tables(outcomes):
        console.print(table)
    sys.stdout.write(buffer.getvalue())


def _draw(options: Options, outcomes: Sequence[Outcome]) -> None:
    """Write the page of pictures, of the cases that came to anything."""
    shown = [outcome for outcome in outcomes if outcome.comparison.runs]
    if options.html is None or not shown:
        return
    page = importlib.import_module("tools.closed_loop.page")  # drawing takes a second to import
    cases = [
        page.PageCase(
            outcome.comparison,
            outcome.setting.case.loaded.site,
            {arm: outcome.runs[arm].frame for arm in outcome.comparison.runs},
        )
        for outcome in shown
    ]
    try:
        page.write_page(options.html, cases)
    except OSError as error:
        raise ConfigurationError(f"--html {options.html}: {error.strerror}") from error


def _verdict(options: Options, outcomes: Sequence[Outcome]) -> int:
    """Return the exit code; what is wrong stands in the tables, and beside JSON on standard error."""
    failed = [f"{one.setting.name}: {arm}: {why}" for one in outcomes for arm, why in one.failed.items()]
    different = [f"{one.setting.name}: not the same work: {line}" for one in outcomes for line in one.different_work]
    if options.form == "json":
        for message in (*failed, *different):
            _complain(message, FAILED)
    if failed:
        return FAILED
    return DIFFERENT_WORK if different else DONE


def _complain(message: str, code: int) -> int:
    sys.stderr.write(f"closed_loop: {message}\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
