"""SSM Run Command: commands, their invocations on instances, and how they end. Nothing here runs anything.

Source: AWS Systems Manager API Reference, SendCommand, GetCommandInvocation; user guide, "Understanding command
statuses".
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from awsregion.ec2.errors import AwsError
from awsregion.live import ShellCommand

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from awsregion.ec2.parameters import Given
    from awsregion.live import CommandEnd

STDOUT_LIMIT: Final = 24_000
"""Characters of standard output that GetCommandInvocation keeps."""
STDERR_LIMIT: Final = 8_000

_DOCUMENT: Final = "AWS-RunShellScript"
_PLUGIN: Final = "aws:runShellScript"
_DELIVERY_DEFAULT_S: Final = 3600
_EXECUTION_DEFAULT_S: Final = "3600"
_MAX_INSTANCES: Final = 50
_NOT_STARTED: Final = -1
_GRACE_S: Final = 15
"""Beyond the script's own time, what the fabric may take to tell that it is over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """One command on one instance."""

    command: ShellCommand
    status: str = "Pending"
    details: str = "Pending"
    code: int = _NOT_STARTED
    stdout: str = ""
    stderr: str = ""
    started: datetime | None = None
    ended: datetime | None = None

    @property
    def over(self) -> bool:
        """Whether nothing more will come of it."""
        return self.status not in {"Pending", "InProgress"}


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCommand:
    """What was asked of SSM in one call."""

    id: str
    requested: datetime
    deliver_until: datetime
    comment: str
    parameters: dict[str, list[str]]
    instance_ids: tuple[str, ...]
    timeout_s: int = _DELIVERY_DEFAULT_S
    extra: dict[str, str] = field(default_factory=dict)


