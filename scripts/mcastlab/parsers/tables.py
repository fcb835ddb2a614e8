"""Rows out of what a router printed, by TextFSM templates: those of ntc-templates, and our own."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from io import StringIO
from typing import TYPE_CHECKING, Final, Protocol

import textfsm  # type: ignore[import-untyped]  # ships no types

from mcastlab.errors import RefusedError
from mcastlab.ios.secrets import masked_answer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

PLATFORM: Final = "cisco_ios"
SHOWN: Final = 80
"""How much of a line that cannot be read is told."""


_STAMP: Final = re.compile(r"^(?:Load for five secs|Time source is)[^\n]*\n?", re.MULTILINE)
"""What ``terminal exec prompt timestamp`` puts before every answer."""
_REFUSED: Final = re.compile(r"^% ?(?:Invalid|Incomplete|Ambiguous|Unknown).*", re.MULTILINE)


class UnreadableError(RefusedError):
    """A router's answer is not what its command answers."""

    def __init__(self, command: str, line: str) -> None:
        super().__init__(
            f"cannot read {command}: {masked_answer(line)[:SHOWN]!r}",
            hint="is it an IOS-XE router of the releases that are supported?",
        )


class Row(Protocol):
    """A row: its columns by name; a list where a column repeats."""

    def text(self, name: str) -> str:
        """Return a column."""

    def items(self, name: str) -> tuple[str, ...]:
        """Return a column that repeats."""


class _Row:
    def __init__(self, values: Mapping[str, str | list[str]]) -> None:
        self._values = values

    def text(self, name: str) -> str:
        value = self._values[name]
        return value if isinstance(value, str) else " ".join(value)

    def items(self, name: str) -> tuple[str, ...]:
        value = self._values[name]
        return (value,) if isinstance(value, str) else tuple(value)


@cache
def _template(package: str, name: str) -> str:
    return files(package).joinpath("templates", f"{name}.textfsm").read_text(encoding="utf-8")


def rows(name: str, text: str) -> list[Row]:
    """Return the rows that our template of that name finds.

    Raises:
        UnreadableError: a line is none that the command prints.
    """
    return _rows(f"show {name.replace('_', ' ')}", "mcastlab.parsers", name, text)


def ntc_rows(command: str, text: str) -> list[Row]:
    """Return the rows that ntc-templates finds for a command, its columns by their names in small letters.

    The template is named by the command; to look it up in the package's index takes a hundred times as long.

    Raises:
        UnreadableError: a line is none that the command prints.
    """
    return _rows(command, "ntc_templates", f"{PLATFORM}_{command.replace(' ', '_')}", text, str.lower)


def _rows(command: str, package: str, name: str, text: str, column: Callable[[str], str] = str) -> list[Row]:
    _answered(command, text)
    # A machine has the state of one reading, and readings go on at the same time.
    machine = textfsm.TextFSM(StringIO(_template(package, name)))
    try:
        found = machine.ParseTextToDicts(_STAMP.sub("", text))
    except textfsm.TextFSMError as error:
        raise UnreadableError(command, str(error).rpartition("Input Line: ")[2].rstrip(".")) from None
    return [_Row({column(key): value for key, value in values.items()}) for values in found]


def _answered(command: str, text: str) -> None:
    """Refuse a text in which the router says that it has no such command."""
    refused = _REFUSED.search(text)
    if refused is not None:
        raise UnreadableError(command, refused[0])
