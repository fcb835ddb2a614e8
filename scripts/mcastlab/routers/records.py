"""What outlives a run, in the state folder: what is ours on each router, changes under way, and who changed what.

No key is in any of these files.
"""

from __future__ import annotations

import getpass
import json
import time
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, TypeVar

from mcastlab.routers.encrypted_keys import SentKey
from mcastlab.routers.ownership import HiddenLine, Ledger
from mcastlab.routers.router import REVERT_MINUTES
from mcastlab_base import private_files
from mcastlab_base.errors import BadInputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from mcastlab.ios.configuration import Path as LinePath

_Value = TypeVar("_Value")
_FOLLOWED: Final = ".followed.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One router's part of a change under way: the way back, and how to tell which side it is on."""

    backup: str
    old: str
    """Digest of the previous configuration."""
    new: str
    """Digest of the configuration of afterwards; empty while lines are being sent."""
    ledger: Ledger
    """The record as it is once the router is on the new side."""

    @property
    def is_being_sent(self) -> bool:
        """Whether the router's own timer, once armed, rolls all of it back."""
        return not self.new


class Records:
    """The state folder's files of one lab."""

    def __init__(self, folder: Path, lab: str) -> None:
        self._folder = folder
        self._lab = lab
        self._journal = folder / "under-way" / f"{lab}.json"

    def ledger(self, key: str) -> Ledger:
        """Return the record of a router, by what identifies it; an empty one where there is none."""
        path = self._ledger_path(key)
        ledger = _shaped(path, _ledger) if path.exists() else Ledger()
        return replace(ledger, followed=self.followed(key))

    def ledgers(self) -> Iterator[tuple[str, Ledger]]:
        """Yield every router that has a record, by what identifies it, with the record."""
        prefix = f"{self._lab}--"
        for path in sorted(self._ledger_path("").parent.glob(f"{prefix}*.json")):
            if not path.name.endswith(_FOLLOWED):
                key = path.stem.removeprefix(prefix)
                yield key, self.ledger(key)

    def file_of(self, key: str) -> Path:
        """Return the file of a router's record."""
        return self._ledger_path(key)

    def keep_ledger(self, key: str, ledger: Ledger) -> None:
        """Keep the record of a router; an empty one is none."""
        path = self._ledger_path(key)
        if ledger == Ledger():
            path.unlink(missing_ok=True)
            self.keep_followed(key, ())
        else:
            _write(path, _as_values(ledger))

    def followed(self, key: str) -> frozenset[LinePath]:
        """Return the lines of a router by which it follows devices, a file of their own as they change often."""
        path = self._followed_path(key)
        return _shaped(path, _paths) if path.exists() else frozenset()

    def keep_followed(self, key: str, lines: Iterable[LinePath]) -> None:
        """Keep the lines by which a router follows devices; none are no file."""
        path, kept = self._followed_path(key), sorted(lines)
        if kept:
            _write(path, {"followed": kept})
        else:
            path.unlink(missing_ok=True)

    def under_way(self) -> dict[str, Entry]:
        """Return the change that a run left under way, by router; empty where there is none.

        What was only being sent is none once the routers' own timers have run out.
        """
        if not self._journal.exists():
            return {}
        age_s = time.time() - self._journal.stat().st_mtime
        entries = _shaped(self._journal, _entries)
        return {key: entry for key, entry in entries.items() if not entry.is_being_sent or age_s < REVERT_MINUTES * 60}

    def begin(self, entries: Mapping[str, Entry]) -> None:
        """Note a change whose lines are about to be sent, and again when it is about to be confirmed."""
        _write(
            self._journal,
            {
                key: {"backup": entry.backup, "old": entry.old, "new": entry.new, "ledger": _as_values(entry.ledger)}
                for key, entry in entries.items()
            },
        )

    def end(self) -> None:
        """Note that all routers are on one side."""
        self._journal.unlink(missing_ok=True)

    def audit(self, *, router: str, action: str, lines: tuple[str, ...], result: str) -> None:
        """Append to the audit record: who, when, device, lines without keys, result."""
        path = self._folder / "audit.jsonl"
        private_files.make_folder(path.parent)
        record = {
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "user": getpass.getuser(),
            "lab": self._lab,
            "router": router,
            "action": action,
            "lines": lines,
            "result": result,
        }
        with private_files.appended(path) as stream:
            stream.write(json.dumps(record) + "\n")

    def _followed_path(self, key: str) -> Path:
        return self._ledger_path(key).with_suffix(_FOLLOWED)

    def _ledger_path(self, key: str) -> Path:
        return self._folder / "routers" / f"{self._lab}--{key.replace('/', '-')}.json"


def _as_values(ledger: Ledger) -> dict[str, Any]:
    """Return a record as it is written; what is followed has a file of its own."""
    return {
        "owned": ledger.owned,
        "displaced": ledger.displaced,
        "archive": ledger.archive,
        "keys": [asdict(key) for key in ledger.keys],
        "hidden": [asdict(line) for line in ledger.hidden],
    }


def _paths(value: Mapping[str, Any]) -> frozenset[LinePath]:
    return frozenset(tuple(path) for path in value["followed"])


def _ledger(value: Mapping[str, Any]) -> Ledger:
    return Ledger(
        owned=tuple(tuple(path) for path in value["owned"]),
        displaced=tuple(tuple(path) for path in value["displaced"]),
        archive=bool(value["archive"]),
        keys=tuple(SentKey(**{**key, "path": tuple(key["path"])}) for key in value.get("keys", ())),
        hidden=tuple(HiddenLine(path=tuple(line["path"]), sent=line["sent"]) for line in value.get("hidden", ())),
    )


def _entries(value: Mapping[str, Any]) -> dict[str, Entry]:
    return {key: Entry(**{**entry, "ledger": _ledger(entry["ledger"])}) for key, entry in value.items()}


def _shaped(path: Path, make: Callable[[Mapping[str, Any]], _Value]) -> _Value:
    """Return what a file of JSON means.

    Raises:
        BadInputError: it cannot be read, or says something else than what is written there.
    """
    try:
        return make(json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OSError) as error:
        reason = f": {error.strerror}" if isinstance(error, OSError) and error.strerror else ""
        raise BadInputError(
            f"{path} is damaged{reason}",
            hint="it says what is ours on a router: restore it, or remove it and run again",
        ) from None


def _write(path: Path, value: object) -> None:
    """Write a file in one step: after a crash it is the old one or the new one."""
    private_files.make_folder(path.parent)
    private_files.write(path, json.dumps(value, indent=1) + "\n")
