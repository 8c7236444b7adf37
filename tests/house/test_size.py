"""Functions and files stay small enough to be read at once."""

from __future__ import annotations

import ast
from functools import cache
from statistics import median

from tests.house.repository import ROOT, tracked_files

LONGEST_FUNCTION = 60
LONGEST_FILE = 400
MEDIAN_FUNCTION = 12
MEDIAN_FILE = 150

SOURCES = [name for name in tracked_files("facility", "models", "tools") if name.endswith(".py")]


@cache
def function_lengths() -> dict[str, int]:
    lengths = {}
    for name in SOURCES:
        for node in ast.walk(ast.parse((ROOT / name).read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lengths[f"{name}:{node.lineno} {node.name}"] = code_lines(node)
    return lengths


def code_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines from `def` to the end, without the docstring: explaining is free."""
    docstring = node.body[0] if ast.get_docstring(node, clean=False) is not None else None
    explained = (docstring.end_lineno or 0) - docstring.lineno + 1 if docstring else 0
    return (node.end_lineno or 0) - node.lineno + 1 - explained


def file_lengths() -> dict[str, int]:
    return {name: len((ROOT / name).read_text(encoding="utf-8").splitlines()) for name in SOURCES}


def test_no_function_is_too_long() -> None:
    assert {where: lines for where, lines in function_lengths().items() if lines > LONGEST_FUNCTION} == {}


def test_no_file_is_too_long() -> None:
    assert {name: lines for name, lines in file_lengths().items() if lines > LONGEST_FILE} == {}


def test_most_are_small() -> None:
    assert median(function_lengths().values()) <= MEDIAN_FUNCTION
    assert median(file_lengths().values()) <= MEDIAN_FILE
