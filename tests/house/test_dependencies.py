"""What the code imports is declared, what is declared is bounded and locked, and is imported somewhere."""

from __future__ import annotations

import ast
import importlib.metadata
import re
import sys
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.house.repository import ROOT, tracked_files

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
RUNTIME = [Requirement(line) for line in PROJECT["dependencies"]]
OPTIONAL = [Requirement(line) for lines in PROJECT["optional-dependencies"].values() for line in lines]
OURS = {"facility", "models", "tools", "tests"}
# Used through another library: tzdata by zoneinfo, solvers by cvxpy, WebSockets by uvicorn.
INDIRECT = {"tzdata", "clarabel", "highspy", "websockets"}
# Parts that a declared library brings and shares its version with; `_typeshed` is the type checker's; `pyenergyplus` is of
# the extra `energyplus`, which may be absent.
PARTS = {"pydantic-core", "starlette", "-typeshed", "pyenergyplus"}


def imported_packages(*folders: str) -> set[str]:
    found: set[str] = set()
    for name in (name for name in tracked_files(*folders) if name.endswith(".py")):
        for node in ast.walk(ast.parse((ROOT / name).read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                found.add((node.module or "").split(".")[0])
    return found - OURS - set(sys.stdlib_module_names)


def distributions(packages: set[str]) -> dict[str, set[str]]:
    providers = importlib.metadata.packages_distributions()
    return {package: {canonicalize_name(name) for name in providers.get(package, [package])} for package in packages}


def names(requirements: list[Requirement]) -> set[str]:
    return {canonicalize_name(requirement.name) for requirement in requirements}


@pytest.mark.parametrize(
    ("folders", "declared"),
    [
        (("facility", "models"), names(RUNTIME) | PARTS | {"psycopg"}),
        (("tools", "tests"), names(RUNTIME + OPTIONAL) | PARTS),
    ],
    ids=["product", "tools and tests"],
)
def test_imports_are_declared(folders: tuple[str, ...], declared: set[str]) -> None:
    wanted = distributions(imported_packages(*folders))
    assert {package: providers for package, providers in wanted.items() if not providers & declared} == {}


def test_declared_is_imported() -> None:
    provided = set().union(*distributions(imported_packages("facility", "models")).values())
    assert names(RUNTIME) - INDIRECT - provided == set()


def test_dependencies_are_bounded_on_both_sides() -> None:
    dated = {"tzdata"}  # data, numbered by date: every newer one is wanted
    bounded = {r.name for r in RUNTIME if {s.operator for s in r.specifier} == {">=", "<"}}
    assert names(RUNTIME) - {canonicalize_name(name) for name in bounded} == dated


def test_the_lock_meets_what_is_declared() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    locked = dict(line.split("==") for line in lines if re.match(r"[a-z]", line))
    wrong = [str(r) for r in RUNTIME + OPTIONAL if locked.get(canonicalize_name(r.name), "") not in r.specifier]
    assert wrong == []
