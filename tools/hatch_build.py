"""The build hook of the wheel: the console is built first, unless `FACILITY_SKIP_UI=1` says to go without."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

sys.path.insert(0, str(Path(__file__).parents[1]))  # a build runs this file by itself
from tools import build_console


class ConsoleHook(BuildHookInterface[Any]):
    """Builds the console into the package."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """Return what the build needs beside hatchling: Node, where the machine has none that is new enough."""
        return [] if _skipped() or build_console.find_npm() else [build_console.NODE_WHEEL]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 hatchling's signature
        """Build before the files are collected."""
        if _skipped():
            self.app.display_warning("facility: built without its console (FACILITY_SKIP_UI=1)")
            return
        build_console.build()


def _skipped() -> bool:
    return os.environ.get(build_console.SKIP) == "1"
