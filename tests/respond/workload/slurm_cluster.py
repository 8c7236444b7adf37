"""Slurm on loopback: its own munge, a controller and two nodes that its power saving really ends and starts."""

from __future__ import annotations

import getpass
import os
import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.acquire.servers import free_port

NODES = ("n3", "n4")
_PATH = f"/usr/sbin:/usr/local/sbin:{os.environ.get('PATH', '')}"
_NEEDED = ("munged", "slurmctld", "slurmd", "scontrol", "sbatch", "squeue", "sinfo")
_WITHIN_S = 120.0

# A node is off when its daemon has ended, and on when one registers that was started anew (-b).
_POWER = """#!/bin/sh
for node in $({scontrol} show hostnames "$1"); do
    echo "{word} $node" >> {folder}/power
    {does}
done
"""
_OFF = "kill $(cat {folder}/slurmd.$node.pid)"
# Slurm runs its programs without standard streams, and ends what they leave in their session.
_ON = "SLURM_CONF={folder}/slurm.conf setsid {slurmd} -b -N $node </dev/null >/dev/null 2>&1"
_CONF = """
ClusterName=loopback
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={port}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CredType=cred/munge
SlurmUser={user}
SlurmdUser={user}
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool.%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.%n.log
MailProg=/bin/true
MpiDefault=none
ProctrackType=proctrack/pgid
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
ReturnToService=2
SuspendProgram={folder}/off
ResumeProgram={folder}/on
SuspendTime=86400
SuspendTimeout=1
ResumeTimeout=120
{nodes}
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""


class Cluster:
    """What is asked of it by Slurm's own commands."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def powered(self) -> list[str]:
        """What its power saving was told: `off n3`, `on n3`."""
        path = self.folder / "power"
        return path.read_text().splitlines() if path.exists() else []

    def asks(self, *words: str) -> str:
        """Run a command of Slurm."""
        done = subprocess.run(words, check=True, capture_output=True, text=True, timeout=60)
        return done.stdout.strip()

    def node(self, name: str) -> str:
        """Return the state of a node, without the mark of what goes on."""
        return self.asks("sinfo", "--noheader", "--nodes", name, "--format", "%T").splitlines()[0]

    def job(self, number: str) -> str:
        """Return a job's state and why it waits; nothing when it is long done."""
        return self.asks("squeue", "--noheader", "--states", "all", "--jobs", number, "--format", "%T %r")

    def submit(self, seconds: float, *words: str) -> str:
        """Submit a job that lasts; return its number."""
        return self.asks(
            "sbatch",
            "--parsable",
            "--output",
            "/dev/null",
            "--chdir",
            str(self.folder),
            *words,
            "--wrap",
            f"sleep {seconds}",
        )


def until(true: Callable[[], bool]) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + _WITHIN_S
    while not true():
        assert time.monotonic() < deadline, "Slurm did not come to that"
        time.sleep(0.2)


@contextmanager
def running(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    """Run a cluster; what asks for Slurm in the meantime asks this one."""
    if any(shutil.which(name, path=_PATH) is None for name in _NEEDED):
        pytest.skip("Slurm is not installed: tools/install_system_packages")
    monkeypatch.setenv("PATH", _PATH)
    monkeypatch.setenv("SLURM_CONF", str(folder / "slurm.conf"))
    _write(folder)
    files = [f"--{what}-file={folder}/munge.{what}" for what in ("key", "pid", "log", "seed")]
    munged = _daemon(folder, "munged", "--foreground", "--force", *files, f"--socket={folder}/munge.socket")
    until((folder / "munge.socket").exists)
    controller = _daemon(folder, "slurmctld", "-D", "-i")
    try:
        for node in NODES:
            subprocess.run(["slurmd", "-N", node], check=True, timeout=60)
        cluster = Cluster(folder)
        until(lambda: _answers(cluster) and all(cluster.node(name) == "idle" for name in NODES))
        yield cluster
    finally:
        for path in folder.glob("slurmd.*.pid"):
            subprocess.run(["kill", path.read_text().strip()], check=False)
        for process in (controller, munged):
            process.terminate()
            process.wait(timeout=60)


def _answers(cluster: Cluster) -> bool:
    asked = subprocess.run(["scontrol", "ping"], check=False, capture_output=True, timeout=60, cwd=cluster.folder)
    return asked.returncode == 0


def _daemon(folder: Path, *words: str) -> subprocess.Popen[bytes]:
    with (folder / f"{words[0]}.out").open("wb") as out:
        return subprocess.Popen(words, stdout=out, stderr=out)


def _write(folder: Path) -> None:
    folder.mkdir()
    (folder / "state").mkdir()
    key = folder / "munge.key"
    key.touch(mode=0o600)
    key.write_bytes(secrets.token_bytes(1024))
    host, parts = socket.gethostname().split(".")[0], {"folder": folder, "slurmd": shutil.which("slurmd", path=_PATH)}
    nodes = "\n".join(
        f"NodeName={name} NodeHostname={host} NodeAddr=127.0.0.1 Port={free_port(socket.SOCK_STREAM)} CPUs=1 State=UNKNOWN"
        for name in NODES
    )
    port, user = free_port(socket.SOCK_STREAM), getpass.getuser()
    (folder / "slurm.conf").write_text(_CONF.format(folder=folder, host=host, port=port, user=user, nodes=nodes))
    scontrol = shutil.which("scontrol", path=_PATH)
    for word, does in (("off", _OFF), ("on", _ON)):
        path = folder / word
        path.write_text(_POWER.format(word=word, does=does.format(**parts), scontrol=scontrol, folder=folder))
        path.chmod(0o755)
