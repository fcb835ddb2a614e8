"""The last resort: an exception that nobody expected is a bug, and ends in a line and a file instead of a traceback."""

from __future__ import annotations

import os
import re
import sys
import traceback
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from mcastlab.places import state_folder
from mcastlab_base import private_files
from mcastlab_base.errors import ExitCode, LabError
from mcastlab_base.secret import MASK

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_QUOTED: Final = re.compile(r"""b?'(?:[^'\\]|\\.)*'|b?"(?:[^"\\]|\\.)*"|input_value=\S+""", re.DOTALL)
"""What a message quotes is somebody's text, and may be a key."""
_MESSAGE: Final = 500


def expected_in(error: BaseException) -> tuple[LabError, ...]:
    """Return the errors in a group, where every one of them is one that is reported in words; else nothing."""
    if not isinstance(error, BaseExceptionGroup):
        return (error,) if isinstance(error, LabError) else ()
    each = [expected_in(part) for part in error.exceptions]
    return tuple(found for part in each for found in part) if all(each) else ()


def report_bug(error: BaseException) -> int:
    """Write the traceback to a file of the user's alone, print one line, and return the exit code.

    The file holds files, lines, functions and kinds of exceptions; no local variable, and nothing that a message
    quotes. Where it cannot be written, the line says so.
    """
    try:
        place = f"the traceback is in {_write(error)}"
    except OSError as problem:
        place = f"the traceback could not be written: {problem.strerror or type(problem).__name__}"
    print(
        f"error: this is a bug in mcastlab ({type(error).__name__}); {place}\n"
        "hint:  report it with that file; it holds no key and no configuration",
        file=sys.stderr,
    )
    return int(ExitCode.REFUSED)


def _write(error: BaseException) -> Path:
    folder = private_files.make_folder(state_folder() / "bugs")
    path = folder / f"{datetime.now(UTC):%Y%m%dT%H%M%S.%f}-{os.getpid()}.txt"
    number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(number, "w", encoding="utf-8", errors="backslashreplace") as stream:
        stream.writelines(_lines(error))
    return path


def _lines(error: BaseException, seen: frozenset[int] = frozenset()) -> Iterator[str]:
    """Yield the frames of an exception and of what led to it, the earliest first."""
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before is not None and id(before) not in seen:
        yield from _lines(before, seen | {id(error)})
        yield "\nand then:\n\n"
    for frame in traceback.extract_tb(error.__traceback__):
        yield f"{frame.filename}:{frame.lineno} in {frame.name}\n    {frame.line}\n"
    yield f"{type(error).__module__}.{type(error).__qualname__}: {_QUOTED.sub(MASK, _message(error))[:_MESSAGE]}\n"
    for part in error.exceptions if isinstance(error, BaseExceptionGroup) else ():
        yield "\nwith:\n\n"
        yield from _lines(part, seen | {id(error)})


def _message(error: BaseException) -> str:
    try:
        return str(error)
    except Exception as problem:  # noqa: BLE001  (a message that cannot be made must not hide what happened)
        return f"(no message: {type(problem).__name__})"
