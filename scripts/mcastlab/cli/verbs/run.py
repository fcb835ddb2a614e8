"""``run -- COMMAND``: a program in the target's environment: aws, cdk, Ansible, pytest, a script of one's own."""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING, ClassVar, NoReturn

from mcastlab.cli.arguments import REMAINDER, TargetVerb, positional
from mcastlab_base.errors import BadInputError

if TYPE_CHECKING:
    from mcastlab.cli.context import Context


class RunVerb(TargetVerb):
    """Run a program in the target's environment."""

    examples: ClassVar = ("run -- python3 my_test.py", "run -- aws ec2 describe-vpcs")
    rank: ClassVar = 140
    passes_on: ClassVar = "command"
    passes_all: ClassVar = True

    command: tuple[str, ...] = positional(
        default=(), nargs=REMAINDER, metavar="COMMAND", help="Program and its arguments"
    )

    def __call__(self, context: Context) -> NoReturn:
        if not self.command:
            raise BadInputError("run needs a program", hint=context.command("run", "--", "aws", "ec2", "describe-vpcs"))
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
