from __future__ import annotations

import json
import sys

import pytest

from tools.bench.__main__ import main, topics
from tools.bench.cpu import python_cpu_s
from tools.bench.rows import Row, as_json, compared


def test_topics_are_the_modules_that_can_be_run() -> None:
    found = topics()
    assert "start" in found
    assert not {"rows", "cpu", "__main__"} & set(found)
    assert all(found.values()), "every topic says what it measures"


def test_rows_carry_their_ratio() -> None:
    rows = [compared("ours", 3.0, "CPU s", 2.0), Row("alone", 1.0, "CPU s")]
    assert json.loads(as_json(rows)) == [
        {"metric": "ours", "value": 3.0, "unit": "CPU s", "reference": 2.0, "ratio": 1.5},
        {"metric": "alone", "value": 1.0, "unit": "CPU s", "reference": None, "ratio": None},
    ]


def test_cpu_seconds_are_those_of_the_command_and_not_of_waiting() -> None:
    busy = "import time\nwhile time.process_time() < 0.3: pass"
    assert 0.3 <= python_cpu_s(["-c", busy], runs=1) < 0.6
    assert python_cpu_s(["-c", "import time; time.sleep(0.5)"], runs=1) < 0.3


def test_a_command_that_fails_is_no_measurement() -> None:
    with pytest.raises(RuntimeError, match="broken"):
        python_cpu_s(["-c", "raise SystemExit('broken')"], runs=1)


def test_an_unknown_topic_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["nothing"])
    assert caught.value.code == 2
    assert "nothing" in capsys.readouterr().err


@pytest.mark.slow
def test_start_measures_commands_and_imports(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["start", "--quick", "--format", "json"]) == 0
    rows = {row["metric"]: row for row in json.loads(capsys.readouterr().out)}
    assert rows["facility --help"]["value"] < rows["import pandas"]["value"], sys.version
    assert rows["facility check demo.yaml"]["reference"] == rows["python -c pass"]["value"]
