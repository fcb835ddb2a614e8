"""``run -- COMMAND``: a program in the target's environment: aws, cdk, Ansible, pytest, a script of one's own."""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING, ClassVar, NoReturn

from mcastlab.cli.arguments import TargetVerb, positional
from mcastlab_base.errors import BadInputError

if TYPE_CHECKING:
    from mcastlab.cli.context import Context


class RunVerb(TargetVerb):
    """Run a program in the target's environment."""

    rank: ClassVar = 140

    command: tuple[str, ...] = positional(nargs="+", metavar="COMMAND", help="Program and its arguments, after --")

    def __call__(self, context: Context) -> NoReturn:
        context.enter()
        sys.stdout.flush()
        sys.stderr.flush()
        # Python ignores these two, and a program would inherit that.
        for number in (signal.SIGPIPE, signal.SIGXFSZ):
            signal.signal(number, signal.SIG_DFL)
        program, *_ = self.command
        try:
            os.execvp(program, self.command)  # noqa: S606  (no shell is wanted)
        except OSError as error:
            raise BadInputError(f"{program} cannot be run: {error.strerror}", hint="name a program on PATH") from None
