"""Faults on demand: what a router does wrong at a given line or command, or all the time.

Lines are those entered in configuration mode by any session, counted from 1 when faults are armed; commands are exec
commands as written out (``configure confirm``). Each fault happens once and is then in `RouterFaults.happened`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, get_args

from iosxe.quirks import RouterQuirks

Kind = Literal[
    "drop-before", "drop-after", "refuse", "hang", "reboot-before", "reboot-after", "fill-disk", "change-key", "garble"
]
"""The connection drops before or after the line is taken; the line is refused; the session hangs before it is taken;
the router reboots before or after it is taken; bootflash and NVRAM are full, or another host key is shown, from that
line on; it is taken, and what is answered is garbled."""

KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
CONFIRM: Final = "configure confirm"


@dataclass(frozen=True, slots=True, kw_only=True)
class RouterFault:
    """A fault at the configuration line `line`, or at the exec command `command`."""

    kind: Kind
    line: int | None = None
    command: str = ""

    def __post_init__(self) -> None:
        if (self.line is None) == (not self.command):
            raise ValueError("a fault stands at a line or at a command")


def confirm_lost() -> RouterFault:
    """Return the fault that ``configure confirm`` never reaches the router."""
    return RouterFault(kind="drop-before", command=CONFIRM)


def confirm_unanswered() -> RouterFault:
    """Return the fault that ``configure confirm`` is taken, and its answer lost."""
    return RouterFault(kind="drop-after", command=CONFIRM)


def fault_of(text: str) -> RouterFault:
    """Read ``KIND@LINE`` or ``KIND@COMMAND``.

    >>> fault_of("refuse@12").line, fault_of("drop-before@configure confirm").command
    (12, 'configure confirm')

    Raises:
        ValueError: it is not of that form.
    """
    kind, at, where = text.partition("@")
    if not at or not where or kind not in KINDS:
        raise ValueError(f"{text!r} is not KIND@LINE or KIND@COMMAND with a kind of {', '.join(KINDS)}")
    if where.isdecimal():
        return RouterFault(kind=kind, line=int(where))
    return RouterFault(kind=kind, command=where)


def garbled(answer: str) -> str:
    """Return an answer as it arrives over a line that is broken: its second half is lost, and noise stands there."""
    return answer[: len(answer) // 2] + "\x00\x07~~\x7f\ufffd{\u0661}\n%% \n"


class RouterFaults:
    """The faults of a router.

    `round_trip_s` delays everything that the router sends; `banner` is said before a session's first prompt; with
    `drops_type_ahead`, what comes before that prompt is lost.
    """

    def __init__(self) -> None:
        self.round_trip_s = 0.0
        self.banner = ""
        self.drops_type_ahead = False
        self.quirks = RouterQuirks()
        self.happened: tuple[RouterFault, ...] = ()
        self._armed: tuple[RouterFault, ...] = ()
        self._lines = 0

    @property
    def lines(self) -> int:
        """How many configuration lines were entered since faults were armed."""
        return self._lines

    def arm(self, *faults: RouterFault) -> None:
        """Expect these faults, and no others any more; lines count from 1 again."""
        self._armed, self._lines, self.happened = faults, 0, ()

    def at_line(self) -> RouterFault | None:
        """Count a configuration line, and return the fault that it meets."""
        self._lines += 1
        return self._take(next((fault for fault in self._armed if fault.line == self._lines), None))

    def at_command(self, command: str) -> RouterFault | None:
        """Return the fault that an exec command meets."""
        return self._take(next((fault for fault in self._armed if fault.command and fault.command == command), None))

    def _take(self, fault: RouterFault | None) -> RouterFault | None:
        if fault is not None:
            self._armed = tuple(each for each in self._armed if each is not fault)
            self.happened = (*self.happened, fault)
        return fault
