"""Rows out of what a router printed, by TextFSM templates: those of ntc-templates, and our own."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from io import StringIO
from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from typing import TYPE_CHECKING, Final, TypeVar

import textfsm  # type: ignore[import-untyped]  # ships no types

from mcastlab.ios.chatter import without_chatter
from mcastlab.ios.refusals import refusal_in
from mcastlab.ios.secrets import masked_answer, may_hold_a_key
from mcastlab.ios.show.values import read_interface, read_network, read_nothing, read_number, seconds
from mcastlab_base.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

PLATFORM: Final = "cisco_ios"
SHOWN: Final = 80
"""How much of a line that cannot be read is shown."""
SUPPORTED: Final = "what this command prints on IOS-XE 16.9 to 17"

LONGEST: Final = 4096
"""Characters of a line; no command prints a longer one, and patterns need long for it."""


NO_ADDRESS: Final = frozenset({"", str(IPv4Address(0))})
"""What stands where an address would, for nobody."""

_Value = TypeVar("_Value")


class UnreadableError(RefusedError):
    """A router's answer is not what its command answers.

    Args:
        command: the command.
        line: the line that cannot be read, or the part of it.
        expected: what should stand there.
        router: the router's name in reports; whoever knows it adds it with `of`.
    """

    def __init__(self, command: str, line: str, *, expected: str = SUPPORTED, router: str = "") -> None:
        quoted = f"{masked_answer(line.strip())[:SHOWN]!a}"
        shown = "a line that may hold a key" if may_hold_a_key(line) else quoted
        super().__init__(
            f"{router + ': ' if router else ''}cannot read {command}: {shown if line.strip() else 'an empty answer'}; "
            f"expected {expected}",
            hint=f"enter `{command}` on {router or 'the router'}: if it prints that, is it an IOS-XE router of a "
            "supported release, and may the user run the command?",
        )
        self._read = (command, line, expected)

    def of(self, router: str) -> UnreadableError:
        """Return the same error with the router's name in it."""
        command, line, expected = self._read
        return UnreadableError(command, line, expected=expected, router=router)


class ShowRow:
    """A row: its columns by name; a list where a column repeats."""

    def __init__(self, command: str, answer: str, values: Mapping[str, str | list[str]]) -> None:
        self._command = command
        self._answer = answer
        self._values = values

    def text(self, name: str) -> str:
        """Return a column."""
        value = self._values[name]
        return value if isinstance(value, str) else " ".join(value)

    def items(self, name: str) -> tuple[str, ...]:
        """Return a column that repeats."""
        value = self._values[name]
        return (value,) if isinstance(value, str) else tuple(value)

    def read(self, text: str, reader: Callable[[str], _Value], expected: str) -> _Value:
        """Return what a text of the row means.

        Raises:
            UnreadableError: the reader raises ValueError.
        """
        try:
            return reader(text)
        except ValueError:
            lines = self._answer.splitlines()
            line = next((each for each in lines if text and text in each), text or self._first(lines))
            raise UnreadableError(self._command, line, expected=expected) from None

    def _first(self, lines: list[str]) -> str:
        """Return a line of an answer in which something is missing: one with what the row does have."""
        known = [value for value in self._values.values() if isinstance(value, str) and value]
        return next((each for each in lines if any(value in each for value in known)), "")

    def needed(self, name: str) -> str:
        """Return a column that is never empty.

        Raises:
            UnreadableError: it is.
        """
        text = self.text(name)
        return text or self.read(text, read_nothing, f"the {_in_words(name)}")

    def number(self, name: str) -> int:
        """Return a column that holds a number.

        Raises:
            UnreadableError: it holds none.
        """
        return self.read(self.text(name), read_number, f"a number ({_in_words(name)})")

    def maybe_number(self, name: str) -> int | None:
        """Return a column that holds a number or nothing.

        Raises:
            UnreadableError: it holds something else.
        """
        return self.number(name) if self.text(name) else None

    def address(self, name: str) -> IPv4Address:
        """Return a column that holds an IPv4 address.

        Raises:
            UnreadableError: it holds none.
        """
        return self.read(self.text(name), IPv4Address, f"an IPv4 address ({_in_words(name)})")

    def maybe_address(self, name: str) -> IPv4Address | None:
        """Return an address; None for a value that is empty or 0.0.0.0, for nobody.

        Raises:
            UnreadableError: it is another text.
        """
        return None if self.text(name) in NO_ADDRESS else self.address(name)

    def network(self, name: str) -> IPv4Network:
        """Return a column that holds an IPv4 network.

        Raises:
            UnreadableError: it holds none.
        """
        return self.read(self.text(name), read_network, f"an IPv4 network ({_in_words(name)})")

    def interface_address(self, name: str) -> IPv4Interface:
        """Return a column that holds an interface's IPv4 address with its prefix length.

        Raises:
            UnreadableError: it holds none.
        """
        return self.read(self.text(name), read_interface, f"an IPv4 address with its prefix length ({_in_words(name)})")

    def age(self, name: str) -> int | None:
        """Return a column that holds an age, in seconds; None for one that says that there is none.

        Raises:
            UnreadableError: it holds no age.
        """
        return self.age_of(self.text(name))

    def age_of(self, text: str) -> int | None:
        """Return the seconds of an age that stands in the row.

        Raises:
            UnreadableError: it is no age.
        """
        return self.read(text, seconds, "an age such as 00:02:59 or 1d02h")


