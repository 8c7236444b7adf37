"""What a plan decides becomes arguments, word for word; what is no name of a node or job gets into none."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from facility.errors import ConfigurationError
from facility.respond.settings import load_settings
from facility.respond.workload.commands import MAYBE, SURE, CarriedOut, Command, Decisions, decided, undone
from facility.respond.workload.kubernetes import kubernetes
from facility.respond.workload.names import MOST_NAMES
from facility.respond.workload.script import script
from facility.respond.workload.settings import WorkloadSettings
from facility.respond.workload.slurm import slurm
from tests.respond.workload.planned_work import HOUR, NOW, job_run, sleeping_plan, working_site

SLURM = WorkloadSettings(adapter="slurm")
KUBERNETES = WorkloadSettings(adapter="kubernetes", namespace="work", timeout_s=65.0)
SCRIPT = WorkloadSettings(adapter="script", script="/opt/power")


def lines(commands: Any) -> list[str]:
    return [" ".join(command.arguments) for command in commands]


def test_only_what_is_due_is_put_to_sleep(example_site: Path) -> None:
    loaded = working_site(example_site, adapter="slurm")
    plan = sleeping_plan(loaded, [("n3", ""), ("n4", "")], before=["n1"])
    found = decided(plan, loaded.site, SLURM, CarriedOut(), NOW)
    assert (found.sleep, found.wake, found.elsewhere) == (frozenset({"n3"}), frozenset(), frozenset({"n1"}))
    assert decided(plan, loaded.site, SLURM, CarriedOut(), NOW + HOUR).sleep == {"n3", "n4"}


def test_what_was_done_is_not_done_again_what_may_have_been_is(example_site: Path) -> None:
    loaded = working_site(example_site, adapter="slurm")
    later = sleeping_plan(loaded, [], before=["n3", "n4"])
    before = CarriedOut(slept={"n3": SURE, "n4": MAYBE})
    found = decided(later, loaded.site, SLURM, before, NOW)
    assert (found.sleep, found.wake, found.elsewhere) == (frozenset({"n4"}), frozenset(), frozenset())
    assert undone(before).wake == {"n3", "n4"}


def test_only_what_was_put_to_sleep_is_woken(example_site: Path) -> None:
    loaded = working_site(example_site, adapter="slurm")
    plan = sleeping_plan(loaded, [("", "n2 n3")], before=["n2", "n3"])
    assert decided(plan, loaded.site, SLURM, CarriedOut(slept={"n3": SURE}), NOW).wake == {"n3"}
    silent = replace(plan, asleep_servers={}, server_moves=())  # names no servers: nothing follows from it
    assert decided(silent, loaded.site, SLURM, CarriedOut(slept={"n3": SURE}), NOW) == Decisions()


def test_jobs_wait_from_their_arrival_until_they_begin(example_site: Path) -> None:
    loaded = working_site(example_site, adapter="slurm")
    runs = (
        job_run("1", NOW + HOUR), job_run("2", None), job_run("3", NOW), job_run("4", NOW + HOUR, arrives=NOW + HOUR),
        job_run("5", NOW + HOUR, running=True), job_run("6", NOW + HOUR),
    )  # fmt: skip
    plan = replace(sleeping_plan(loaded, []), jobs=runs)
    before = CarriedOut(held={"6": SURE, "3": SURE, "7": MAYBE})
    found = decided(plan, loaded.site, SLURM.model_copy(update={"jobs": True}), before, NOW)
    assert (found.hold, found.release) == (frozenset({"1", "2"}), frozenset({"3", "7"}))
    assert not decided(plan, loaded.site, SLURM, before, NOW).hold


def test_slurm_drains_and_powers_down_and_comes_back() -> None:
    decisions = Decisions(sleep=frozenset({"n2", "n1"}), wake=frozenset({"n3"}), hold=frozenset({"12_3"}))
    assert lines(slurm(decisions, SLURM, "facility-plan-1")) == [
        "scontrol update NodeName=n3 State=DRAIN Reason=facility-plan-1",
        "scontrol update NodeName=n3 State=RESUME",
        "scontrol update NodeName=n3 State=POWER_UP",
        "scontrol update NodeName=n1,n2 State=DRAIN Reason=facility-plan-1",
        "scontrol update NodeName=n1,n2 State=POWER_DOWN_ASAP",
        "scontrol hold 12_3",
    ]
    drained = slurm(decisions, SLURM.model_copy(update={"power_off": False}), "r")
    assert lines(drained)[:2] == [
        "scontrol update NodeName=n3 State=UNDRAIN",
        "scontrol update NodeName=n1,n2 State=DRAIN Reason=r",
    ]
    assert [command.leaves for command in drained] == ["", SURE, SURE]


def test_many_nodes_are_told_in_parts() -> None:
    names = frozenset(f"n{number}" for number in range(MOST_NAMES + 1))
    commands = slurm(Decisions(wake=names), SLURM, "r")
    assert [len(command.names) for command in commands] == [*[MOST_NAMES] * 3, 1, 1, 1]
    assert frozenset(name for command in commands for name in command.names) == names


def test_kubernetes_cordons_all_before_it_drains_one() -> None:
    decisions = Decisions(
        sleep=frozenset({"n1", "n2"}), wake=frozenset({"n3"}), hold=frozenset({"night"}), release=frozenset({"day"}),
        scale={"deployment/batch": "2", "deployment/gold": ""},
    )  # fmt: skip
    assert lines(kubernetes(decisions, KUBERNETES, "r")) == [
        "kubectl uncordon n3",
        "kubectl annotate --namespace=work deployment/batch --overwrite facility/shed-servers=2",
        'kubectl patch --namespace=work job day --patch={"spec":{"suspend":false}}',
        'kubectl patch --namespace=work job night --patch={"spec":{"suspend":true}}',
        "kubectl cordon n1 n2",
        "kubectl drain --ignore-daemonsets --delete-emptydir-data --timeout=60s n1",
        "kubectl drain --ignore-daemonsets --delete-emptydir-data --timeout=60s n2",
        "kubectl annotate --namespace=work deployment/gold facility/shed-servers-",
    ]


def test_a_tier_is_told_how_many_of_its_servers_are_shed(example_site: Path) -> None:
    loaded = working_site(example_site, adapter="kubernetes")
    told = KUBERNETES.model_copy(update={"scaled": {"batch": "deployment/b", "gold": "deployment/g"}})
    plan = sleeping_plan(loaded, [("n3 n4", "")])
    assert decided(plan, loaded.site, told, CarriedOut(), NOW).scale == {"deployment/b": "2"}
    before = CarriedOut(scaled={"deployment/b": "2", "deployment/g": "1"})
    assert decided(plan, loaded.site, told, before, NOW).scale == {"deployment/g": ""}
    assert undone(before).scale == {"deployment/b": "", "deployment/g": ""}


def test_a_script_gets_action_reason_and_names() -> None:
    decisions = Decisions(frozenset({"a", "b"}), frozenset({"c"}), frozenset({"j1"}), frozenset({"j2"}))
    assert lines(script(decisions, SCRIPT, "why")) == [
        "/opt/power release why j2", "/opt/power hold why j1", "/opt/power wake why c", "/opt/power sleep why a b",
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["-n1", "--all", "n1,n2", "n[1-9]", "n1 State=DOWN", "n1\n", "", "ALL", "n1;reboot"])
def test_what_could_mean_something_else_is_no_node(name: str) -> None:
    for adapter, settings in ((slurm, SLURM), (kubernetes, KUBERNETES)):
        for decisions in (Decisions(sleep=frozenset({name})), Decisions(wake=frozenset({name}))):
            with pytest.raises(ConfigurationError, match="cannot be the name of a node"):
                adapter(decisions, settings, "r")
    if name != "ALL":  # which means nothing to a script
        with pytest.raises(ConfigurationError, match="cannot be the name of a node"):
            script(Decisions(sleep=frozenset({name})), SCRIPT, "r")


@pytest.mark.parametrize("job", ["-1", "1,2", "name=x", "", "1\n"])
def test_what_could_mean_something_else_is_no_job(job: str) -> None:
    for adapter, settings in ((slurm, SLURM), (kubernetes, KUBERNETES), (script, SCRIPT)):
        commands: list[Command] = []
        with pytest.raises(ConfigurationError, match="cannot be the id of a job"):
            commands.extend(adapter(Decisions(hold=frozenset({job})), settings, "r"))
        assert not commands


def test_servers_have_the_names_that_the_settings_give_them(example_site: Path) -> None:
    loaded = working_site(example_site, adapter="slurm", prefix="node-", suffix=".dc", names={"n4": "gpu4"})
    settings = load_settings(loaded).workload
    assert settings is not None
    plan = sleeping_plan(loaded, [("n3 n4", "")])
    found = decided(plan, loaded.site, settings, CarriedOut(slept={"node-n1.dc": SURE}), NOW)
    assert (found.sleep, found.wake) == (frozenset({"node-n3.dc", "gpu4"}), frozenset({"node-n1.dc"}))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"adapter": "cron"}, "workload.adapter"),
        ({"adapter": "script"}, "workload.script: give the path"),
        ({"adapter": "script", "script": "power"}, "workload.script"),
        ({"adapter": "slurm", "names": {"n9": "x"}}, "workload.names: n9 is no server"),
        ({"adapter": "slurm", "names": {"n1": "n2"}}, "n2 is the name of 2 servers"),
        ({"adapter": "slurm", "prefix": "-"}, "'-n1' cannot be the name of a node for slurm"),
        ({"adapter": "kubernetes", "prefix": "N"}, "'Nn1' cannot be the name of a node for kubernetes"),
        ({"adapter": "kubernetes", "scaled": {"silver": "deployment/x"}}, "silver is no tier of the site: batch, gold"),
        ({"adapter": "kubernetes", "scaled": {"gold": "--all"}}, "workload.scaled"),
        ({"adapter": "kubernetes", "namespace": "--all"}, "workload.namespace"),
        ({"adapter": "slurm", "timeout_s": 0.0}, "workload.timeout_s"),
    ],
)
def test_what_is_wrong_in_the_settings_is_told(example_site: Path, given: dict[str, Any], said: str) -> None:
    loaded = working_site(example_site, **given)
    with pytest.raises(ConfigurationError) as raised:
        load_settings(loaded)
    assert said in str(raised.value)


def test_the_guide_has_each_setting() -> None:
    text = (Path(__file__).parents[3] / "docs" / "demand_response.md").read_text(encoding="utf-8")
    text = text[text.index("```yaml\nworkload:") + len("```yaml\n") :]
    given = yaml.safe_load(text[: text.index("```")])["workload"]
    assert WorkloadSettings.model_validate(given).adapter == "slurm"
    assert {*given, "suffix"} == set(WorkloadSettings.model_fields)
