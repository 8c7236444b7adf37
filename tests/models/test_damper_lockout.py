"""Dampers let air in up to the edge of their envelope, and again only when it is a band inside."""

from __future__ import annotations

import numpy as np

from models.airside import OutdoorAir
from models.damper_lockout import let_in
from models.nameplate import AirsideEconomizer

UNIT = AirsideEconomizer("ase-1", rated_airflow_m3ps=10.0, outdoor_max_degc=24.0, outdoor_dew_point_max_degc=14.0)


def when(degc: list[float], *, open_now: bool, wet_bulb_degc: float = 12.0) -> list[int]:
    outdoor = OutdoorAir.of(np.array(degc), np.full(len(degc), wet_bulb_degc), 800.0)
    return [int(one) for one in let_in(UNIT, outdoor, open_now=open_now)]


def test_air_that_came_in_does_so_up_to_the_edge() -> None:
    assert when([22.0, 23.5, 23.9, 24.1, 23.5, 22.9, 23.5], open_now=False) == [1, 1, 1, 0, 0, 1, 1]


def test_what_is_seen_now_decides_at_the_edge() -> None:
    assert when([23.5, 23.9, 24.5, 23.5], open_now=True) == [1, 1, 0, 0]
    assert when([23.5, 23.9, 22.0, 23.5], open_now=False) == [0, 0, 1, 1]


def test_damp_air_is_locked_out_whatever_its_temperature() -> None:
    assert when([20.0, 20.0], open_now=True, wet_bulb_degc=18.0) == [0, 0]
