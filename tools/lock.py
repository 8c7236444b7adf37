"""Write constraints.txt: the exact version of everything that `pip install .[dev,postgresql,energyplus]` brings.

Only names and versions: no download addresses, so that any package index can serve it. Run it with the oldest Python that
facility supports, since newer releases of a dependency may have dropped that one: `make lock`.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

CONSTRAINTS = Path(__file__).parent.parent / "constraints.txt"
HEADER = "# Exact versions of all dependencies, direct and indirect. Written by `make lock`; do not edit.\n"
# What building needs beyond the dependencies: hatchling's editable installs, and PsychroLib, which comes as source.
BUILD_TOOLS = ("editables", "setuptools")


def resolved_versions(*requirements: str) -> dict[str, str]:
    """Return the versions that pip would install into an empty environment."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--ignore-installed", "--report", "-"]
    report = subprocess.run([*command, *requirements], check=True, stdout=subprocess.PIPE, text=True).stdout
    packages = [entry["metadata"] for entry in json.loads(report)["install"]]
    return {package["name"].lower().replace("_", "-"): package["version"] for package in packages}


def main() -> None:
    """Resolve and write."""
    versions = resolved_versions(f"{CONSTRAINTS.parent}[dev,postgresql,energyplus]", *BUILD_TOOLS)
    lines = [f"{name}=={version}\n" for name, version in sorted(versions.items()) if name != "facility"]
    CONSTRAINTS.write_text(HEADER + "".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
