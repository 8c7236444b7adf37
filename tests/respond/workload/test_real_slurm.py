"""What a plan decides is carried out by a Slurm that runs: nodes end when their jobs are done, come back, and jobs wait."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from facility.respond.workload.carry_out import Outcome, carry_out
from facility.respond.workload.commands import SURE, CarriedOut, Decisions
from facility.respond.workload.settings import WorkloadSettings
from facility.respond.workload.slurm import slurm
from tests.api.records_for_tests import FixedClock
from tests.respond.workload.planned_work import NOW
from tests.respond.workload.slurm_cluster import Cluster, running, until

SETTINGS = WorkloadSettings(adapter="slurm")


class Kept:
    """Keeps what was carried out."""

    def __init__(self) -> None:
        self.known = CarriedOut()

    def keep(self, carried_out: CarriedOut) -> None:
        self.known = carried_out


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    with running(tmp_path / "slurm", monkeypatch) as found:
        yield found


def carried_out(decisions: Decisions, kept: Kept, settings: WorkloadSettings = SETTINGS) -> list[Outcome]:
    return list(carry_out(slurm(decisions, settings, "facility-plan-1"), kept.known, kept, 60.0, FixedClock(NOW)))


def test_nodes_end_when_their_jobs_are_done_and_come_back(cluster: Cluster) -> None:
    kept, working = Kept(), cluster.submit(4.0, "--nodelist", "n3")
    until(lambda: cluster.job(working).startswith("RUNNING"))
    assert all(one.done for one in carried_out(Decisions(sleep=frozenset({"n3", "n4"})), kept))
    assert kept.known.slept == {"n3": SURE, "n4": SURE}
    assert cluster.job(working).startswith("RUNNING"), "what runs is not cut off"
    until(lambda: sorted(cluster.powered) == ["off n3", "off n4"])
    assert cluster.job(working).startswith("COMPLETED")
    until(lambda: not list(cluster.folder.glob("slurmd.*.pid")))
    assert all(one.done for one in carried_out(Decisions(wake=frozenset({"n3"})), kept))
    assert kept.known.slept == {"n4": SURE}
    until(lambda: cluster.node("n3") == "idle")
    assert cluster.powered[2:] == ["on n3"]
    again = cluster.submit(0.0, "--nodelist", "n3")
    until(lambda: cluster.job(again).startswith("COMPLETED"))


def test_what_is_told_again_is_done_once(cluster: Cluster) -> None:
    """As after a kill, when nobody knows how far it came."""
    kept = Kept()
    for _ in range(2):
        assert all(one.done for one in carried_out(Decisions(sleep=frozenset({"n4"})), kept))
    until(lambda: cluster.powered == ["off n4"])
    for _ in range(2):
        assert all(one.done for one in carried_out(Decisions(wake=frozenset({"n4"})), kept))
    until(lambda: cluster.node("n4") == "idle")
    assert cluster.powered == ["off n4", "on n4"]


def test_a_node_that_is_woken_before_its_jobs_end_serves_on(cluster: Cluster) -> None:
    """Slurm does not take back its power-down: it starts the node again when a job wants it."""
    kept, working = Kept(), cluster.submit(2.0, "--nodelist", "n3")
    until(lambda: cluster.job(working).startswith("RUNNING"))
    for decisions in (Decisions(sleep=frozenset({"n3"})), Decisions(wake=frozenset({"n3"}))):
        assert all(one.done for one in carried_out(decisions, kept))
    assert kept.known.slept == {}
    until(lambda: cluster.job(working).startswith("COMPLETED"))
    later = cluster.submit(0.0, "--nodelist", "n3")
    until(lambda: cluster.job(later).startswith("COMPLETED"))


def test_without_power_off_nodes_only_drain(cluster: Cluster) -> None:
    kept, settings = Kept(), SETTINGS.model_copy(update={"power_off": False})
    for _ in range(2):
        assert all(one.done for one in carried_out(Decisions(sleep=frozenset({"n3"})), kept, settings))
    until(lambda: cluster.node("n3") == "drained")
    for _ in range(2):
        assert all(one.done for one in carried_out(Decisions(wake=frozenset({"n3"})), kept, settings))
    until(lambda: cluster.node("n3") == "idle")
    assert cluster.powered == []


def test_jobs_wait_and_are_let_go(cluster: Cluster) -> None:
    kept, job = Kept(), cluster.submit(0.0, "--begin", "now+1hour")
    assert carried_out(Decisions(hold=frozenset({job})), kept)[0].done
    assert cluster.job(job) == "PENDING JobHeldAdmin" and kept.known.held == {job: SURE}
    assert carried_out(Decisions(release=frozenset({job})), kept)[0].done
    assert "Held" not in cluster.job(job) and kept.known.held == {}


def test_a_node_that_slurm_does_not_know_is_a_failure_with_its_words(cluster: Cluster) -> None:
    kept = Kept()
    (only,) = carried_out(Decisions(sleep=frozenset({"n9"})), kept)
    assert not only.done and "Invalid node name" in only.said
    assert list(kept.known.failed) == ["n9"]
