"""Quirks on demand: what some routers do that is no fault, and that breaks a client that expects otherwise."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

_Value = TypeVar("_Value")

USERNAME: Final = (
    "This operation will remove all username related configurations with same name.Do you want to continue? [confirm]"
)
OVERWRITE: Final = """\
Warning: Attempting to overwrite an NVRAM configuration previously written
by a different version of the system image.
Overwrite the previous NVRAM configuration?[confirm]"""
LEFT: Final = (
    "% Not all config may be removed and may reappear after reactivating the logical-interface/sub-interfaces\n"
)
LOAD: Final = "Load for five secs: 3%/1%; one minute: 2%; five minutes: 2%\n"


@dataclass(slots=True)
class RouterQuirks:
    """What a router asks, says, logs and takes its time for.

    `asks` has questions by the beginning of the line or command; Return or y takes it. `says` has what is printed
    behind a configuration line that is taken, by the beginning of the line. `logged` is printed before each
    prompt, to a session that has not said ``terminal no monitor``. `slow_s` has seconds of silence by the beginning of
    a command, as of one that waits for a name server.
    """

    asks: Mapping[str, str] = field(default_factory=dict)
    says: Mapping[str, str] = field(default_factory=dict)
    logged: str = ""
    slow_s: Mapping[str, float] = field(default_factory=dict)
    splits: bool = False
    """What is sent ends, for a while, within each character of several octets."""
    keyboard_interactive: bool = False
    """Passwords are asked for, as TACACS+ and RADIUS do, and taken in no other way."""

    def question(self, line: str) -> str:
        """Return what is asked of a line; nothing for most."""
        return _of_line(self.asks, line, "")

    def remark(self, line: str) -> str:
        """Return what is said behind a line; nothing for most."""
        return _of_line(self.says, line, "")

    def silence_s(self, line: str) -> float:
        """Return how long a command takes before its answer begins."""
        return _of_line(self.slow_s, line, 0.0)


def _of_line(values: Mapping[str, _Value], line: str, none: _Value) -> _Value:
    return next((value for start, value in values.items() if line.strip().startswith(start)), none)


def stamp(now: datetime) -> str:
    """Return what ``exec prompt timestamp`` puts before the answer to a show command."""
    clock = f"{now:%H:%M:%S}.{now.microsecond // 1000:03d} UTC {now:%a %b} {now.day} {now.year}"
    return f"{LOAD}Time source is NTP, {clock}\n\n"


def exec_prompt(template: str, name: str, sign: str, line: int) -> str:
    """Return an exec prompt by what ``prompt`` says. Source: Cisco IOS Configuration Fundamentals, ``prompt``.

    >>> exec_prompt("%h-of-plant%s%p ", "r1", "#", 0)
    'r1-of-plant # '
    """
    values = {"%h": name, "%n": str(line), "%p": sign, "%s": " ", "%t": "\t", "%%": "%"}
    shown = template
    for escape, value in values.items():
        shown = shown.replace(escape, value)
    return shown
