"""Run one benchmark, or all: `python -m tools.bench NAME [--quick] [--format table|json]`."""

from __future__ import annotations

import argparse
import ast
import importlib
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console

from tools.bench.rows import as_json, as_table


def topics() -> Mapping[str, str]:
    """Return the topics, modules that define `run`, with what each measures; read without importing them."""
    sources = sorted(Path(__file__).parent.glob("*.py"))
    modules = {path.stem: ast.parse(path.read_text(encoding="utf-8")) for path in sources}
    return {name: _summary(module) for name, module in modules.items() if _defines_run(module)}


def _defines_run(module: ast.Module) -> bool:
    return any(isinstance(node, ast.FunctionDef) and node.name == "run" for node in module.body)


def _summary(module: ast.Module) -> str:
    return (ast.get_docstring(module) or "").partition("\n")[0]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark that was asked for."""
    found = topics()
    listing = "\n".join(f"  {name:<12} {summary}" for name, summary in found.items())
    parser = argparse.ArgumentParser(
        prog="python -m tools.bench", epilog=f"topics:\n{listing}", formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("name", choices=[*found, "all"], metavar="NAME", help="a topic, or all")
    parser.add_argument("--quick", action="store_true", help="smaller: seconds, for a look or a test")
    parser.add_argument("--format", choices=("table", "json"), default="table")
    arguments = parser.parse_args(argv)
    chosen = list(found) if arguments.name == "all" else [arguments.name]
    rows = {name: importlib.import_module(f"tools.bench.{name}").run(arguments.quick) for name in chosen}
    if arguments.format == "json":
        sys.stdout.write(as_json([row for each in rows.values() for row in each]) + "\n")
    else:
        for name, measured in rows.items():
            Console().print(as_table(f"{name}: {found[name]}", measured))
    return 0


if __name__ == "__main__":
    sys.exit(main())
