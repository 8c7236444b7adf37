"""Which code a result was made by: a digest of the modules that what makes results reaches, whatever else a commit changes."""

from __future__ import annotations

import hashlib
import importlib.util
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import grimp

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("facility", "models", "tools")  # ours
LOOP = "tools.closed_loop"
MAKERS = (
    "job",
    "bound_of_case",
    "facility_run",
    "live_run",
    "reference_run",
)  # of results; pages, tables and campaigns only read them
SUFFIXES = {".yaml", ".yml"}  # of what code reads beside itself, such as device profiles
DIGITS = 12
KEY = re.compile(rf"[0-9a-f]{{{DIGITS}}}")


def code_key(root: Path = ROOT) -> str:
    """Return a digest of the code that makes the closed loop's results, and of the YAML that lies beside."""
    beside = (path for package in PACKAGES for path in (root / package).rglob("*") if path.suffix in SUFFIXES)
    return digest(_named(root, {*makers(root), *beside}))


def makers(root: Path = ROOT) -> set[Path]:
    """Return the modules that make results, with all that they import."""
    return {path for name in MAKERS for path in reached(f"{LOOP}.{name}", root)}


def plant_files(plant: str) -> list[Path]:
    """Return the code of a plant: its module, of ours all that it reaches, and what lies in the same folders."""
    module = plant.partition(":")[0]
    if module.split(".")[0] in PACKAGES:  # a script may be run by its path
        return sorted({beside for path in reached(module) for beside in path.parent.glob("*.py")})
    spec = importlib.util.find_spec(module)
    origin = Path(spec.origin).resolve() if spec is not None and spec.origin else None
    return [] if origin is None else sorted(origin.parent.glob("*.py"))


def reached(module: str, root: Path = ROOT) -> set[Path]:
    """Return the files of a module of ours, of those inside it, and of all of ours that they import, at once or later."""
    graph = _imports()
    waiting = {module, *graph.find_descendants(module)}
    found: set[str] = set()
    while waiting:
        one = waiting.pop()
        found.add(one)
        package = one.rpartition(".")[0]  # imported before what is in it
        waiting |= ({package} - {""} | graph.find_modules_directly_imported_by(one)) - found
    return {root / _file(one) for one in found}


def digest(parts: Iterable[bytes]) -> str:
    """Return a short digest of some contents in their order."""
    hasher = hashlib.sha256()
    for part in parts:
        hasher.update(len(part).to_bytes(8, "big"))
        hasher.update(part)
    return hasher.hexdigest()[:DIGITS]


def contents(paths: Iterable[Path]) -> Iterator[bytes]:
    """Yield name and content of files; of one that is gone the name alone."""
    for path in paths:
        yield path.name.encode()
        yield path.read_bytes() if path.is_file() else b""


@cache  # one that imports more has changed itself
def _imports() -> grimp.ImportGraph:
    return grimp.build_graph(*PACKAGES, cache_dir=None)


def _file(module: str) -> Path:
    path = Path(*module.split("."))
    return path / "__init__.py" if (ROOT / path).is_dir() else path.with_suffix(".py")


def _named(root: Path, paths: Iterable[Path]) -> Iterator[bytes]:
    ordered = sorted(paths)
    yield from (path.relative_to(root).as_posix().encode() for path in ordered)
    yield from contents(ordered)
