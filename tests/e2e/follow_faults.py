"""What may go wrong while groups are followed: each fault begins at some moment, and is over when its block ends."""

from __future__ import annotations

import ctypes
import errno
import os
import signal
import socket
import stat
import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mcastlab.aws.clients import Clients
from mcastlab.cli.connections import Connections
from mcastlab_twin.sandbox import mounts

from .breaking import in_sandbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from e2e.follow_probe import Following

    from .conftest import Deployed

_PIDFD_GETFD: Final = 438
"""Source: pidfd_getfd(2); the number is the same on all architectures."""
_CONTROL: Final = """\
import asyncio, pathlib, sys
from awsregion.control import RegionControl
from awsregion.faults import RegionFault
socket, *fault = sys.argv[1:]
control = RegionControl(pathlib.Path(socket))
failing = [RegionFault(what=what, target=target, times=None) for what, target in [fault] if what]
asyncio.run(control.fail(failing[0]) if failing else control.clear_faults())
"""


class FaultStage:
    """A follower of a deployed lab, and what may be done to it."""

    def __init__(self, deployed: Deployed, start: Callable[[], Following]) -> None:
        self.deployed = deployed
        self._start = start
        self.follower = start()
        """The one that runs."""

    def reported(self, kind: str) -> list[str]:
        """Return the texts of the follower's events of a kind."""
        return [str(event.get("text")) for event in self.follower.events if event["event"] == kind]

    @contextmanager
    def killed(self) -> Iterator[None]:
        """It is killed, and another one is started afterwards."""
        assert self.follower.end(signal.SIGKILL) == -signal.SIGKILL
        yield
        self.follower = self._start()

    @contextmanager
    def pushed(self) -> Iterator[None]:
        """Another command pushes the configuration."""
        self.deployed.command_line.must("configure")
        yield

    @contextmanager
    def rebooted(self) -> Iterator[None]:
        """The AWS router is rebooted without what was never saved."""
        lost = len(self.reported("lost")) + len(self.reported("recovered"))
        ids = [Connections(self.deployed.lab).facts().router_instance_id]
        Clients(self.deployed.lab.region).ec2.reboot_instances(InstanceIds=ids)
        yield
        self.follower.until(lambda: len(self.reported("lost")) + len(self.reported("recovered")) > lost, within_s=90)

    @contextmanager
    def throttled(self) -> Iterator[None]:
        """AWS throttles the follower's question, and it asks less and less often."""
        with self._refused("throttle", "RequestLimitExceeded"):
            yield

    @contextmanager
    def expired(self) -> Iterator[None]:
        """Its credentials have expired, and are renewed later."""
        with self._refused("expire", "the credentials of this environment have expired"):
            yield

    @contextmanager
    def _refused(self, what: str, answer: str) -> Iterator[None]:
        """AWS refuses the follower's question, which says so once, however often it asks; later it takes it."""
        self._control(what, "SearchTransitGatewayMulticastGroups")
        try:
            self.follower.until(lambda: any(answer in text for text in self.reported("waiting")))
            yield
        finally:
            self._control("", "")
        self.follower.until(lambda: "the gateway answers again" in self.reported("recovered"), within_s=90)
        assert sum(answer in text for text in self.reported("waiting")) == 1

    def _control(self, what: str, action: str) -> None:
        program = ("-c", _CONTROL, str(mounts.STATE / "region.sock"), what, action)
        in_sandbox(self.deployed, sys.executable, *program)

    @contextmanager
    def disconnected(self) -> Iterator[None]:
        """Every connection that it has is broken."""
        break_connections(self.follower.process.pid)
        yield


FAULTS: Final = {
    "push at the same time": FaultStage.pushed,
    "throttled": FaultStage.throttled,
    "credentials expired": FaultStage.expired,
    "connections broken": FaultStage.disconnected,
    "killed": FaultStage.killed,
    "router rebooted": FaultStage.rebooted,
}
"""The gate takes the first ones: a killed follower and a rebooted router have tests of their own too."""


def break_connections(pid: int) -> None:
    """Shut down every TCP connection of a process from outside. Source: pidfd_getfd(2), shutdown(2)."""
    libc = ctypes.CDLL(None, use_errno=True)
    process = os.pidfd_open(pid)
    broken = 0
    try:
        for entry in Path(f"/proc/{pid}/fd").iterdir():
            number = libc.syscall(_PIDFD_GETFD, process, int(entry.name), 0)
            if number < 0:
                assert ctypes.get_errno() == errno.EBADF, os.strerror(ctypes.get_errno())
                continue  # it has been closed meanwhile
            if not stat.S_ISSOCK(os.fstat(number).st_mode):
                os.close(number)
                continue
            with socket.socket(fileno=number) as each:
                if each.family in {socket.AF_INET, socket.AF_INET6} and each.type == socket.SOCK_STREAM:
                    with suppress(OSError):  # one that does not stand any more
                        each.shutdown(socket.SHUT_RDWR)
                        broken += 1
    finally:
        os.close(process)
    assert broken
