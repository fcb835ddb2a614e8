"""What may go wrong while groups are followed: each fault begins at some moment, and is over when its block ends."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from e2e.follow_probe import Following

from mcastlab.aws.clients import Clients
from mcastlab.cli.connections import Connections
from mcastlab_twin.sandbox import mounts

from .test_cuts_crashes import in_sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .conftest import Deployed

_PIDFD_GETFD: Final = 438
"""Source: pidfd_getfd(2); the number is the same on all architectures."""
_CONTROL: Final = """\
import asyncio, pathlib, sys
from awsregion.control import RegionControl
from awsregion.faults import RegionFault
control = RegionControl(pathlib.Path(sys.argv[1]))
throttled = RegionFault(what="throttle", target=sys.argv[2] or "*", times=None)
asyncio.run(control.fail(throttled) if sys.argv[2] else control.clear_faults())
"""


class FaultScene:
    """A follower of a deployed lab, and what may be done to it."""

    def __init__(self, deployed: Deployed, folder: Path) -> None:
        self.deployed = deployed
        self._folder = folder
        self.followers = [self._follower()]

    def _follower(self) -> Following:
        return Following(self.deployed.command_line, self._folder / f"follow-{time.monotonic_ns()}.err").started()

    @property
    def follower(self) -> Following:
        """The one that runs."""
        return self.followers[-1]

    def end(self) -> None:
        """End the follower."""
        self.follower.end()

    def told(self, kind: str) -> list[str]:
        """Return the texts of the follower's events of a kind."""
        return [str(event.get("text")) for event in self.follower.events if event["event"] == kind]

    @contextmanager
    def killed(self) -> Iterator[None]:
        """It is killed, and another one is started afterwards."""
        assert self.follower.end(signal.SIGKILL) == -signal.SIGKILL
        yield
        self.followers.append(self._follower())

    @contextmanager
    def pushed(self) -> Iterator[None]:
        """Another command pushes the configuration."""
        self.deployed.command_line.must("configure")
        yield

    @contextmanager
    def rebooted(self) -> Iterator[None]:
        """The AWS router is rebooted without what was never saved."""
        lost = len(self.told("lost")) + len(self.told("recovered"))
        ids = [Connections(self.deployed.lab).facts().router_instance_id]
        Clients(self.deployed.lab.region).ec2.reboot_instances(InstanceIds=ids)
        yield
        self.follower.until(lambda: len(self.told("lost")) + len(self.told("recovered")) > lost, within_s=90)

    @contextmanager
    def throttled(self) -> Iterator[None]:
        """AWS throttles the follower's question, and it asks less and less often."""
        self._control("SearchTransitGatewayMulticastGroups")
        try:
            self.follower.until(lambda: any("RequestLimitExceeded" in text for text in self.told("waiting")))
            yield
        finally:
            self._control("")
        self.follower.until(lambda: "the gateway answers again" in self.told("recovered"))

    def _control(self, action: str) -> None:
        program = ("-c", _CONTROL, str(mounts.STATE / "region.sock"), action)
        in_sandbox(self.deployed, sys.executable, *program)

    @contextmanager
    def disconnected(self) -> Iterator[None]:
        """Every connection that it has is broken."""
        break_connections(self.follower.process.pid)
        yield


FAULTS: Final = {
    "killed": FaultScene.killed,
    "push at the same time": FaultScene.pushed,
    "throttled": FaultScene.throttled,
    "connections broken": FaultScene.disconnected,
    "router rebooted": FaultScene.rebooted,
}


def break_connections(pid: int) -> None:
    """Shut down every TCP connection of a process from outside. Source: pidfd_getfd(2), shutdown(2)."""
    libc = ctypes.CDLL(None, use_errno=True)
    process = os.pidfd_open(pid)
    broken = 0
    try:
        for entry in Path(f"/proc/{pid}/fd").iterdir():
            if not str(entry.readlink()).startswith("socket:"):
                continue
            number = libc.syscall(_PIDFD_GETFD, process, int(entry.name), 0)
            assert number >= 0, os.strerror(ctypes.get_errno())
            with socket.socket(fileno=number) as each:
                if each.family in {socket.AF_INET, socket.AF_INET6} and each.type == socket.SOCK_STREAM:
                    each.shutdown(socket.SHUT_RDWR)
                    broken += 1
    finally:
        os.close(process)
    assert broken
