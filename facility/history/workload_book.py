"""What workload commands have done that is not undone, in a file of the state folder; one process at a time carries out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import get_args

from pydantic import TypeAdapter

from facility.errors import HistoryError
from facility.history.whole_file import held, replace_whole
from facility.respond.workload.commands import CarriedOut, Kept

_CARRIED_OUT = TypeAdapter(CarriedOut)


def read_carried_out(path: Path) -> tuple[str, CarriedOut]:
    """Return by which adapter what was carried out; none, and nothing, where nothing ever was.

    Raises
    ------
    HistoryError
        If the file is damaged.
    """
    try:
        document = json.loads(path.read_text("utf-8"))
        adapter = str(document["adapter"])
        parts = {part: document[part] for part in get_args(Kept)} | {"failed": document.get("failed", {})}
        return adapter, _CARRIED_OUT.validate_python(parts)
    except FileNotFoundError:
        return "", CarriedOut()
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise HistoryError(f"{path} is damaged ({error}); restore by hand, then remove it") from error


class WorkloadBook:
    """The file, written as a whole and durably, with the adapter by which it was done."""

    def __init__(self, path: Path, adapter: str) -> None:
        self._path, self._adapter = path, adapter

    def kept(self) -> CarriedOut:
        """Return what was carried out.

        Raises
        ------
        HistoryError
            If the file is damaged, or another adapter did it: that one must undo it.
        """
        adapter, found = read_carried_out(self._path)
        if adapter != self._adapter and not found.nothing:
            raise HistoryError(
                f"{adapter} has work to restore; first: `facility dr workload --adapter {adapter} --restore --run`"
            )
        return found

    def keep(self, carried_out: CarriedOut) -> None:
        """Replace what is kept."""
        document = {"adapter": self._adapter, **_CARRIED_OUT.dump_python(carried_out, mode="json")}
        replace_whole(self._path, json.dumps(document, indent=1) + "\n")

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the book until the block ends.

        Raises
        ------
        HistoryError
            If another process carries out commands of the site.
        """
        with held(self._path, "another process carries out workload commands of this site; wait for it"):
            yield
