"""A shell on an EC2 instance through SSM Run Command."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from mcastlab.aws.clients import told
from mcastlab.errors import RefusedError, TimedOutError
from mcastlab.ports import ShellResult

if TYPE_CHECKING:
    from mcastlab.aws.clients import Clients

POLL_S: Final = 0.1
UNDER_WAY: Final = frozenset({"Pending", "InProgress", "Delayed", "Cancelling"})
DELIVERY_TIMEOUT_S: Final = 60
"""How long SSM waits for the instance's agent to take the command. Source: SendCommand, TimeoutSeconds, at least 30."""


class SsmShell:
    """Run shell commands on one instance, one after the other."""

    def __init__(self, clients: Clients, *, host: str, instance_id: str) -> None:
        self._ssm = clients.ssm
        self._host = host
        self._instance_id = instance_id

    @property
    def host(self) -> str:
        """The host's name in reports."""
        return self._host

    def run(self, command: str, *, timeout_s: float) -> ShellResult:
        """Run a command as root to its end; standard output is cut at 24,000 characters.

        Source: AWS Systems Manager API reference, GetCommandInvocation.

        Raises:
            RefusedError: SSM refused, or the agent did not run the command.
            TimedOutError: the command did not end in time.
        """
        deadline = time.monotonic() + timeout_s
        with told(f"running a command on {self._host} ({self._instance_id})"):
            command_id = self._ssm.send_command(
                InstanceIds=[self._instance_id],
                DocumentName="AWS-RunShellScript",
                Parameters={"commands": [command], "executionTimeout": [str(max(1, round(timeout_s)))]},
                TimeoutSeconds=DELIVERY_TIMEOUT_S,
            )["Command"]["CommandId"]
            while True:
                result = self._invocation(command_id)
                if result is not None:
                    return result
                if time.monotonic() > deadline:
                    raise TimedOutError(f"{self._host}: the command did not end within {timeout_s:g} s")
                time.sleep(POLL_S)

    def _invocation(self, command_id: str) -> ShellResult | None:
        try:
            answer = self._ssm.get_command_invocation(CommandId=command_id, InstanceId=self._instance_id)
        except ClientError as error:
            # The invocation appears a moment after the command.
            if error.response.get("Error", {}).get("Code") == "InvocationDoesNotExist":
                return None
            raise
        if answer["Status"] in UNDER_WAY:
            return None
        if answer["Status"] in {"TimedOut", "Cancelled"} and answer["ResponseCode"] == -1:
            raise RefusedError(
                f"{self._host}: SSM says {answer['StatusDetails']}", hint="is the SSM agent of the instance online?"
            )
        return ShellResult(
            code=answer["ResponseCode"],
            stdout=answer["StandardOutputContent"],
            stderr=answer["StandardErrorContent"],
        )
