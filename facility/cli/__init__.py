"""The command `facility`: finds the command's module, runs it, and turns errors into messages and exit codes.

Exit codes: 0 done, 2 wrong configuration or usage, 3 proven infeasible, 4 not enough data
(history, prices or forecasts), 5 no plan found, 1 anything else.
Only the module of the chosen command is imported, so that a short command starts fast.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import importlib.util
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

from facility.errors import (
    ConfigurationError,
    FacilityError,
    InfeasibleError,
    NoPlanFoundError,
    NotEnoughDataError,
    SignalError,
)

COMMANDS = (
    "check",
    "scan",
    "profiles",
    "poll",
    "history",
    "trust",
    "train",
    "models",
    "commission",
    "predict",
    "pue",
    "backtest",
    "recommend",
    "explain",
    "review",
    "savings",
    "signals",
    "bill",
    "switchback",
    "writes",
    "standins",
    "dispatch",
    "dr",
    "alarms",
    "audit",
    "user",
    "token",
    "serve",
)
HIDDEN = ("worker",)  # started by `serve`
_EXIT_CODES: tuple[tuple[type[FacilityError], int], ...] = (
    (ConfigurationError, 2),
    (InfeasibleError, 3),
    (NotEnoughDataError, 4),
    (SignalError, 4),
    (NoPlanFoundError, 5),
    (FacilityError, 1),
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code; anything but a `FacilityError` is a bug and keeps its traceback."""
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        refuse_shadowed_models()
        return _run(words)
    except FacilityError as error:
        sys.stderr.write(f"facility: {error}\n")
        return next(code for kind, code in _EXIT_CODES if isinstance(error, kind))
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # the reader of our output, such as `head`, has gone
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141


def _run(words: list[str]) -> int:
    chosen = next((word for word in words if not word.startswith("-")), None)
    parser = argparse.ArgumentParser(
        prog="facility",
        description="Data-centre power and cooling optimizer.",
        epilog="facility COMMAND --help says more",
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="show the version and exit")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    module: ModuleType | None = None
    for name in (*COMMANDS, *HIDDEN):
        if name == chosen:
            module = importlib.import_module(f"{__name__}.{name}")
            module.add_arguments(commands.add_parser(name, help=_summary(name), description=module.__doc__))
        elif name in COMMANDS:
            commands.add_parser(name, help=_summary(name))
    arguments = parser.parse_args(words)
    assert module is not None, "argparse has refused anything that is no command"
    if "structlog" in sys.modules:  # a short command does without it
        importlib.import_module("facility.log").configure_logging("console", chosen)
    code: int = module.run(arguments)
    return code


class _Version(argparse.Action):
    """Looks the version up only when it is asked for: it takes as long as all else in `--help`."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        metadata = importlib.import_module("importlib.metadata")
        parser.exit(0, f"facility {metadata.version('facility')}\n")


def _summary(name: str) -> str:
    """Return the first line of a command's docstring without importing it."""
    spec = importlib.util.find_spec(f"{__name__}.{name}")
    if spec is None or spec.origin is None:
        return "(not in this installation)"
    tree = ast.parse(Path(spec.origin).read_text(encoding="utf-8"))
    return (ast.get_docstring(tree) or "").partition("\n")[0].replace("%", "%%")  # argparse fills in what follows a %


def refuse_shadowed_models() -> None:
    """Refuse to start when another package or file named `models` would be imported in place of ours."""
    ours = Path(__file__).parents[2] / "models"
    spec = importlib.util.find_spec("models")
    found = Path(spec.origin).resolve() if spec and spec.origin else None
    if found != (ours / "__init__.py").resolve():
        raise ConfigurationError(
            f"{found or 'nothing'} would be imported as `models` instead of {ours}; start facility from another folder, "
            "or take that one off PYTHONPATH"
        )
