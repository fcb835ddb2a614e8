"""Devices in a test of followed groups: short programs that run on hosts and devices, and the follower beside them."""

from __future__ import annotations

import json
import shlex
import signal
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any, Final

from e2e.breaking import until

from mcastlab.lab_files import PROJECT

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from mcastlab.ports import Shell

    from .conftest import CommandLine

PORT: Final = 5504

_SOCKET: Final = """
import json, socket, sys, time
port, seconds, *groups = sys.argv[1:]
port, seconds = int(port), float(seconds)
"""
_SEND: Final = (
    _SOCKET
    + """
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 32)
s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, 0)
end, sent = time.time() + seconds, 0
while time.time() < end:
    for group in groups:
        s.sendto(b"x" * 100, (group, port))
    sent += 1
    time.sleep(0.01)
print(json.dumps(sent))
"""
)
"""Sends to groups, a hundred datagrams a second each."""

_RECEIVE: Final = (
    _SOCKET
    + """
def first(group):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind((group, port))
    s.settimeout(seconds)
    begun = time.time()
    s.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton(group) + socket.inet_aton("0.0.0.0"))
    try:
        s.recv(2000)
        return time.time() - begun
    except TimeoutError:
        return None
    finally:
        s.close()
print(json.dumps({group: first(group) for group in groups}))
"""
)
"""Joins one group after the other, and tells how long each took to the first datagram."""

_HOLD: Final = (
    _SOCKET
    + """
import select
def joined(group):
    # A socket each: the kernel allows one no more than 20 memberships.
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind((group, port))
    s.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton(group) + socket.inet_aton("0.0.0.0"))
    return s
members = [joined(group) for group in groups]
end, heard = time.time() + seconds, 0
while time.time() < end:
    for ready in select.select(members, [], [], 0.2)[0]:
        ready.recv(2000)
        heard += 1
print(json.dumps(heard))
"""
)
"""Is a member of groups for a while, and tells how many datagrams it heard."""

_LISTEN: Final = (
    _SOCKET
    + """
s = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x0800))
s.settimeout(0.2)
end, heard = time.time() + seconds, 0
wanted = {socket.inet_aton(group) for group in groups}
while time.time() < end:
    try:
        packet = s.recv(4000)
    except TimeoutError:
        continue
    heard += packet[16:20] in wanted
print(json.dumps(heard))
"""
)
"""Is no member, and tells how many datagrams to groups are on its wire."""


def _run(shell: Shell, program: str, seconds: float, groups: Sequence[str]) -> Any:
    command = shlex.join(["python3", "-c", program, str(PORT), str(seconds), *groups])
    done = shell.run(command, timeout_s=120)
    assert done.code == 0, done.stderr
    return json.loads(done.stdout)


def first_after(shell: Shell, groups: Sequence[str], *, within_s: float) -> dict[str, float | None]:
    """Join groups one by one, and return how many seconds each took to its first datagram; None where none came."""
    found: dict[str, float | None] = _run(shell, _RECEIVE, within_s, groups)
    return found


def heard_unasked(shell: Shell, groups: Sequence[str], *, seconds: float) -> int:
    """Return how many datagrams to groups came although nobody there is a member."""
    return int(_run(shell, _LISTEN, seconds, groups))


class Beside:
    """Something that runs beside a test."""

    def __init__(self, work: Callable[[], Any]) -> None:
        self.result: Any = None
        self._thread = threading.Thread(target=self._keep, args=(work,))
        self._thread.start()

    def _keep(self, work: Callable[[], Any]) -> None:
        self.result = work()

    def end(self) -> Any:
        """Wait for it and return what it returned."""
        self._thread.join()
        return self.result


def sending(shell: Shell, groups: Sequence[str], *, seconds: float) -> Beside:
    """Have a host or device send to groups."""
    return Beside(lambda: _run(shell, _SEND, seconds, groups))


def being_member(shell: Shell, groups: Sequence[str], *, seconds: float) -> Beside:
    """Have a host or device be a member of groups."""
    return Beside(lambda: _run(shell, _HOLD, seconds, groups))


class Following:
    """``lab follow --json`` as a process of its own."""

    def __init__(self, command_line: CommandLine, log: Path, *words: str) -> None:
        self.events: list[dict[str, Any]] = []
        self._errors = log.open("w", encoding="utf-8")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "mcastlab", "follow", "--lab", str(command_line.lab_file), "--json", *words],
            cwd=PROJECT,
            env=command_line.environment,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as stream:
            for line in stream:
                self.events.append(json.loads(line))

    def groups(self, kind: str) -> list[str]:
        """Return the groups of the events of a kind."""
        return [str(event.get("group")) for event in self.events if event["event"] == kind]

    def until(self, true: Callable[[], bool], *, within_s: float = 60) -> None:
        """Wait until something is true of the events."""
        until(true, lambda: self.events[-20:], within_s, 0.05)

    def started(self) -> Following:
        """Wait until it follows."""
        self.until(lambda: any(event["event"] == "started" for event in self.events))
        return self

    def end(self, how: signal.Signals = signal.SIGTERM) -> int:
        """End it and return its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        code = self.process.wait(timeout=30)
        self._reader.join()
        self._errors.close()
        return code
