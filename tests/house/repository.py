"""What the repository tracks."""

from __future__ import annotations

import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]


def tracked_files(*folders: str) -> list[str]:
    """Return the tracked files that are still there, as paths from the root."""
    command = ["git", "-C", str(ROOT), "ls-files", "-z", "--", *folders]
    listing = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return [name for name in listing.split("\0") if name and (ROOT / name).exists()]
