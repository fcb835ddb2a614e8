"""What can go wrong, with the exit code that it ends in. Each error says what is wrong and what to do."""

from __future__ import annotations

from enum import IntEnum
from typing import ClassVar, Final, TypeVar

_E = TypeVar("_E", bound=BaseException)


class ExitCode(IntEnum):
    """The exit codes of every verb."""

    OK = 0
    CHECK_FAILED = 1
    BAD_INPUT = 2
    REFUSED = 3
    TIMED_OUT = 4


class LabError(Exception):
    """An error that is shown to the user in one line and a hint, never as a traceback."""

    exit_code: ClassVar[ExitCode] = ExitCode.REFUSED

    def __init__(self, text: str, *, hint: str = "") -> None:
        super().__init__(text)
        self.text = text
        self.hint = hint


class CheckFailedError(LabError):
    """Something that was to hold does not."""

    exit_code = ExitCode.CHECK_FAILED


class BadInputError(LabError):
    """The user's document, option or file cannot be used as it is."""

    exit_code = ExitCode.BAD_INPUT


class RefusedError(LabError):
    """AWS, a router or a host refused, or is not reachable."""

    exit_code = ExitCode.REFUSED


class BusyError(RefusedError):
    """Another command works on the target at this moment."""


class TimedOutError(LabError):
    """A condition did not come true in its time."""

    exit_code = ExitCode.TIMED_OUT


_KINDS: Final = {kind.exit_code: kind for kind in (CheckFailedError, BadInputError, RefusedError, TimedOutError)}


def error_of(code: ExitCode) -> type[LabError]:
    """Return the kind of error that ends in an exit code; it takes a text and a hint, whatever its subclasses take.

    >>> error_of(ExitCode.TIMED_OUT).__name__
    'TimedOutError'
    """
    return _KINDS.get(code, LabError)


def cause_in(error: BaseException, kind: type[_E]) -> _E | None:
    """Return the first of its kind among an exception and what led to it; None where there is none.

    >>> try:
    ...     raise RuntimeError("no connection") from ConnectionRefusedError(111, "refused")
    ... except RuntimeError as failed:
    ...     cause_in(failed, OSError), cause_in(failed, ValueError)
    (ConnectionRefusedError(111, 'refused'), None)
    """
    found: BaseException | None = error
    while found is not None and not isinstance(found, kind):
        found = found.__cause__ or found.__context__
    return found
