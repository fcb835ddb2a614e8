"""Shells on EC2 instances by SSM Run Command, within its limits.

The same command on many instances at once is as few calls as AWS takes.

Sources: AWS Systems Manager API reference, SendCommand (50 instances a call), ListCommandInvocations,
DescribeInstanceInformation, GetCommandInvocation (24,000 characters of output).
"""

from __future__ import annotations

import threading
import time
from itertools import islice
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from mcastlab.aws.clients import asking, batched, list_all
from mcastlab.ports import ShellResult
from mcastlab_base.errors import RefusedError, TimedOutError
from mcastlab_base.waiting import attempts

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from types_boto3_ssm import SSMClient
    from types_boto3_ssm.type_defs import GetCommandInvocationResultTypeDef

MOST_INSTANCES: Final = 50
MOST_IDS: Final = 100
"""Values of one filter. Source: InstanceInformationStringFilter."""
NOT_TAKEN: Final = "InvalidInstanceId"
"""How SSM refuses a whole call where one of its instances is stopped, gone or without an agent that is online."""
ONLINE: Final = "Online"
NOT_REGISTERED: Final = "no agent of it is registered"
GATHER_S: Final = 0.05
"""How long a call that is not full waits for others that ask the same of other instances."""
FIRST_POLL_S: Final = 0.1
LONGEST_POLL_S: Final = 0.3
LONGER: Final = 1.2
NOT_SEEN_S: Final = 30
"""How long a command's invocation may be unknown after it was sent: the API is eventually consistent."""
THROTTLED: Final = frozenset({"ThrottlingException", "Throttling", "TooManyRequestsException", "RequestLimitExceeded"})
THROTTLED_PAUSE_S: Final = 1.0
"""Between two attempts, after those that the SDK makes by itself."""
UNDER_WAY: Final = frozenset({"Pending", "InProgress", "Delayed", "Cancelling"})
WHO_AM_I: Final = '"$AWS_SSM_INSTANCE_ID"'
"""What the agent tells each command. Source: amazon-ssm-agent, environment of aws:runShellScript."""
DELIVERY_TIMEOUT_S: Final = 60
"""How long SSM waits for the instance's agent to take the command. Source: SendCommand, TimeoutSeconds, at least 30."""


