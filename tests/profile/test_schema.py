"""What a profile file may say, and what is refused with the place and the reason."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from facility.errors import ConfigurationError
from facility.profile import Profile, Template, load_profile, read_profile

POINT: dict[str, Any] = {"oid": "1.3.6.1.4.1.99.1.0", "type": "integer", "unit": "kW", "range": [0, 60]}
OUTLET = {**POINT, "oid": "1.3.6.1.4.1.99.2.{row}"}
DIGITS = {"oid": "1.3.6.1.4.1.99.3.{row}", "type": "integer", "means": "decimal_digits"}
REGISTER: dict[str, Any] = {"table": "input", "address": 10, "type": "uint16", "unit": "kW", "range": [0, 60]}


def load(folder: Path, **more: Any) -> Profile:
    content = {"profile": "own", "title": "x", "protocol": "snmp", "verified": False, "source": "x", "equipment_kind": "x",
               "points": {"power_kw": POINT}, **more}  # fmt: skip
    (folder / "own.yaml").write_text(json.dumps(content), encoding="utf-8")
    return load_profile("own", folder)


def outlets(**more: Any) -> dict[str, Any]:
    return {"outlets": {"row": "outlet", "points": {"outlet_power_kw": {**OUTLET, **more}}}}


def test_rows_become_points_of_their_own(tmp_path: Path) -> None:
    profile = load(tmp_path, tables=outlets(scale_from=DIGITS)).with_rows({"outlets": ("7", "1.12")})
    assert set(profile.points) == {"power_kw", "outlet-7.outlet_power_kw", "outlet-1-12.outlet_power_kw"}
    point = profile.points["outlet-1-12.outlet_power_kw"]
    assert (point.oid, point.row, point.quantity) == ("1.3.6.1.4.1.99.2.1.12", "outlet-1-12", "outlet_power_kw")
    assert point.scale_from is not None
    assert point.scale_from.oid == "1.3.6.1.4.1.99.3.1.12"


def test_registers_of_a_row_lie_a_stride_apart(tmp_path: Path) -> None:
    tables = {"phases": {"row": "phase", "stride": 4, "points": {"phase_power_kw": REGISTER}}}
    profile = load(tmp_path, protocol="modbus", points={"power_kw": {**REGISTER, "address": 0}}, tables=tables)
    rows = profile.with_rows({"phases": ("1", "3")}).points
    assert [rows[f"phase-{row}.phase_power_kw"].address for row in (1, 3)] == [10, 18]


def test_the_same_rows_give_the_same_object(tmp_path: Path) -> None:
    profile = load(tmp_path, tables=outlets())
    assert profile.with_rows({"outlets": ("1",)}) is profile.with_rows({"outlets": ("1",)})


def test_fill_in_anywhere_makes_a_template(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="is a template: 2 values"):
        load(tmp_path, points={"power_kw": {**POINT, "scale": "fill in", "range": ["fill in", 60]}})
    found = read_profile("own", tmp_path)
    assert isinstance(found, Template)
    assert found.points == ("power_kw",)
    assert set(found.open_keys) == {("points", "power_kw", "scale"), ("points", "power_kw", "range", 0)}


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"points": {"power_kw": {**POINT, "oid": "1.3.6.1.4.1.99.1.{row}"}}}, "belongs to a table"),
        ({"points": {"power_kw": {**POINT, "scale_from": DIGITS}}}, "belongs to a table"),
        ({"points": {"power_kw": {**POINT, "group": "slow"}}}, "group 'slow' is not among"),
        ({"points": {"power_kw": {**POINT, "unit": "V"}}}, "unit V is V, but power_kw is in kW"),
        ({"points": {"power_kw": {**POINT, "unit_from": {"oid": "1.3.6.1", "type": "integer", "units": {"1": "V"}}}}}, "is V, but"),
        ({"points": {"power_kw": {**POINT, "write_range": [0, 1]}}}, "belong to a point with `writable: true`"),
        ({"points": {"power_kw": {**POINT, "writable": True, "write_range": [0, 99]}}}, "lies within range"),
        ({"points": {"pwer_kw": POINT}}, "'pwer_kw' is not a quantity"),
        ({"tables": outlets(oid="1.3.6.1.4.1.99.2.0")}, "needs {row}"),
        ({"tables": {"outlets": {**outlets()["outlets"], "label": "1.3.6.1.4.1.99.4"}}}, "label: an oid with {row}"),
        ({"tables": {"outlets": {**outlets()["outlets"], "rows": 24}}}, "no such key; did you mean 'row'"),
        ({"identify": {"sys_object_id": ["enterprises.99"]}}, "should match pattern"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(more: dict[str, Any], told: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as refused:
        load(tmp_path, **more)
    assert told in str(refused.value)
