"""The commissioning benchmark on one seed: every direction right, no limit passed, the range grown."""

from __future__ import annotations

import pytest

from tools.bench import predict_commissioning


@pytest.mark.slow
def test_one_seed() -> None:
    found = {row.metric: row for row in predict_commissioning.rows(quick=True)}
    right = found["commissioning_direction_right_frac"]
    assert right.value == 1.0 and right.reference is not None and right.reference <= right.value
    assert found["commissioning_directions"].value >= 12
    assert found["commissioning_limit_breaks"].value == 0
    assert found["commissioning_limit_breaks: a CRAH stops during a try"].value == 0
    assert found["commissioning_tries"].value >= 10
    assert found["commissioning_range_grown: supply_air_temperature"].value >= 0.5
