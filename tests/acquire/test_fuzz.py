"""Bytes from the network: no decoder crashes, hangs or grows. By hypothesis and, for a moment each, by coverage-guided fuzzing."""

from __future__ import annotations

import importlib.util
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.fuzz.targets import TARGETS, seeds


@st.composite
def mutated(draw: st.DrawFn, seed: bytes) -> bytes:
    """A whole message with some bytes changed, taken out or put in."""
    data = bytearray(seed)
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, len(data)))
        data[at : at + draw(st.integers(0, 3))] = draw(st.binary(max_size=4))
    return bytes(data)


@pytest.mark.parametrize("name", TARGETS)
@settings(max_examples=300)
@given(data=st.data())
def test_any_bytes_are_decoded_or_refused(name: str, data: st.DataObject) -> None:
    whole = st.one_of([st.just(seed) for seed in seeds(name)] + [mutated(seed) for seed in seeds(name)])
    TARGETS[name](data.draw(st.one_of(whole, st.binary(max_size=600))))


@pytest.mark.slow
@pytest.mark.parametrize("name", TARGETS)
def test_coverage_guided_fuzzing_finds_nothing(name: str) -> None:
    if importlib.util.find_spec("atheris") is None:
        pytest.skip("atheris has no wheel for this machine")
    command = [sys.executable, "-m", "tools.fuzz", name, "--seconds", "3"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Done" in done.stdout
