"""The rules about who imports whom hold, and would notice if they did not."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# module that breaks a rule -> what it must not import
VIOLATIONS = {
    "models": "facility.units",
    "models.cooling": "pathlib",
    "facility.plan": "facility.history",
    "facility.signals": "facility.environment",
    "facility.units": "tools.lock",
    "facility.errors": "facility.site_file",
    "tools.simulated_site": "models.surrogate",
}
SEAMS = {
    "facility.errors",
    "facility.points",
    "facility.ports",
    "facility.profile",
    "facility.records",
    "facility.secrets",
    "facility.site",
    "facility.site_file",
    "facility.units",
}


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)


def test_the_rules_hold() -> None:
    run = lint_imports(ROOT)
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The three packages and the rules, free to be broken."""
    for package in ("facility", "models", "tools"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_each_violation_is_noticed(copy: Path) -> None:
    for module, target in VIOLATIONS.items():
        path = copy / module.replace(".", "/")
        with (path / "__init__.py" if path.is_dir() else path.with_suffix(".py")).open("a", encoding="utf-8") as file:
            file.write(f"\nimport {target}\n")
    run = lint_imports(copy)
    assert run.returncode != 0
    unnoticed = [f"{a} -> {b}" for a, b in VIOLATIONS.items() if f"{a} -> {b} " not in run.stdout]
    assert not unnoticed, run.stdout


def test_a_module_without_a_layer_is_noticed(copy: Path) -> None:
    (copy / "facility" / "homeless.py").touch()
    run = lint_imports(copy)
    assert run.returncode != 0
    assert "- facility.homeless" in run.stdout


def test_the_simulated_site_knows_the_seams_only() -> None:
    """Beyond the contract: whatever is added to facility later is foreign to the simulated site too."""
    foreign = [
        f"{path.name}: {module}"
        for path in (ROOT / "tools" / "simulated_site").rglob("*.py")
        for module in imported_modules(path)
        if module.split(".")[0] in ("facility", "models") and module not in SEAMS
    ]
    assert foreign == []


def imported_modules(path: Path) -> list[str]:
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    plain = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    return plain + [node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module]
