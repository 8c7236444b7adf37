"""A watchdog takes back what the network has set, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from facility.site_file import load_site
from tests.simulated_site.conftest import DEMO
from tools.simulated_site.setpoints import Setpoints
from tools.simulated_site.watchdog import Watchdog, without_network

KEY, OTHER = ("crah-1", "fan_speed_setpoint_frac"), ("crah-2", "fan_speed_setpoint_frac")


@dataclass
class Controller:
    setpoints: Setpoints = field(default_factory=lambda: Setpoints(load_site(DEMO).site))
    time_s: float = 100.0

    def __post_init__(self) -> None:
        self.watchdog = Watchdog(40, 20.0, self.setpoints, (KEY,), lambda: self.time_s)

    def set_remotely(self, value: float, key: tuple[str, str] = KEY) -> None:
        before = self.setpoints[key]
        self.setpoints.set(key, value)
        self.watchdog.set_remotely(key, before)

    def after(self, seconds: float) -> float:
        self.time_s += seconds
        self.watchdog.look()
        return self.setpoints[KEY]


@pytest.fixture
def controller() -> Controller:
    return Controller()


def test_what_it_held_before_the_first_write_comes_back_once(controller: Controller) -> None:
    before = controller.setpoints[KEY]
    controller.set_remotely(0.6)  # before the first beat: it holds, and counts once one began
    assert controller.after(60.0) == 0.6
    controller.watchdog.write(1.0)
    controller.set_remotely(0.5)
    controller.set_remotely(0.45, OTHER)  # hangs on no heartbeat
    assert controller.after(19.0) == 0.5
    assert controller.after(2.0) == before and controller.setpoints[OTHER] == 0.45
    controller.set_remotely(0.7)
    assert controller.after(60.0) == 0.7 and controller.watchdog.reversions == 1


def test_what_somebody_sets_at_the_machine_stays(controller: Controller) -> None:
    controller.watchdog.write(1.0)
    controller.set_remotely(0.5)
    controller.setpoints.set(KEY, 0.9)
    assert controller.after(60.0) == 0.9 and controller.watchdog.reversions == 0


def test_a_zero_hands_back_at_once(controller: Controller) -> None:
    before = controller.setpoints[KEY]
    controller.watchdog.write(7.0)
    controller.set_remotely(0.5)
    controller.watchdog.write(0.0)
    assert controller.setpoints[KEY] == before


def test_a_site_that_is_switched_off_remembers_local_control(controller: Controller) -> None:
    before = controller.setpoints[KEY]
    controller.watchdog.write(1.0)
    controller.set_remotely(0.5)
    memory = {"site": "demo", "setpoints": [[*key, value] for key, value in controller.setpoints.values().items()]}
    kept = without_network(memory, {"controller": controller.watchdog})
    held = {(equipment, quantity): value for equipment, quantity, value in kept["setpoints"]}
    assert held == {**controller.setpoints.values(), KEY: before} and kept["site"] == "demo"
