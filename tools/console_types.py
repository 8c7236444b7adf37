"""Writes the console's types of the API, from the API's own description: `python -m tools.console_types`."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from facility.api.app import create_app
from facility.api.site_view import SiteView
from facility.clock import SystemClock
from facility.site_file import load_site
from facility.state import StateFolder

ROOT = Path(__file__).parents[1]
WEB = ROOT / "facility" / "console" / "web"
TYPES = WEB / "src" / "lib" / "api_types.ts"


def description() -> dict[str, Any]:
    """Return the API's description; no site is opened for it."""
    loaded = load_site(ROOT / "site_configs" / "demo.yaml")
    found: dict[str, Any] = create_app(SiteView(loaded, StateFolder(Path("unused")), SystemClock())).openapi()
    return found


def write_types(target: Path) -> None:
    """Write the types with the generator that `npm ci` installed under `web`."""
    with tempfile.TemporaryDirectory() as folder:
        document = Path(folder) / "openapi.json"
        document.write_text(json.dumps(description()), encoding="utf-8")
        generator = WEB / "node_modules" / ".bin" / "openapi-typescript"
        options = ["--root-types", "--root-types-no-schema-prefix"]
        subprocess.run([generator, document, "--output", target, *options], check=True, capture_output=True)


def main() -> int:
    """Write them into the sources."""
    write_types(TYPES)
    print(f"wrote {TYPES.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
