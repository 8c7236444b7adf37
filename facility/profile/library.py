"""The profiles that come with facility, and a site's own."""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from facility.errors import ConfigurationError
from facility.faults import nearest, refusal, validated
from facility.profile.profile import Profile
from facility.profile.template import Template, as_template, open_keys
from facility.yaml_file import read_yaml


def profile_names() -> tuple[str, ...]:
    """Return the names of the profiles (and templates) that come with facility, sorted."""
    folder = resources.files("facility.acquire") / "profiles"
    if not folder.is_dir():
        return ()
    return tuple(sorted(entry.name[:-5] for entry in folder.iterdir() if entry.name.endswith(".yaml")))


def load_profile(name: str, folder: Path | None = None) -> Profile:
    """Load a profile by name, from `folder` first when the site brings its own.

    Raises
    ------
    ConfigurationError
        If there is none of that name, it is wrong, or it is a template; the message says where and what to do.
    """
    found = read_profile(name, folder)
    if isinstance(found, Template):
        raise ConfigurationError(
            f"profile {name} is a template: {len(found.open_keys)} values are to be filled in from the device's document; run "
            f"`facility profiles show {name} > {name}.yaml` in the site's profile_folder, and complete it there"
        )
    return found


def read_profile(name: str, folder: Path | None = None) -> Profile | Template:
    """Load a profile or template by name.

    Raises
    ------
    ConfigurationError
        If there is none of that name, or it is wrong.
    """
    own = folder / f"{name}.yaml" if folder else None
    if own is not None and own.is_file():
        return _read(own)  # never cached: the site's engineer may be editing it
    return _packaged(name)


def profile_text(name: str, folder: Path | None = None) -> tuple[str, dict[str, Any]]:
    """Return a profile or template as it is written, comments and all, and the data in it.

    Raises
    ------
    ConfigurationError
        If there is none of that name, or it is wrong.
    """
    read_profile(name, folder)
    own = folder / f"{name}.yaml" if folder else None
    if own is not None and own.is_file():
        return own.read_text(encoding="utf-8"), read_yaml(own).data
    with _packaged_file(name) as path:
        return path.read_text(encoding="utf-8"), read_yaml(path).data


@cache
def _packaged(name: str) -> Profile | Template:
    with _packaged_file(name) as path:
        return _read(path)


def _packaged_file(name: str) -> AbstractContextManager[Path]:
    known = profile_names()
    if name not in known:
        raise ConfigurationError(
            f"no device profile {name!r}{nearest(name, known)}; known: {', '.join(known) or 'none'}"
        )
    return resources.as_file(resources.files("facility.acquire") / "profiles" / f"{name}.yaml")


def _read(path: Path) -> Profile | Template:
    file = read_yaml(path)
    if file.data.get("profile") != path.stem:
        raise refusal(file, [(("profile",), f"expected {path.stem!r}, the name of the file")])
    return as_template(file) if open_keys(file) else validated(file, Profile)
