"""What has a real device or a host's program send: a command here or on the host, begun, looked after and ended."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from ipaddress import IPv4Address
from threading import Thread
from typing import TYPE_CHECKING, Final, Protocol
from uuid import uuid4

from mcastlab.text import printable
from mcastlab_base.errors import LabError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mcastlab.ports import Shell, ShellResult
    from mcastlab.scenario.script import Script, TestAppliance

SHOWN: Final = 300
LATER_S: Final = 60.0
"""How much longer than its program a command on a host may take."""
LAST_S: Final = 10.0
"""How long a program's last words are waited for."""
KILLED_AFTER_S: Final = 2
"""A program that gets SIGTERM has so long to end."""
ENDED: Final = frozenset({0, 124, 137, 143})
"""How a program ends by itself, and at its time. Source: timeout(1), 128 and the number of a signal."""
_ON_HOST: Final = """\
umask 077
{environment}
cd /
timeout -k {killed_after} {seconds} sh -c {command} >/dev/null 2>{file}.log </dev/null &
echo $! >{file}; wait $!; code=$?
tail -c {shown} {file}.log >&2; rm -f {file} {file}.log
exit $code
"""
_END: Final = 'for _ in 1 2 3 4 5; do [ -s {file} ] && break; sleep 0.1; done; kill "$(cat {file})"'
_ADDRESS: Final = """\
import socket, sys
way = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
way.connect((sys.argv[1], int(sys.argv[2])))
print(way.getsockname()[0])
"""


class Trigger(Protocol):
    """A command that was begun."""

    def refuse_failed(self, *, over: bool = False) -> None:
        """Refuse one that failed; what is `over` has a moment to say how it ended.

        Raises:
            RefusedError: it did.
        """

    def close(self) -> None:
        """End it, where it has not ended."""


class LocalTrigger:
    """A command of the shell on this machine.

    Args:
        appliance: whose it is.
        environment: what it finds.

    Raises:
        RefusedError: it cannot be started.
    """

    def __init__(self, appliance: TestAppliance, environment: Mapping[str, str]) -> None:
        self._name, self._errors = appliance.name, tempfile.TemporaryFile()  # noqa: SIM115  (closed by `close`)
        try:
            self._process = subprocess.Popen(
                ("sh", "-c", appliance.trigger or "false"),
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._errors,
                start_new_session=True,
            )
        except OSError as error:
            self._errors.close()
            raise RefusedError(f"{self._name}: its trigger cannot be started: {error.strerror}") from None

    def refuse_failed(self, *, over: bool = False) -> None:  # noqa: ARG002  (what it was asked for goes on elsewhere)
        """Refuse it where it failed."""
        if (self._process.poll() or 0) > 0:
            self._errors.seek(0)
            said = self._errors.read().decode(errors="replace")
            raise _failed(self._name, "trigger", self._process.returncode, said)

    def close(self) -> None:
        """End it with what it started."""
        if self._process.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGTERM)
            self._process.wait()
        self._errors.close()


class HostProgram:
    """A user's program on a host, for its time; the host ends it even where nobody is left to ask for that.

    Args:
        program: whose it is, and its command.
        shell: the host's.
        environment: what it finds beside the host's own.
        seconds: its time.
    """

    def __init__(self, program: TestAppliance, shell: Shell, environment: Mapping[str, str], seconds: float) -> None:
        self._name, self._shell, self._file = program.name, shell, f"/tmp/mcastlab-{uuid4().hex}"  # noqa: S108  (nobody guesses it)
        command = _ON_HOST.format(
            environment="\n".join(f"export {name}={shlex.quote(value)}" for name, value in environment.items()),
            killed_after=KILLED_AFTER_S,
            seconds=f"{seconds:g}",
            command=shlex.quote(program.trigger or "false"),
            file=self._file,
            shown=SHOWN,
        )
        self._ended: ShellResult | LabError | None = None
        self._thread = Thread(target=self._run, args=(command, seconds + LATER_S), name=program.name, daemon=True)
        self._thread.start()

    def _run(self, command: str, timeout_s: float) -> None:
        try:
            self._ended = self._shell.run(command, timeout_s=timeout_s)
        except LabError as error:
            self._ended = error

    def refuse_failed(self, *, over: bool = False) -> None:
        """Refuse it where it, or its host, failed."""
        if over:
            self._thread.join(LAST_S)
        if isinstance(self._ended, LabError):
            raise self._ended
        if self._ended is not None and self._ended.code not in ENDED:
            raise _failed(self._name, "program", self._ended.code, self._ended.stderr)

    def close(self) -> None:
        """End it on its host."""
        if self._thread.is_alive():
            with suppress(LabError):
                self._shell.run(_END.format(file=self._file), timeout_s=LAST_S)
            self._thread.join(LAST_S)


def _failed(name: str, what: str, code: int, said: str) -> RefusedError:
    shown = printable(said.strip())[-SHOWN:]
    return RefusedError(
        f"{name}: its {what} ended with {code}{f': {shown}' if shown else ''}",
        hint="try the command in a shell; its environment is in docs/device-tests.md",
    )


def with_addresses(script: Script, shells: Mapping[str, Shell]) -> Script:
    """Return a script that knows the address from which each program's host sends.

    Raises:
        RefusedError: a host cannot be reached, or does not tell.
        TimedOutError: the same, as a command did not end in time.
    """
    groups = {talk.appliance: script.groups[talk.group] for talk in script.awaited}

    def one(place: int, each: TestAppliance) -> TestAppliance:
        if each.node is None:
            return each
        group = groups[place]
        asked = f"python3 -c {shlex.quote(_ADDRESS)} {group.address} {group.port}"
        result = shells[each.name].run(asked, timeout_s=LATER_S)
        try:
            return replace(each, address=str(IPv4Address(result.stdout.strip())))
        except ValueError:
            said = printable((result.stderr or result.stdout).strip())[-SHOWN:]
            raise RefusedError(f"{each.name}: it has no way to {group.address}: {said}") from None

    if not any(each.node is not None for each in script.appliances):
        return script
    with ThreadPoolExecutor(len(script.appliances)) as pool:
        return replace(script, appliances=tuple(pool.map(one, range(len(script.appliances)), script.appliances)))
