"""Run one target, or each in turn, with atheris: `python -m tools.fuzz all --seconds 60`; a crash leaves its input in var/fuzz."""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

_CRASHES = Path("var/fuzz")


def main() -> int:
    """Fuzz; 0 when nothing broke."""
    parser = argparse.ArgumentParser(prog="python -m tools.fuzz", description=__doc__)
    parser.add_argument("target", help="a target of tools/fuzz/targets.py, or all")
    parser.add_argument("--seconds", type=int, default=60, help="for each target (default: 60)")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)  # in this process: atheris never returns
    arguments = parser.parse_args()
    if arguments.here:
        return _fuzz(arguments.target, arguments.seconds)
    from tools.fuzz.targets import TARGETS  # noqa: PLC0415  # the process that fuzzes imports it under instrumentation

    if arguments.target not in (*TARGETS, "all"):
        parser.error(f"no target {arguments.target!r}; known: all, {', '.join(TARGETS)}")
    names = list(TARGETS) if arguments.target == "all" else [arguments.target]
    return max(_apart(name, arguments.seconds) for name in names)


def _apart(name: str, seconds: int) -> int:
    command = [sys.executable, "-m", "tools.fuzz", name, "--here", "--seconds", str(seconds)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    lines = (done.stdout + done.stderr).splitlines()
    if done.returncode:
        print(f"{name}: BROKEN\n" + "\n".join(lines[-40:]))
    else:
        print(f"{name}: {next((line for line in reversed(lines) if line.startswith('Done')), 'done')}")
    return done.returncode


def _fuzz(name: str, seconds: int) -> int:
    import atheris  # noqa: PLC0415  # there is no wheel for every machine

    with atheris.instrument_imports(include=["facility.acquire"]):
        from tools.fuzz.targets import TARGETS, seeds  # noqa: PLC0415  # decoders must be imported under instrumentation
    with tempfile.TemporaryDirectory() as corpus:
        for number, seed in enumerate(seeds(name)):
            (Path(corpus) / str(number)).write_bytes(seed)
        _CRASHES.mkdir(parents=True, exist_ok=True)
        atheris.Setup(
            [
                sys.argv[0],
                corpus,
                f"-artifact_prefix={_CRASHES}/",
                f"-max_total_time={seconds}",
                "-rss_limit_mb=1024",
                "-max_len=4096",
                "-timeout=5",
            ],
            TARGETS[name],
        )
        atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main())
