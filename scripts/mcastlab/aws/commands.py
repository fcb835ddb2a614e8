"""SSM Run Command within its limits: the same command on many instances at once is as few calls as AWS takes.

Sources: AWS Systems Manager API reference, SendCommand (50 instances a call), ListCommandInvocations,
GetCommandInvocation (24,000 characters of output).
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from mcastlab.aws.clients import told
from mcastlab.errors import RefusedError, TimedOutError

if TYPE_CHECKING:
    from types_boto3_ssm import SSMClient
    from types_boto3_ssm.type_defs import GetCommandInvocationResultTypeDef

MOST_INSTANCES: Final = 50
GATHER_S: Final = 0.05
"""How long a call waits for others that ask the same of other instances."""
FIRST_POLL_S: Final = 0.1
LONGEST_POLL_S: Final = 0.3
LONGER: Final = 1.2
NOT_SEEN_S: Final = 30
"""How long a command's invocation may be unknown after it was sent: the API is eventually consistent."""
UNDER_WAY: Final = frozenset({"Pending", "InProgress", "Delayed", "Cancelling"})
DELIVERY_TIMEOUT_S: Final = 60
"""How long SSM waits for the instance's agent to take the command. Source: SendCommand, TimeoutSeconds, at least 30."""


class _Call:
    """One SendCommand, and what is known of it."""

    def __init__(self) -> None:
        self.instances: list[str] = []
        self.command_id = ""
        self.ended: set[str] = set()
        self.error: BaseException | None = None
        self.changed = threading.Condition()


class SsmCommands:
    """Commands on the instances of a lab; threads that ask the same at the same time share a call."""

    def __init__(self, ssm: SSMClient) -> None:
        self._ssm = ssm
        self._lock = threading.Lock()
        self._gathering: dict[tuple[str, float], _Call] = {}

    def run(self, instance_id: str, command: str, *, host: str, timeout_s: float) -> GetCommandInvocationResultTypeDef:
        """Run a command on an instance to its end and return how it ended.

        Raises:
            RefusedError: SSM refused.
            TimedOutError: the command did not end in time.
        """
        key = (command, timeout_s)
        with self._lock:
            call = self._gathering.get(key)
            first = call is None or len(call.instances) == MOST_INSTANCES
            if call is None or first:
                call = self._gathering[key] = _Call()
            call.instances.append(instance_id)
        deadline = time.monotonic() + timeout_s
        if first:
            self._lead(call, key, deadline)
        with call.changed:
            over = call.changed.wait_for(
                lambda: instance_id in call.ended or call.error is not None, deadline - time.monotonic()
            )
        if instance_id not in call.ended and call.error is not None:
            raise call.error
        if not over:
            raise TimedOutError(f"{host}: the command did not end within {timeout_s:g} s")
        with told(f"reading what a command on {host} ({instance_id}) said"):
            return self._ssm.get_command_invocation(CommandId=call.command_id, InstanceId=instance_id)

    def _lead(self, call: _Call, key: tuple[str, float], deadline: float) -> None:
        """Send a call for all that joined it, and follow it until all instances have ended."""
        command, timeout_s = key
        time.sleep(GATHER_S)
        with self._lock:
            if self._gathering.get(key) is call:
                del self._gathering[key]
        try:
            with told(f"running a command on {', '.join(call.instances)}"):
                call.command_id = self._ssm.send_command(
                    InstanceIds=call.instances,
                    DocumentName="AWS-RunShellScript",
                    Parameters={"commands": [command], "executionTimeout": [str(max(1, round(timeout_s)))]},
                    TimeoutSeconds=DELIVERY_TIMEOUT_S,
                )["Command"]["CommandId"]
                self._follow(call, deadline)
        except BaseException as error:
            with call.changed:
                call.error = error
                call.changed.notify_all()
            raise

    def _follow(self, call: _Call, deadline: float) -> None:
        pause = FIRST_POLL_S
        unseen_until = min(deadline, time.monotonic() + NOT_SEEN_S)
        while len(call.ended) < len(call.instances) and time.monotonic() < deadline:
            time.sleep(pause)
            pause = min(LONGEST_POLL_S, pause * LONGER)
            try:
                pages = self._ssm.get_paginator("list_command_invocations").paginate(CommandId=call.command_id)
                states = {each["InstanceId"]: each["Status"] for page in pages for each in page["CommandInvocations"]}
            except ClientError as error:
                # The command appears a moment after it was sent.
                late = error.response.get("Error", {}).get("Code") == "InvalidCommandId"
                if late and time.monotonic() < unseen_until:
                    continue
                raise
            with call.changed:
                call.ended = {instance for instance, state in states.items() if state not in UNDER_WAY}
                call.changed.notify_all()


def refuse_undelivered(host: str, answer: GetCommandInvocationResultTypeDef) -> None:
    """Refuse what never began on its instance.

    Raises:
        RefusedError: the agent did not take the command.
    """
    if answer["Status"] in {"TimedOut", "Cancelled"} and answer["ResponseCode"] == -1:
        raise RefusedError(
            f"{host}: SSM says {answer['StatusDetails']}", hint="is the SSM agent of the instance online?"
        )