def _in_words(name: str) -> str:
    return name.lower().replace("_", " ")


@cache
def _template(package: str, name: str) -> str:
    return files(package).joinpath("templates", f"{name}.textfsm").read_text(encoding="utf-8")


@cache
def _machines(package: str, name: str) -> list[textfsm.TextFSM]:
    """Return the machines of a template that nobody uses now: to make one takes longer than to read an answer."""
    del package, name
    return []


def rows(name: str, text: str, command: str = "", *, known: str = "") -> list[ShowRow]:
    """Return the rows that our template of that name finds.

    A template names the lines that a reader needs, in their form and, behind that, by how they begin: a line that
    begins so and has another form is an error. All other lines are passed over, whatever a release adds.

    Args:
        name: of the template.
        text: what the router printed.
        command: what was asked, where the template's name does not say it.
        known: a regular expression of what stands in an answer without any row; only an empty one needs none.

    Raises:
        UnreadableError: a line that is needed cannot be read, or nothing of the answer is what the command prints.
    """
    asked = command or f"show {name.replace('_', ' ')}"
    found, answer = _rows(asked, "mcastlab.ios.show", name, text)
    if not found and answer.strip() and not (known and re.search(known, answer, re.MULTILINE)):
        raise UnreadableError(asked, first_line(answer))
    return found


def ntc_rows(command: str, text: str) -> list[ShowRow]:
    """Return the rows that ntc-templates finds for a command, its columns by their names in small letters.

    The template is named by the command; to look it up in the package's index takes a hundred times as long.

    Raises:
        UnreadableError: a line is none that the command prints.
    """
    return _rows(command, "ntc_templates", f"{PLATFORM}_{command.replace(' ', '_')}", text, str.lower)[0]


def _rows(
    command: str, package: str, name: str, text: str, column: Callable[[str], str] = str
) -> tuple[list[ShowRow], str]:
    refuse_refused(command, text)
    too_long = next((line for line in text.splitlines() if len(line) > LONGEST), None)
    if too_long is not None:
        raise UnreadableError(command, too_long, expected=f"lines of at most {LONGEST} characters")
    answer = without_chatter(text)
    # A machine has the state of one reading, and readings go on at the same time: one in use is not among these.
    free = _machines(package, name)
    try:
        machine = free.pop()
    except IndexError:
        machine = textfsm.TextFSM(StringIO(_template(package, name)))
    try:
        found = machine.ParseTextToDicts(answer)
    except textfsm.TextFSMError as error:
        raise UnreadableError(command, str(error).rpartition("Input Line: ")[2].rstrip(".")) from None
    finally:
        machine.Reset()
        free.append(machine)
    return [ShowRow(command, answer, {column(key): value for key, value in values.items()}) for values in found], answer


def refuse_refused(command: str, text: str) -> None:
    """Refuse a text in which the router says that it has no such command, or that the user may not run it.

    Raises:
        UnreadableError: it says so.
    """
    refusal = refusal_in(text)
    if refusal is not None:
        raise UnreadableError(command, refusal)


def first_line(text: str) -> str:
    """Return the first line that says something."""
    return text.strip().partition("\n")[0]