class Commands:
    """All commands of the region, oldest first."""

    def __init__(self, *, account: str, now: Callable[[], datetime]) -> None:
        self._account = account
        self._now = now
        self._commands: dict[str, RunCommand] = {}
        self._invocations: dict[tuple[str, str], Invocation] = {}

    def send(self, given: Given, online: Iterable[str]) -> RunCommand:
        """Take a command for instances that are online.

        Raises:
            AwsError: another document, no command, or an instance that does not take commands.
        """
        if given.get("DocumentName") not in {_DOCUMENT, f"arn:aws:ssm:::document/{_DOCUMENT}"}:
            raise AwsError("InvalidDocument", f"Document with name {given.get('DocumentName')} does not exist.")
        if given.get("DocumentVersion", "$DEFAULT") not in {"$DEFAULT", "$LATEST", "1"}:
            raise AwsError("InvalidDocumentVersion", "The document version is not valid or does not exist.")
        wanted = list(given.get("InstanceIds") or ())
        if not 1 <= len(wanted) <= _MAX_INSTANCES:
            raise AwsError("ValidationException", f"InstanceIds: 1 to {_MAX_INSTANCES} instance ids are needed.")
        offline = sorted(set(wanted) - set(online))
        if offline:
            raise AwsError(
                "InvalidInstanceId",
                f"Instances [[{', '.join(offline)}]] not in a valid state for account {self._account}",
            )
        parameters = given.plain("Parameters") or {}
        script = _script(parameters)
        timeout_s = int(given.get("TimeoutSeconds", _DELIVERY_DEFAULT_S))
        command = RunCommand(
            id=str(uuid.uuid4()),
            requested=self._now(),
            deliver_until=self._now() + timedelta(seconds=timeout_s),
            comment=given.get("Comment", ""),
            parameters=parameters,
            instance_ids=tuple(dict.fromkeys(wanted)),
            timeout_s=timeout_s,
            extra={name: given[name] for name in ("MaxConcurrency", "MaxErrors") if name in given},
        )
        if unread := given.unread():
            raise AwsError("ValidationException", f"This region does not honour {', '.join(unread)} of SendCommand.")
        self._commands[command.id] = command
        for instance_id in command.instance_ids:
            self._invocations[command.id, instance_id] = Invocation(
                command=script.model_copy(update={"command_id": command.id, "instance_id": instance_id})
            )
        return command

    def take(self) -> ShellCommand | None:
        """Hand the oldest pending command over; it is InProgress from now on."""
        self._expire()
        for key, invocation in self._invocations.items():
            if invocation.status == "Pending":
                self._invocations[key] = replace(
                    invocation, status="InProgress", details="InProgress", started=self._now()
                )
                return invocation.command
        return None

    def finish(self, command_id: str, instance_id: str, *, status: CommandEnd, code: int, out: tuple[str, str]) -> None:
        """Note how a command ended on an instance; `out` is its standard output and error.

        Raises:
            AwsError: there is no such command under way.
        """
        invocation = self.invocation(command_id, instance_id)
        if invocation.over:
            return
        self._invocations[command_id, instance_id] = replace(
            invocation,
            status=status,
            details="Execution Timed Out" if status == "TimedOut" else status,
            code=code,
            stdout=out[0][:STDOUT_LIMIT],
            stderr=out[1][:STDERR_LIMIT],
            ended=self._now(),
        )

    def cancel(self, command_id: str, instance_ids: Iterable[str]) -> None:
        """Cancel what has not begun; what runs, runs on.

        Raises:
            AwsError: there is no such command.
        """
        command = self.command(command_id)
        for instance_id in instance_ids or command.instance_ids:
            invocation = self.invocation(command_id, instance_id)
            if invocation.status == "Pending":
                self._invocations[command_id, instance_id] = replace(
                    invocation, status="Cancelled", details="Cancelled", ended=self._now()
                )

    def command(self, command_id: str) -> RunCommand:
        """Return a command.

        Raises:
            AwsError: there is none of that id.
        """
        if command_id not in self._commands:
            raise AwsError("InvalidCommandId", f"The command {command_id} does not exist.")
        return self._commands[command_id]

    def invocation(self, command_id: str, instance_id: str) -> Invocation:
        """Return a command on an instance.

        Raises:
            AwsError: there is none.
        """
        self._expire()
        if (command_id, instance_id) not in self._invocations:
            raise AwsError("InvocationDoesNotExist", "")
        return self._invocations[command_id, instance_id]

    def all(self) -> list[RunCommand]:
        """Return every command, the newest first, as SSM lists them."""
        return list(reversed(self._commands.values()))

    def _expire(self) -> None:
        now = self._now()
        for key, invocation in self._invocations.items():
            late: dict[str, Any] | None = None
            if invocation.status == "Pending" and now > self._commands[key[0]].deliver_until:
                late = {"details": "Delivery Timed Out"}
            elif invocation.started is not None and invocation.status == "InProgress":
                limit = timedelta(seconds=invocation.command.timeout_s + _GRACE_S)
                late = {"details": "Execution Timed Out"} if now > invocation.started + limit else None
            if late is not None:
                self._invocations[key] = replace(invocation, status="TimedOut", ended=now, **late)


def _script(parameters: dict[str, list[str]]) -> ShellCommand:
    odd = set(parameters) - {"commands", "workingDirectory", "executionTimeout"}
    lines = parameters.get("commands", [])
    if odd or not lines:
        raise AwsError(
            "InvalidParameters",
            f"Parameters of {_DOCUMENT} are commands (needed), workingDirectory and executionTimeout"
            f"{', not ' + ', '.join(sorted(odd)) if odd else ''}.",
        )
    directory = "".join(parameters.get("workingDirectory", [""])) or None
    timeout = "".join(parameters.get("executionTimeout", [_EXECUTION_DEFAULT_S]))
    if not timeout.isdigit() or int(timeout) < 1:
        raise AwsError("InvalidParameters", f"executionTimeout is a number of seconds, not {timeout}.")
    return ShellCommand(
        command_id="", instance_id="", commands=tuple(lines), working_directory=directory, timeout_s=int(timeout)
    )


def document_and_plugin() -> tuple[str, str]:
    """Return the names of the document that runs commands and of its step."""
    return _DOCUMENT, _PLUGIN
