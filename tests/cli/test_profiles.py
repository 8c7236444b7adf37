"""`facility profiles`: list, show, new; `test` is in test_profiles_trial.py."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from facility.cli import main
from facility.profile import Profile, load_profile, profile_names, read_profile

LIST = """Name;Register;Function code;Data type;Divisor;Units;Min;Max;Access;Remark
supply_air_temperature_degc;30001;;s16;10;°C;-10;70;R;after the coil
Fan speed frac;0x0A;4;UINT16;;%;0;1.1;R;
supply_air_temperature_setpoint_degc;40021;;S16;10;°C;5;45;R/W;
on_status;10003;;;;enum;0;1;R;
power_kw;30101;;float CDAB;1;W;0;50;R;
"""


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = main(["profiles", *words])
    told = capsys.readouterr()
    return code, told.out, told.err


def written(folder: Path, text: str, name: str = "my_crah.csv") -> str:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_list_says_what_each_is(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "list", "--format", "json")
    rows = {row["name"]: row for row in json.loads(out)}
    assert code == 0
    assert set(rows) == set(profile_names())
    assert rows["apc_rpdu2"]["state"] == "verified"
    assert rows["raritan_px2"]["state"] == "not verified"
    assert rows["generic_cdu"] == {
        "name": "generic_cdu", "title": "Coolant distribution unit, any make (template)", "protocol": "modbus", "points": 12,
        "tables": "", "state": "template",
    }  # fmt: skip
    assert "outlets" in rows["sentry4"]["tables"].split()


@pytest.mark.parametrize("name", profile_names())
def test_what_show_prints_is_the_profile_again(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "show", name)
    assert code == 0
    (tmp_path / f"{name}.yaml").write_text(out, encoding="utf-8")
    assert read_profile(name, tmp_path) == read_profile(name)


def test_show_draws_points_and_tables(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "show", "raritan_px2", "--format", "csv")
    rows = {(row["table"], row["key"]): row for row in csv.DictReader(io.StringIO(out))}
    assert rows["", "power_kw"]["scale"] == "as the device tells"
    assert rows["outlets", "outlet_power_kw"]["place"].endswith("{row}.5")
    assert "single_phase" in run(capsys, "show", "raritan_px2", "--format", "table")[1]


def test_show_of_a_template_shows_what_is_to_be_filled_in(capsys: pytest.CaptureFixture[str]) -> None:
    rows = list(csv.DictReader(io.StringIO(run(capsys, "show", "trane_rthd_ch530", "--format", "csv")[1])))
    assert {row["scale"] for row in rows} == {"fill in"}


def test_an_unknown_name_is_told_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = run(capsys, "show", "sentry3")
    assert code == 2
    assert "did you mean 'sentry4'" in err


def test_new_writes_a_profile_that_loads(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("new", written(tmp_path, LIST), "--title", "My CRAH", "--equipment-kind", "CRAH")
    code, out, _ = run(capsys, *words)
    assert code == 0
    assert "# Columns of the list that were not understood: Remark" in out
    assert (
        "address: 0, type: int16, scale: 0.1, unit: degC, range: [-10, 70] } # 30001 in the list, counted from 1" in out
    )
    (tmp_path / "my_crah.yaml").write_text(out, encoding="utf-8")
    profile = load_profile("my_crah", tmp_path)
    places = {key: (point.table, point.address, point.type) for key, point in profile.points.items()}
    assert places == {
        "supply_air_temperature_degc": ("input", 0, "int16"),
        "fan_speed_frac": ("input", 10, "uint16"),
        "supply_air_temperature_setpoint_degc": ("holding", 20, "int16"),
        "on_status": ("discrete", 2, "bit"),
        "power_kw": ("input", 100, "float32"),
    }
    assert profile.points["power_kw"].word_order == "little"
    assert profile.points["power_kw"].unit == "W"
    assert [key for key, point in profile.points.items() if point.writable] == ["supply_air_temperature_setpoint_degc"]
    assert not profile.verified


def test_what_a_list_leaves_open_makes_a_template(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(tmp_path, "key,address\nfan_speed_frac,12\n")
    _, out, _ = run(capsys, "new", path)
    assert "fan_speed_frac: { table: fill in, address: 12, type: fill in, unit: fill in, range: fill in }" in out


def test_oids_become_an_snmp_profile(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(tmp_path, "quantity\toid\tscale\tunit\trange\npower_kw\t.1.3.6.1.4.1.99.1.0\t0,1\tkW\t0..60\n")
    _, out, _ = run(capsys, "new", path, "--name", "my_pdu", "--title", "x", "--equipment-kind", "ICT_Rack")
    (tmp_path / "my_pdu.yaml").write_text(out, encoding="utf-8")
    profile: Profile = load_profile("my_pdu", tmp_path)
    assert profile.protocol == "snmp"
    assert (profile.points["power_kw"].oid, profile.points["power_kw"].scale) == ("1.3.6.1.4.1.99.1.0", 0.1)


def test_an_address_may_be_meant_as_it_stands(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(tmp_path, "key,table,address,type,unit,range\npower_kw,holding,40101,uint16,kW,0..9\n")
    assert "address: 100," in run(capsys, "new", path)[1]
    assert "address: 40101," in run(capsys, "new", path, "--wire-addresses")[1]
    other = written(tmp_path, "key,table,address,type,unit,range\npower_kw,input,40101,uint16,kW,0..9\n", "b.csv")
    assert "table: input, address: 40101," in run(capsys, "new", other)[1]  # no holding register: taken as it stands


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("supply_air_temp;30001;;int16;1;degC;0;1;R;", ":2: supply_air_temp: no quantity"),
        ("power_kw;70000;;int16;1;kW;0;1;R;", ":2: address: 70000 does not lie between 0 and 65535"),
        ("power_kw;12;9;int16;1;kW;0;1;R;", ":2: table: '9'"),
        ("power_kw;12;3;int17;1;kW;0;1;R;", ":2: type: 'int17'"),
        ("power_kw;12;3;int16;0;kW;0;1;R;", ":2: divisor: '0'"),
        ("power_kw;12;3;int16;1;kWatt;0;1;R;", ":2: unit: 'kWatt' is not known; known: kW, W, MW"),
        ("power_kw;12;3;int16;1;degC;0;1;R;", ":2: power_kw: unit degC is not one of kW"),
        ("power_kw;12;3;int16;1;kW;1;0;R;", ":2: range: the first number must be below the second"),
        ("power_kw;;3;int16;1;kW;0;1;R;", ":2: address: nothing there"),
    ],
)
def test_faults_are_told_by_line(line: str, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    heading = LIST.splitlines()[0]
    code, out, err = run(capsys, "new", written(tmp_path, f"{heading}\n{line}\n"))
    assert (code, out) == (2, "")
    assert told in err


def test_a_key_given_twice_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(tmp_path, "key,address\npower_kw,1\n\npower_kw,2\n")
    assert "my_crah.csv:4: power_kw: stands on line 2 already" in run(capsys, "new", path)[2]


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", "key,address\n"])
def test_a_file_that_is_no_register_list_is_refused(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(capsys, "new", written(tmp_path, text))[0] == 2
