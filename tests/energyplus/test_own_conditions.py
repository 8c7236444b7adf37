"""Weather and work of an EnergyPlus site for a user who gives no files."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from facility.errors import ConfigurationError
from facility.site_file import load_site
from tests.energyplus.conftest import MODELS, POOLS, edit
from tools.closed_loop.conditions import Conditions
from tools.energyplus.model import package_folder
from tools.energyplus_plant import own_conditions

BEGIN = datetime(2025, 7, 7, 5, tzinfo=UTC)  # midnight on Chicago's walls, 23:00 of its standard time
QUARTER = timedelta(minutes=15)


def week(site_file: Path, seed: int = 0) -> Conditions:
    return own_conditions(load_site(site_file), seed, BEGIN, BEGIN + timedelta(days=7), QUARTER)


def test_the_air_is_the_hours_of_the_mappings_file_in_standard_time(engine: None) -> None:
    """Row of the file: 7 July, hour 18, which ends at 18:00 standard time, 24:00 UTC."""
    file = package_folder() / "data" / "weather" / "USA_IL_Chicago-OHare.Intl.AP.725300_TMY3.epw"
    rows = [line.split(",") for line in file.read_text(encoding="latin-1").splitlines()[8:]]
    dry_degc, dew_degc = next((row[6], row[7]) for row in rows if row[1:4] == ["7", "7", "18"])
    air = week(MODELS / "two_zone.yaml").air(datetime(2025, 7, 8, 0, tzinfo=UTC))
    assert (air.dry_bulb_degc, air.dew_point_degc) == pytest.approx((float(dry_degc), float(dew_degc)))


def test_it_spans_what_is_asked(engine: None) -> None:
    found = week(MODELS / "two_zone.yaml")
    times = found.times()
    assert (times[0], times[-1]) == (BEGIN, BEGIN + timedelta(days=7))
    assert set(found.demand_frac) == set(POOLS)


def test_work_follows_the_walls_clock_and_the_week(engine: None) -> None:
    load = week(MODELS / "two_zone.yaml").demand_frac["pool-east"][:-1].reshape(7, 96)  # Monday to Sunday
    afternoon, night = load[:, 56:64].mean(axis=1), load[:, 8:16].mean(axis=1)
    assert (afternoon > night + 0.15).all()
    assert afternoon[5:].mean() < afternoon[:5].mean() - 0.05
    assert load.min() >= 0.0
    assert load.max() <= 1.0


def test_a_seed_gives_the_same_again_and_another_gives_another_week(engine: None) -> None:
    one, same, other = (week(MODELS / "two_zone.yaml", seed).demand_frac for seed in (3, 3, 4))
    assert np.array_equal(one["pool-east"], same["pool-east"])
    assert not np.array_equal(one["pool-east"], other["pool-east"])
    assert not np.array_equal(one["pool-east"], one["pool-west"])
    assert 0.01 < np.std(one["pool-east"] - other["pool-east"]) < 0.08


def test_a_pool_without_a_demand_in_the_mapping_is_the_models_own(engine: None, site_file: Path) -> None:
    west = '  - { pool: pool-west, actuators: [{ type: "Schedule:Constant", control: Schedule Value, key: West CPU Loading }] }\n'
    edit(site_file, (west, ""))
    assert set(week(site_file).demand_frac) == {"pool-east"}


def test_a_site_without_a_mapping_is_told_what_is_missing(tmp_path: Path) -> None:
    alone = tmp_path / "two_zone.yaml"
    alone.write_text((MODELS / "two_zone.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"two_zone\.energyplus\.yaml: an EnergyPlus plant needs this mapping"):
        week(alone)
