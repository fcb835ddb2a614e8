"""``run -- COMMAND``: a program in the target's environment: aws, cdk, Ansible, pytest, a script of one's own."""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING, NoReturn

from mcastlab.errors import BadInputError
from mcastlab.lab_files import read_lab

if TYPE_CHECKING:
    import argparse


def run(arguments: argparse.Namespace) -> NoReturn:
    """Become the program: its exit code and the signals that it gets are its own.

    Raises:
        BadInputError: there is no such program, or it cannot be run.
    """
    arguments.enter(read_lab(arguments.lab, arguments.name))
    sys.stdout.flush()
    sys.stderr.flush()
    # Python ignores these two, and a program would inherit that.
    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)
    program, *_ = arguments.command
    try:
        os.execvp(program, arguments.command)  # noqa: S606  (no shell is wanted)
    except OSError as error:
        raise BadInputError(f"{program} cannot be run: {error.strerror}", hint="name a program on PATH") from None
