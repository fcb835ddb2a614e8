"""Cases of what real routers were seen to do, which are not the project's: where they are, and what plays them.

A case has an id, a kind, a command, its text, and what is right. A player asserts that it comes out so;
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Interface, IPv4Network, IPv6Address
from typing import TYPE_CHECKING, Any, Final

from corpora import CAPTURES
from corpora_values import COMMANDS

from mcastlab.ios.show.tables import UnreadableError

if TYPE_CHECKING:
    from pathlib import Path

FOLDER: Final = CAPTURES.parent / "routers"
INDEX: Final = FOLDER / "cases.json"
_ADDRESSES: Final = (IPv4Address, IPv4Interface, IPv4Network, IPv6Address)


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldCase:
    """One case; `right` is in words where a test has to play it."""

    id: str
    kind: str
    command: str
    file: Path
    right: Any

    @property
    def text(self) -> str:
        """What its file holds."""
        return self.file.read_text(encoding="utf-8")


def field_cases(index: Path = INDEX) -> tuple[FieldCase, ...]:
    """Return the cases of a file, none where it is not there."""
    if not index.exists():
        return ()
    return tuple(
        FieldCase(
            id=each["id"],
            kind=each["kind"],
            command=each["command"],
            file=index.parent / each["file"],
            right=each["right"],
        )
        for each in json.loads(index.read_text(encoding="utf-8"))
    )


def reads_rightly(case: FieldCase) -> None:
    """Play a case of a reader: its values are those of `right`, as far as that names them."""
    reader = COMMANDS[case.command][0]
    if case.right == UnreadableError.__name__:
        try:
            found = reader(case.text)
        except UnreadableError:
            return
        raise AssertionError(found)
    found = reader(case.text)
    if isinstance(case.right, dict):
        assert values(found, case.right) == case.right
        return
    assert len(found) == len(case.right), found
    assert [values(each, right) for each, right in zip(found, case.right, strict=True)] == case.right


def values(found: Any, right: dict[str, Any]) -> dict[str, Any]:
    """Return of what was read the fields that `right` names, in the types of JSON."""
    assert dataclasses.is_dataclass(found), found
    return {name: _plain(getattr(found, name)) for name in right}


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    return str(value) if isinstance(value, _ADDRESSES) else value
