"""Which code a result was made by: the commit, and what has changed since."""

from __future__ import annotations

import hashlib
import importlib.util
import re
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("facility", "models", "tools")  # whose code decides what comes out
SUFFIXES = {".py", ".yaml", ".yml"}
DIGITS = 12
KEY = re.compile(rf"(?:[0-9a-f]{{{DIGITS}}}|no-commit)(?:-[0-9a-f]{{{DIGITS}}})?")


def code_key(root: Path = ROOT) -> str:
    """Return the commit of a checkout, with a digest of what was changed or added since; of all files outside a checkout."""
    commit = _git(root, "rev-parse", "HEAD")
    status = _git(root, "status", "--porcelain", "--no-renames", "-z", "--untracked-files=all", "--", *FOLDERS)
    if commit is None or status is None:
        files = sorted(path for folder in FOLDERS for path in (root / folder).rglob("*"))
        return f"no-commit-{digest(_code(files))}"
    changed = sorted(root / entry[3:] for entry in status.split("\0") if entry)
    found = list(_code(changed))
    return commit[:DIGITS] + (f"-{digest(found)}" if found else "")


def plant_files(plant: str) -> list[Path]:
    """Return the code of a plant that is none of ours: its module and those in the same folder."""
    spec = importlib.util.find_spec(plant.partition(":")[0])
    origin = Path(spec.origin).resolve() if spec is not None and spec.origin else None
    if origin is None or any(origin.is_relative_to(ROOT / folder) for folder in FOLDERS):
        return []
    return sorted(origin.parent.glob("*.py"))


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


def _code(paths: Iterable[Path]) -> Iterator[bytes]:
    return contents(path for path in paths if path.suffix in SUFFIXES)


def _git(root: Path, *words: str) -> str | None:
    try:
        done = subprocess.run(["git", "-C", str(root), *words], capture_output=True, text=True, check=False)
    except OSError:  # no git here
        return None
    return done.stdout.rstrip("\n") if done.returncode == 0 else None
