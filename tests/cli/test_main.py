"""The command as an engineer starts it: in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from facility import cli
from facility.errors import (
    ConfigurationError,
    FacilityError,
    HistoryError,
    InfeasibleError,
    NoPlanFoundError,
    NotEnoughDataError,
    SecretError,
    SignalError,
)
from facility.records import LimitShortfall

ROOT = Path(cli.__file__).parents[2]


def facility(*words: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "140"}
    command = [sys.executable, "-m", "facility", *words]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=60, check=False)


def test_help_names_every_command_with_the_first_line_of_its_docstring(tmp_path: Path) -> None:
    answer = facility("--help", cwd=tmp_path)
    assert answer.returncode == 0
    for name in cli.COMMANDS:
        assert name in answer.stdout
    assert "Validate a site file and show what was found in it." in answer.stdout
    assert "worker" not in answer.stdout
    assert "not in this installation" not in answer.stdout


def test_a_short_command_does_not_import_what_it_does_not_need(example_site: Path) -> None:
    heavy = ("pandas", "cvxpy", "sqlalchemy", "fastapi", "deltalake", "pysnmp", "sklearn")
    script = "import sys; from facility.cli import main; main(sys.argv[1:]); print('IMPORTED', *sys.modules)"
    command = [sys.executable, "-c", script, "check", str(example_site)]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    imported = answer.stdout.partition("IMPORTED")[2].split()
    assert "facility.site_file" in imported
    assert [name for name in heavy if name in imported] == []


@pytest.mark.parametrize("words", [(), ("nope",), ("check", "--nope"), ("check", "a", "b"), ("poll",)])
def test_wrong_usage_is_told_with_exit_code_2(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(words)
    assert caught.value.code == 2
    assert "usage: facility" in capsys.readouterr().err


def test_a_shadowed_models_package_is_refused_and_both_paths_named(tmp_path: Path) -> None:
    (tmp_path / "models.py").write_text("x = 1\n", encoding="utf-8")
    answer = facility("--help", cwd=tmp_path)
    assert answer.returncode == 2
    assert str(tmp_path / "models.py") in answer.stderr
    assert str(ROOT / "models") in answer.stderr
    assert "Traceback" not in answer.stderr


def test_a_models_folder_that_is_no_package_does_no_harm(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    assert facility("--version", cwd=tmp_path).returncode == 0


ERRORS = {
    ConfigurationError("x"): 2,
    SecretError("x"): 2,
    InfeasibleError([LimitShortfall("inlet temperature", 1.0, "K")]): 3,
    NotEnoughDataError(["x"]): 4,
    SignalError("x"): 4,
    NoPlanFoundError("x"): 5,
    HistoryError("x"): 1,
}


@pytest.mark.parametrize(("error", "code"), ERRORS.items(), ids=lambda each: type(each).__name__)
def test_each_error_has_its_exit_code_and_no_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: FacilityError, code: int
) -> None:
    def fail(_: object) -> int:
        raise error

    monkeypatch.setattr("facility.cli.check.run", fail)
    assert cli.main(["check", "site.yaml"]) == code
    assert capsys.readouterr().err == f"facility: {error}\n"


def test_a_bug_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("facility.cli.check.run", lambda _: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        cli.main(["check", "site.yaml"])


def test_a_reader_that_goes_away_is_no_bug(example_site: Path) -> None:
    line = f'"{sys.executable}" -m facility check --schema | head -n 1; exit ${{PIPESTATUS[0]}}'
    answer = subprocess.run(["bash", "-c", line], capture_output=True, text=True, timeout=60, check=False)
    assert answer.stdout == "{\n"
    assert answer.stderr == ""
    assert answer.returncode in (0, 141)


@dataclass(frozen=True)
class Answer:
    code: int
    out: str
    err: str


Run = Callable[..., Answer]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command in this process, which is a second faster than in one of its own."""
    monkeypatch.setenv("COLUMNS", "140")

    def command(*words: str | Path) -> Answer:
        code = cli.main([str(word) for word in words])
        return Answer(code, *capsys.readouterr())

    return command


def test_check_shows_what_was_found(example_site: Path, run: Run) -> None:
    answer = run("check", example_site)
    assert answer.code == 0
    assert "15 points" in answer.out
    assert "test_gateway │ modbus" in answer.out
    assert "! profile not verified against a device" in answer.out
    assert "ICT_Rack" in answer.out


def test_check_marks_a_point_that_nothing_would_put_back(example_site: Path, run: Run) -> None:
    text = example_site.read_text(encoding="utf-8")
    example_site.write_text(text.replace("reversion: bms", "reversion: none"), encoding="utf-8")
    assert "! stays as it is when facility stops" in run("check", example_site).out


def test_check_as_json_and_csv_and_into_a_file(example_site: Path, tmp_path: Path, run: Run) -> None:
    document = json.loads(run("check", example_site, "--format", "json").out)
    assert document["equipment"]["ICT_Rack"] == 5
    assert document["unverified_profiles"] == ["test_gateway"]
    assert document["writable"][0]["reversion"] == "bms"
    target = tmp_path / "points.csv"
    answer = run("check", example_site, "--format", "csv", "--output", target)
    assert (answer.code, answer.out) == (0, "")
    assert len(target.read_text(encoding="utf-8").splitlines()) == 16
    nowhere = run("check", example_site, "--output", tmp_path / "none" / "x.txt")
    assert (nowhere.code, "No such file" in nowhere.err) == (2, True)


def test_check_refuses_a_wrong_site_with_all_faults(example_site: Path, run: Run) -> None:
    text = example_site.read_text(encoding="utf-8")
    example_site.write_text(text.replace("rated_fan_kw", "rated_fan_w").replace("EUR", "euro"), encoding="utf-8")
    answer = run("check", example_site)
    assert answer.code == 2
    assert answer.out == ""
    assert "did you mean 'rated_fan_kw'?" in answer.err
    assert "currency" in answer.err
    assert "Traceback" not in answer.err


def test_the_schema_describes_what_editors_should_know(run: Run) -> None:
    answer = run("check", "--schema")
    schema = json.loads(answer.out)
    assert schema["additionalProperties"] is False
    assert "schema" in schema["required"]
    assert schema["properties"]["schema"]["const"] == 1
    assert schema["$defs"]["Crah"]["properties"]["rated_fan_kw"]["exclusiveMinimum"] == 0
    secret = schema["$defs"]["SnmpV3"]["properties"]["auth_key"]["anyOf"][0]
    assert secret["pattern"].startswith("^(env:")
    assert schema["$defs"]["PriceWindow"]["properties"]["start"]["pattern"]
    assert "for_each" in schema["$defs"]["Rack"]["properties"]


def test_check_without_a_site_says_what_is_missing(run: Run) -> None:
    answer = run("check")
    assert (answer.code, answer.err) == (2, "facility: give a SITE file, or --schema\n")


def test_a_name_with_brackets_is_shown_as_it_is(example_site: Path, run: Run) -> None:
    text = example_site.read_text(encoding="utf-8")
    example_site.write_text(text.replace("name: Example site", 'name: "[red]Hall[/red] [x"'), encoding="utf-8")
    assert "[red]Hall[/red] [x" in run("check", example_site).out
