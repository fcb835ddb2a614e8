"""A program that runs while a lab's blocks are followed: a test of the user's own, in a pipeline."""

from __future__ import annotations

import shutil
import subprocess
from threading import Thread
from typing import TYPE_CHECKING, Final

from mcastlab_base.errors import BadInputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mcastlab.follow.follower import Follower

ENDED_BY_SIGNAL: Final = 128
"""A program that was ended by signal N has this and N as its exit code. Source: POSIX.1-2017, shell, 2.8.2."""
_END_S: Final = 30.0
"""How long a program may take to end when it is asked to."""


def refuse_unless_there(command: Sequence[str]) -> None:
    """Refuse a program that cannot be run, where one is named, before anything is followed.

    Raises:
        BadInputError: it is not on PATH.
    """
    if command and shutil.which(command[0]) is None:
        raise BadInputError(f"{command[0]} cannot be run: it is not there", hint="name a program on PATH")


def follow_while(follower: Follower, command: Sequence[str]) -> int:
    """Follow while a program runs, leave what was joined meanwhile, and return its exit code.

    Raises:
        BadInputError: the program cannot be run.
        RefusedError: the AWS router does not let itself be configured; the program is not run.
    """
    follower.leaves_at_end = True
    programs: list[subprocess.Popen[bytes]] = []

    failures: list[OSError] = []

    def run() -> None:
        try:
            programs.append(subprocess.Popen(tuple(command)))
            programs[0].wait()
        except OSError as error:
            failures.append(error)
        finally:
            follower.stop()

    thread = Thread(target=run, name="program", daemon=True)
    try:
        follower.run(started=thread.start)
    finally:
        for program in programs:
            program.terminate()
        if thread.ident is not None:
            thread.join(_END_S)
    if failures:
        raise BadInputError(f"{command[0]} cannot be run: {failures[0].strerror}", hint="name a program on PATH")
    code = programs[0].returncode
    return code if code >= 0 else ENDED_BY_SIGNAL - code
