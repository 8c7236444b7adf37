from __future__ import annotations

import numpy as np

from facility.prepare.hall_ahead import written


def test_a_setpoint_gets_where_it_is_wanted_in_the_writes_that_are_allowed() -> None:
    targets = np.full(8, 18.0)
    assert written(20.0, targets, step=1.0, rest=3, wait=0).tolist() == [19.0] * 3 + [18.0] * 5
    assert written(20.0, targets, step=9.0, rest=3, wait=2).tolist() == [20.0] * 2 + [18.0] * 6
    assert written(20.0, targets, step=1.0, rest=3, wait=99).tolist() == [20.0] * 8
    assert written(18.0, targets, step=1.0, rest=3, wait=0).tolist() == [18.0] * 8
