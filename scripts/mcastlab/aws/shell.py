"""A shell on an EC2 instance through SSM Run Command."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mcastlab.aws.commands import refuse_undelivered
from mcastlab.ports import ShellResult

if TYPE_CHECKING:
    from mcastlab.aws.commands import SsmCommands

WHO_AM_I: Final = '"$AWS_SSM_INSTANCE_ID"'
"""What the agent tells each command. Source: amazon-ssm-agent, environment of aws:runShellScript."""


class SsmShell:
    """Run shell commands on one instance; the same on several at once share a call."""

    def __init__(self, commands: SsmCommands, *, host: str, instance_id: str) -> None:
        self._commands = commands
        self._host = host
        self._instance_id = instance_id

    @property
    def host(self) -> str:
        """The host's name in reports."""
        return self._host

    @property
    def identity(self) -> tuple[str, str]:
        """A word that the host's shell makes its identity of, the same for all instances, and that identity."""
        return WHO_AM_I, self._instance_id

    def run(self, command: str, *, timeout_s: float) -> ShellResult:
        """Run a command as root to its end; standard output is cut at 24,000 characters.

        Source: AWS Systems Manager API reference, GetCommandInvocation.

        Raises:
            RefusedError: SSM refused, or the agent did not run the command.
            TimedOutError: the command did not end in time.
        """
        answer = self._commands.run(self._instance_id, command, host=self._host, timeout_s=timeout_s)
        refuse_undelivered(self._host, answer)
        return ShellResult(
            code=answer["ResponseCode"],
            stdout=answer["StandardOutputContent"],
            stderr=answer["StandardErrorContent"],
        )
