"""The engine's process, with a model that comes with the engine: steps, names, and nothing left behind."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import psutil
import pytest
import yaml

from facility.errors import ConfigurationError
from tests.house.repository import ROOT
from tools.energyplus.__main__ import main
from tools.energyplus.engine import Engine, EngineError, UnknownNamesError, Wanted
from tools.energyplus.mapping import Actuator, Output
from tools.energyplus.model import OUTDOOR_ACTUATORS, Model, package_folder, prepared, read_model

IDF = "RefBldgSmallOfficeNew2004_Chicago.idf"
HVAC_RATE = ("Facility Total Electricity Demand Rate", "Whole Building")
OUTDOOR = ("Site Outdoor Air Drybulb Temperature", "Environment")
NAMED = Wanted(OUTDOOR_ACTUATORS, [HVAC_RATE, OUTDOOR], ["Electricity:Facility"])
AIR = [10.0, 5.0, 71.0]


@pytest.fixture(scope="module")
def office(engine: None) -> Model:
    """A small office on the first of May, four steps an hour."""
    model = read_model(package_folder() / "data" / "model" / IDF)
    return prepared(model, date(2025, 5, 1), days=2, steps_per_hour=4, warm_up_days=1)


@pytest.fixture
def run(office: Model) -> Iterator[Engine]:
    running = started(office)
    yield running
    running.close()


def started(model: Model, wanted: Wanted = NAMED) -> Engine:
    weather = next((package_folder() / "data" / "weather").glob("*.epw"))
    return Engine(model, weather, wanted, [AIR])


def gone(process_id: int, within_s: float = 10.0) -> bool:
    ends = time.monotonic() + within_s
    while time.monotonic() < ends:
        if not psutil.pid_exists(process_id) or psutil.Process(process_id).status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.05)
    return False


def test_a_step_sets_actuators_and_answers_with_variables_and_meters(run: Engine) -> None:
    for dry_degc in (10.0, 25.0):
        rate_w, outdoor_degc, energy_j = run.advance([dry_degc, 5.0, 50.0])
        assert outdoor_degc == pytest.approx(dry_degc)
        assert rate_w > 100.0
        assert energy_j > 100.0 * 900.0


def test_the_first_meter_is_there_though_the_engine_says_it_is_not(run: Engine) -> None:
    """EnergyPlus issue 11522; the energies of a day add up to the mean power."""
    answers = [run.advance(AIR) for _ in range(96)]
    power_kwh = sum(rate_w for rate_w, _, _ in answers) * 0.25e-3
    meter_kwh = sum(energy_j for _, _, energy_j in answers) / 3.6e6
    assert meter_kwh == pytest.approx(power_kwh, rel=0.02)


def test_closing_ends_the_process_and_removes_the_folder(run: Engine) -> None:
    folder = Path(run._folder.name)
    run.advance(AIR)
    assert folder.is_dir()
    run.close()
    run.close()
    assert gone(run.process_id)
    assert not folder.exists()
    with pytest.raises(EngineError, match="is gone"):
        run.advance(AIR)


def test_one_that_has_not_made_a_step_closes_too(run: Engine) -> None:
    folder = Path(run._folder.name)
    run.close()
    assert gone(run.process_id)
    assert not folder.exists()


def test_letting_go_of_it_closes_it(office: Model) -> None:
    running = started(office)
    process_id, folder = running.process_id, Path(running._folder.name)
    running.advance(AIR)
    del running
    gc.collect()
    assert gone(process_id)
    assert not folder.exists()


def test_it_ends_when_its_parent_is_killed(engine: None, tmp_path: Path) -> None:
    script = (
        "import sys, time\nfrom tests.energyplus.test_engine import *\n"
        "model = prepared(read_model(package_folder() / 'data' / 'model' / IDF), date(2025, 5, 1), days=2, steps_per_hour=4,"
        " warm_up_days=1)\nrunning = started(model)\nrunning.advance(AIR)\n"
        "print(running.process_id, running._folder.name, flush=True)\ntime.sleep(60)\n"
    )
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, env=environment) as parent:
        assert parent.stdout is not None
        process_id, folder = parent.stdout.readline().decode().split()
        assert Path(folder).is_dir()
        parent.send_signal(signal.SIGKILL)
    assert gone(int(process_id))
    assert not Path(folder).exists()


def test_an_engine_that_dies_is_said_to_be_gone(run: Engine) -> None:
    folder = Path(run._folder.name)
    run.advance(AIR)
    os.kill(run.process_id, signal.SIGKILL)
    with pytest.raises(EngineError, match="the EnergyPlus process is gone"):
        run.advance(AIR)
    assert not folder.exists()


def test_a_broken_model_is_told_in_the_engines_words(office: Model) -> None:
    running = started({kind: objects for kind, objects in office.items() if kind != "Material"})
    with pytest.raises(EngineError, match=r"EnergyPlus ended with code 1:\n(.|\n)*\*\* Severe"):
        running.advance(AIR)
    assert gone(running.process_id)


def test_the_end_of_the_run_period_is_told(office: Model) -> None:
    running = started(office)
    with pytest.raises(EngineError, match="EnergyPlus ended with code 0"):
        for _ in range(3 * 96 + 1):
            running.advance(AIR)


def test_unknown_names_come_with_those_there_are(office: Model) -> None:
    wanted = Wanted(
        [*OUTDOOR_ACTUATORS, ("Schedule:Compact", "Schedule Value", "no such")], [OUTDOOR, ("x", "y")], ["z"]
    )
    running = started(office, wanted)
    with pytest.raises(UnknownNamesError) as caught:
        running.advance([*AIR, 1.0])
    assert (caught.value.actuators, caught.value.outputs) == ([3], [1, 2])
    assert "Electricity:Facility" in caught.value.names.meters
    assert caught.value.names.variables["Site Outdoor Air Drybulb Temperature"] == "Zone Average [C]"


@pytest.mark.slow
def test_the_list_of_names_is_written_as_a_mapping_has_it(engine: None, capsys: pytest.CaptureFixture[str]) -> None:
    main([IDF, "Schedule:Compact", "hvac"])
    actuators = yaml.safe_load(capsys.readouterr().out)
    assert actuators
    assert all(Actuator.model_validate(one).control == "Schedule Value" for one in actuators)
    main([IDF, "fan electricity rate"])
    outputs = [Output.model_validate(one) for one in yaml.safe_load(capsys.readouterr().out)]
    assert len({one.key for one in outputs if one.variable == "Fan Electricity Rate"}) > 1


def test_the_list_says_what_is_wrong(engine: None, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["nothing.epJSON"])
    assert caught.value.code == 2
    assert "no file 'nothing.epJSON'" in capsys.readouterr().err


def test_an_idf_that_is_none_is_refused(engine: None, tmp_path: Path) -> None:
    path = tmp_path / "hall.idf"
    path.write_text("this is no IDF", encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"hall\.idf: cannot be made into epJSON"):
        read_model(path)