class _Call:
    """What was sent for all that asked the same, and what is known of it."""

    def __init__(self) -> None:
        self.instances: list[str] = []
        self.command_ids: dict[str, str] = {}
        """By instance: what SSM refuses together is sent in parts."""
        self.offline: dict[str, str] = {}
        """Instances that SSM does not take, and what it knows of their agents."""
        self.ended: set[str] = set()
        self.error: BaseException | None = None
        self.full = threading.Event()
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
            RefusedError: SSM refused, or does not reach this instance; that of others is theirs alone.
            TimedOutError: the command did not end in time.
        """
        key = (command, timeout_s)
        with self._lock:
            call = self._gathering.get(key)
            first = call is None or len(call.instances) == MOST_INSTANCES
            if call is None or first:
                call = self._gathering[key] = _Call()
            call.instances.append(instance_id)
            if len(call.instances) == MOST_INSTANCES:
                call.full.set()
        deadline = time.monotonic() + timeout_s
        if first:
            self._lead(call, key, deadline)
        with call.changed:
            over = call.changed.wait_for(
                lambda: instance_id in call.ended or instance_id in call.offline or call.error is not None,
                deadline - time.monotonic(),
            )
        if instance_id in call.offline:
            raise RefusedError(
                f"{host}: SSM does not reach {instance_id}: {call.offline[instance_id]}",
                hint=f"is it running, and its agent online? aws ec2 describe-instance-status --include-all-instances "
                f"--instance-ids {instance_id}",
            )
        if instance_id not in call.ended and call.error is not None:
            raise call.error
        if not over:
            raise TimedOutError(f"{host}: the command did not end within {timeout_s:g} s")
        with asking(f"reading what a command on {host} ({instance_id}) said"):
            return self._ssm.get_command_invocation(CommandId=call.command_ids[instance_id], InstanceId=instance_id)

    def _lead(self, call: _Call, key: tuple[str, float], deadline: float) -> None:
        """Send a call for all that joined it, and follow it until all instances have ended."""
        command, timeout_s = key
        call.full.wait(GATHER_S)
        with self._lock:
            if self._gathering.get(key) is call:
                del self._gathering[key]
        try:
            with asking(f"running a command on {', '.join(call.instances)}"):
                self._send(call, call.instances, command, timeout_s, deadline)
                self._follow(call, deadline)
        except BaseException as error:
            with call.changed:
                call.error = error
                call.changed.notify_all()
            # An instance that SSM does not take has an error of its own.
            if call.instances[0] not in call.offline:
                raise

    def _send(self, call: _Call, instances: Sequence[str], command: str, timeout_s: float, deadline: float) -> None:
        """Send a command to instances; SSM refuses all where it does not take one, so that is left out."""
        while instances:
            try:
                command_id = self._command_id(instances, command, timeout_s, deadline)
            except ClientError as error:
                if _code(error) != NOT_TAKEN:
                    raise
                instances = self._taken(call, instances, command, timeout_s, deadline)
            else:
                call.command_ids |= dict.fromkeys(instances, command_id)
                return

    def _command_id(self, instances: Sequence[str], command: str, timeout_s: float, deadline: float) -> str:
        """Send a command, again while SSM throttles, and return its id."""
        throttled: ClientError
        for _ in attempts(deadline - time.monotonic(), every_s=THROTTLED_PAUSE_S):
            try:
                sent = self._ssm.send_command(
                    InstanceIds=list(instances),
                    DocumentName="AWS-RunShellScript",
                    Parameters={"commands": [command], "executionTimeout": [str(max(1, round(timeout_s)))]},
                    TimeoutSeconds=DELIVERY_TIMEOUT_S,
                )
            except ClientError as error:
                if _code(error) not in THROTTLED:
                    raise
                throttled = error
            else:
                return sent["Command"]["CommandId"]
        raise throttled

    def _taken(
        self, call: _Call, instances: Sequence[str], command: str, timeout_s: float, deadline: float
    ) -> Sequence[str]:
        """Note which of some refused instances are offline, and return the others.

        Where SSM does not say which, they are sent to by halves.
        """
        agents, unasked = self._agents(instances)
        offline = {each: agents.get(each, NOT_REGISTERED) for each in instances if agents.get(each) != ONLINE}
        if not offline and len(instances) > 1:
            half = len(instances) // 2
            self._send(call, instances[:half], command, timeout_s, deadline)
            return instances[half:]
        with call.changed:
            call.offline |= offline or {instances[0]: f"its agent takes no command{unasked}"}
            call.changed.notify_all()
        return [each for each in instances if each not in call.offline]

    def _agents(self, instances: Sequence[str]) -> tuple[dict[str, str], str]:
        """Return what SSM says of the agents of instances; that all are online, and why, where it does not."""
        try:
            found = agent_states(self._ssm, instances)
        except ClientError as error:
            why = f", and SSM does not tell whether it is online ({_code(error)})"
            return dict.fromkeys(instances, ONLINE), why
        return {each: state if state == ONLINE else f"its agent is {state}" for each, state in found.items()}, ""

    def _follow(self, call: _Call, deadline: float) -> None:
        left_s = deadline - time.monotonic()
        looks = attempts(left_s, every_s=FIRST_POLL_S, longest_s=LONGEST_POLL_S, factor=LONGER)
        for waited_s in islice(looks, 1, None):  # none at once: no command ends in no time
            if len(call.ended) == len(call.command_ids):
                return
            try:
                states = dict(self._states(call))
            except ClientError as error:
                # The command appears a moment after it was sent.
                late = _code(error) == "InvalidCommandId" and waited_s < min(left_s, NOT_SEEN_S)
                if late or _code(error) in THROTTLED:
                    continue
                raise
            with call.changed:
                call.ended = {instance for instance, state in states.items() if state not in UNDER_WAY}
                call.changed.notify_all()

    def _states(self, call: _Call) -> Iterator[tuple[str, str]]:
        for command_id in dict.fromkeys(call.command_ids.values()):
            for each in list_all(self._ssm, "list_command_invocations", "CommandInvocations", CommandId=command_id):
                yield each["InstanceId"], each["Status"]


def agent_states(ssm: SSMClient, instances: Sequence[str]) -> dict[str, str]:
    """Return what SSM says of the agents of instances; those of which no agent is registered are missing."""
    return {
        each["InstanceId"]: each["PingStatus"]
        for some in batched(instances, MOST_IDS)
        for each in list_all(
            ssm,
            "describe_instance_information",
            "InstanceInformationList",
            Filters=[{"Key": "InstanceIds", "Values": some}],
        )
    }


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def _refuse_undelivered(host: str, answer: GetCommandInvocationResultTypeDef) -> None:
    """Refuse what never began on its instance: the agent did not take the command."""
    if answer["Status"] in {"TimedOut", "Cancelled"} and answer["ResponseCode"] == -1:
        raise RefusedError(
            f"{host}: SSM says {answer['StatusDetails']}", hint="is the SSM agent of the instance online?"
        )


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
        _refuse_undelivered(self._host, answer)
        return ShellResult(
            code=answer["ResponseCode"],
            stdout=answer["StandardOutputContent"],
            stderr=answer["StandardErrorContent"],
        )
