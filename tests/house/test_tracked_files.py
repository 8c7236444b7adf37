"""Tracked files hold no paths of a developer's machine, no registry hosts and no secrets; constraints name versions only."""

from __future__ import annotations

import re

import pytest

from tests.house.repository import ROOT, tracked_files

FORBIDDEN = {
    "a path of somebody's machine": re.compile(r"(?<![\w.$}])/(?:home|Users|root|work|workspace|opt/pypi|mnt)/\w"),
    "a registry host": re.compile(
        r"\b(?:pypi\.org|pythonhosted\.org|registry\.npmjs\.org|(?:deb|security|ftp)\.debian\.org|conda\.anaconda\.org)"
    ),
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
}
THIS = "tests/house/test_tracked_files.py"


@pytest.mark.parametrize("kind", FORBIDDEN)
def test_no_tracked_file_holds(kind: str) -> None:
    found = []
    for name in tracked_files():
        content = (ROOT / name).read_bytes()
        if name == THIS or b"\0" in content:
            continue
        for number, line in enumerate(content.decode("utf-8").splitlines(), start=1):
            if FORBIDDEN[kind].search(line):
                found.append(f"{name}:{number}: {line.strip()}")
    assert not found


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        ("a path of somebody's machine", 'TOOLS = "/home/ann/tools"'),
        ("a registry host", "--index-url https://pypi.org/simple"),
        ("a private key", "-----BEGIN RSA PRIVATE KEY-----"),
    ],
)
def test_the_patterns_find_what_they_are_for(kind: str, line: str) -> None:
    assert FORBIDDEN[kind].search(line)


def test_constraints_are_exact_versions_and_nothing_else() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    assert len(lines) > 50
    assert [line for line in lines if not re.fullmatch(r"#.*|[a-z0-9-]+==[0-9][0-9a-z.+]*", line)] == []


def test_nothing_is_tracked_that_a_run_makes() -> None:
    made = re.compile(r"(^|/)(\.venv|var|dist|build|node_modules|__pycache__|\.hypothesis|[^/]*\.egg-info)(/|$)")
    assert [name for name in tracked_files() if made.search(name)] == []
