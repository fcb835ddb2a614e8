"""The ids of what a lab had in its account, kept in the state folder: by them what has lost its tags is found."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from mcastlab_base import private_files
from mcastlab_base.errors import BadInputError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


class Inventory:
    """The file of one lab in one region."""

    def __init__(self, folder: Path, lab: str, region: str) -> None:
        self._path = folder / "inventory" / f"{lab}--{region}.json"

    def ids(self) -> frozenset[str]:
        """Return the recorded ids; none where there is no record.

        Raises:
            BadInputError: the file is damaged.
        """
        if not self._path.exists():
            return frozenset()
        try:
            found = json.loads(self._path.read_text(encoding="utf-8"))
        except (ValueError, RecursionError, OSError):
            found = None
        if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
            raise BadInputError(
                f"{self._path} is damaged", hint="remove it: what has the lab's tag is found without it"
            )
        return frozenset(found)

    def add(self, ids: Iterable[str]) -> None:
        """Keep ids beside those that are recorded."""
        self.keep({*self.ids(), *ids})

    def keep(self, ids: Iterable[str]) -> None:
        """Keep these ids and no others; where there are none, no file."""
        found = sorted(ids)
        if not found:
            self._path.unlink(missing_ok=True)
            return
        private_files.make_folder(self._path.parent)
        private_files.write(self._path, json.dumps(found, indent=1) + "\n")
