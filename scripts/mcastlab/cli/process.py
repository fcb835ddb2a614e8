"""This process as its caller sees it: signals end it in order, and output that cannot be written ends it in one line.

Nothing is imported here that takes time: what is set up here is to hold while everything else is loaded.
"""

from __future__ import annotations

import codecs
import errno
import io
import os
import signal
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final, NoReturn

from mcastlab_base import garbage, interrupts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import FrameType
    from typing import TextIO

    from _typeshed import ReadableBuffer

SIGNALLED: Final = 128
"""What a shell adds to a signal's number. Source: POSIX.1-2017, Shell Command Language, Exit Status for Commands."""

OUTPUT_FAILED: Final = 2
"""The caller's own mistake, as a file that cannot be written is."""

_PLAIN: Final = "mcastlab.plain"
"""Handles characters that an output does not have."""
_ASCII: Final = dict(zip("✓✗·…→←↑↓─│┌┐└┘├┤┬┴┼━┃╭╮╰╯", "+x.~><^v-|+++++++++-|++++", strict=True))
"""Signs and borders in ASCII, a character each, so that columns stay where they are."""

_ENDING: Final = {signal.SIGINT: "interrupted", signal.SIGTERM: "terminated", signal.SIGHUP: "hung up"}
_UNWRITABLE: Final = (OSError, ValueError, RuntimeError)
"""The last where a second signal comes while the first is answered: a stream is written by one call at a time."""
_GRACE: Final = 2
"""Signals of which the first ends the command in order, and the second is answered that this goes on."""


class Terminated(SystemExit):
    """SIGTERM or SIGHUP was sent to us. Nothing but clean-up may stand in its way, as with `KeyboardInterrupt`."""

    def __init__(self, number: signal.Signals) -> None:
        super().__init__(SIGNALLED + number)
        self.number = number
        self.said = _ENDING[number]


class OutputError(OSError):
    """A standard stream cannot be written. Not a `BrokenPipeError`, which libraries treat on their own."""


class _Output(io.FileIO):
    """A standard stream whose errors can be distinguished from those of any other file."""

    def write(self, data: ReadableBuffer, /) -> int | None:  # type: ignore[override]  # typeshed: see FileIO
        try:
            return super().write(data)
        except OSError as error:
            raise OutputError(error.errno, error.strerror) from None


class _Signals:
    """What the signals that end us do: at once while there is nothing to clean up, else by an exception."""

    def __init__(self) -> None:
        self.working = False
        self.count = 0

    def __call__(self, number: int, _frame: FrameType | None) -> None:
        what = signal.Signals(number)
        if not self.working:
            _leave(SIGNALLED + what, _ENDING[what])
        self.count += 1
        if self.count > _GRACE:
            _leave(SIGNALLED + what, f"{_ENDING[what]} before everything was cleaned up")
        if self.count == _GRACE:
            say("cleaning up; once more ends this at once")
            return
        if what is signal.SIGINT:
            raise interrupts.raised(KeyboardInterrupt())
        # A terminal sends its Ctrl-C to our children too; this was sent to us alone.
        for child in _children():
            with suppress(ProcessLookupError, PermissionError):
                os.kill(child, signal.SIGTERM)
        raise interrupts.raised(Terminated(what))


_signals: Final = _Signals()


def run_process() -> NoReturn:
    """Run the command line as this process, to its end."""
    for number in _ENDING:
        # What is ignored was ignored by our caller, as nohup does.
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _signals)
    sys.stdout, sys.stderr = _output(sys.stdout), _output(sys.stderr)
    garbage.collect_seldom()
    code = _code()
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OutputError as error:
        code = _unwritten(error)
    # Threads that are still talking to a router are not waited for.
    _leave(code)


def _code() -> int:
    try:
        from mcastlab.cli.main import main  # noqa: PLC0415  (under the signals' care)

        return main()
    except OutputError as error:
        return _unwritten(error)
    except SystemExit as end:  # argparse's, for help and for mistakes
        return end.code if isinstance(end.code, int) else int(end.code is not None)


@contextmanager
def working() -> Iterator[None]:
    """Have signals raise an exception for as long as this lasts, as there is something to clean up now."""
    _signals.working = True
    try:
        yield
    finally:
        _signals.working = False


def say(text: str) -> None:
    """Print a line on standard error, if it can be written."""
    with suppress(*_UNWRITABLE):
        print(text, file=sys.stderr, flush=True)


def _unwritten(error: OutputError) -> int:
    """Tell that output was lost, and return the exit code; a reader that has gone wants no message."""
    if error.errno == errno.EPIPE:
        return SIGNALLED + signal.SIGPIPE
    say(f"error: the output cannot be written: {error.strerror}")
    return OUTPUT_FAILED


def _leave(code: int, said: str = "") -> NoReturn:
    if said:
        say(said)
    with suppress(*_UNWRITABLE):
        sys.stderr.flush()
    os._exit(code)


def _output(stream: TextIO | None) -> TextIO | None:
    if stream is None:  # it was closed before we began
        return None
    raw = _Output(stream.fileno(), "w", closefd=False)
    encoding = "ascii" if _is_plain(os.environ) else stream.encoding
    whole = encoding.lower().replace("-", "").startswith("utf")
    at_once = getattr(stream, "write_through", False)  # as PYTHONUNBUFFERED has it
    return io.TextIOWrapper(
        raw if at_once else io.BufferedWriter(raw),
        encoding=encoding,
        errors=stream.errors if whole else _PLAIN,
        line_buffering=bool(stream.line_buffering),
        write_through=at_once,
    )


def _is_plain(environment: Mapping[str, str]) -> bool:
    """Say whether the user's locale is the plain one by name; Python takes UTF-8 there all the same (PEP 538, 540)."""
    if "PYTHONIOENCODING" in environment or environment.get("PYTHONUTF8") == "1":
        return False
    return (environment.get("LC_ALL") or environment.get("LANG")) in {"C", "POSIX"}


def _plainer(error: UnicodeError) -> tuple[str, int]:
    """Return what stands for characters that an output does not have, a character each."""
    assert isinstance(error, UnicodeEncodeError)  # noqa: S101  (it is an encoder's)
    return "".join(_ASCII.get(character, "?") for character in error.object[error.start : error.end]), error.end


codecs.register_error(_PLAIN, _plainer)


def _children() -> list[int]:
    """Return the processes below us that are in our own process group; a twin's is a session of its own."""
    parents: dict[int, int] = {}
    if not os.path.isdir("/proc/self"):  # noqa: PTH112  (as above: nothing is imported that takes time)
        return []
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            with suppress(OSError, ValueError, IndexError):
                with open(f"/proc/{entry.name}/stat", encoding="ascii", errors="replace") as stream:  # noqa: PTH123
                    _state, parent, group, *_ = stream.read().rpartition(")")[2].split()
                if int(group) == os.getpgrp():
                    parents[int(entry.name)] = int(parent)
    found: list[int] = []
    below = {os.getpid()}
    while below := {child for child, parent in parents.items() if parent in below and child not in found}:
        found += below
    return found
