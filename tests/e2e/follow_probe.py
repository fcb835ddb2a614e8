"""Devices in a test of followed groups: short programs that run on hosts and devices, and the follower beside them."""

from __future__ import annotations

import json
import shlex
import signal
import subprocess
import sys
import threading
from secrets import token_hex
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from e2e.breaking import until

from mcastlab.lab_files import PROJECT

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from mcastlab.ports import Shell

    from .conftest import CommandLine

PORT: Final = 5504
LONGEST_S: Final = 240.0
"""What is not stopped ends by itself."""

_SOCKET: Final = """
import json, os, socket, struct, sys, time
port, seconds, *groups = sys.argv[1:]
port, seconds = int(port), float(seconds)
reported = os.environ.get("STOP", "")
def goes_on(end):
    return time.time() < end and not (reported and os.path.exists(reported))
"""
_SEND: Final = (
    _SOCKET
    + """
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 32)
s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, 0)
pause = float(os.environ.get("PAUSE", "0.01"))
end, sent = time.time() + seconds, 0
while goes_on(end):
    for group in groups:
        s.sendto(struct.pack("!I96x", sent), (group, port))
    sent += 1
    time.sleep(pause)
print(json.dumps(sent))
"""
)
"""Sends numbered datagrams to groups, a hundred a second to each, or as `PAUSE` says."""

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
end, heard, spans = time.time() + seconds, 0, {}
while goes_on(end):
    for ready in select.select(members, [], [], 0.2)[0]:
        packet, (source, _) = ready.recvfrom(2000)
        number = struct.unpack("!I", packet[:4])[0]
        first = spans.setdefault((ready, source), [number, number])[0]
        spans[ready, source] = [first, number]
        heard += 1
print(json.dumps([heard, sum(last - first + 1 for first, last in spans.values()) - heard]))
"""
)
"""Is a member of groups for a while, and tells how many datagrams it heard, and how many it missed in between."""

_CROWD: Final = (
    _SOCKET
    + """
import selectors
watched, first = selectors.DefaultSelector(), {}
begun = time.time()
for at in range(0, len(groups), 20):
    # The kernel allows a socket no more than 20 memberships.
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.setsockopt(socket.IPPROTO_IP, 49, 0)  # IP_MULTICAST_ALL
    s.setsockopt(socket.IPPROTO_IP, 8, 1)  # IP_PKTINFO
    s.bind(("", port))
    for group in groups[at:at + 20]:
        s.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton(group) + socket.inet_aton("0.0.0.0"))
    watched.register(s, selectors.EVENT_READ)
joined = time.time() - begun
while goes_on(begun + seconds):
    for key, _ in watched.select(0.2):
        _, extra, _, _ = key.fileobj.recvmsg(2000, 64)
        first.setdefault(socket.inet_ntoa(extra[0][2][8:12]), time.time() - begun)
print(json.dumps({"joined": joined, "first": first}))
"""
)
"""Joins many groups at the same time, and tells when the first datagram of each came."""

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


def _run(shell: Shell, program: str, seconds: float, groups: Sequence[str], **environment: str) -> Any:
    variables = (f"{name}={value}" for name, value in environment.items())
    command = shlex.join(["env", *variables, "python3", "-c", program, str(PORT), str(seconds), *groups])
    done = shell.run(command, timeout_s=seconds * len(groups) + 60 if program is _RECEIVE else seconds + 60)
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
    """A program that runs on a host or device beside a test, until it is stopped, and for so long at most."""

    def __init__(
        self, shell: Shell, program: str, groups: Sequence[str], *, seconds: float, **environment: str
    ) -> None:
        self.groups = tuple(groups)
        self._shell, self._stop = shell, f"/tmp/{token_hex(8)}"  # noqa: S108  (on the host; nobody else knows it)
        self._result: Any = None
        self._failure: BaseException | None = None
        self._thread = threading.Thread(
            target=self._keep, args=(lambda: _run(shell, program, seconds, groups, STOP=self._stop, **environment),)
        )
        self._thread.start()

    def _keep(self, work: Callable[[], Any]) -> None:
        try:
            self._result = work()
        except BaseException as failure:  # noqa: BLE001  (raised where its end is waited for)
            self._failure = failure

    def end(self) -> Any:
        """Wait until its time is over, and return what it reported."""
        self._thread.join()
        if self._failure is not None:
            raise self._failure
        return self._result

    def stop(self) -> Any:
        """Have it stop, wait until it has, and return what it reported."""
        if self._thread.is_alive():
            self._shell.run(f"touch {self._stop}", timeout_s=60)
            self._thread.join()
            self._shell.run(f"rm -f {self._stop}", timeout_s=60)
        return self.end()


class Sender(Beside):
    """A host or device that sends to groups, to each of them and then none for a pause; tells how many to each."""

    def __init__(
        self, shell: Shell, groups: Sequence[str], *, seconds: float = LONGEST_S, pause_s: float = 0.01
    ) -> None:
        super().__init__(shell, _SEND, groups, seconds=seconds, PAUSE=str(pause_s))


class Heard(NamedTuple):
    """What a member heard."""

    datagrams: int
    missed: int
    """How many between the first and the last of each source it did not hear."""


class Member(Beside):
    """A host or device that is a member of groups; its result is `Heard`."""

    def __init__(self, shell: Shell, groups: Sequence[str], *, seconds: float = LONGEST_S) -> None:
        super().__init__(shell, _HOLD, groups, seconds=seconds)

    def end(self) -> Heard:
        """Wait until its time is over, and return what it heard."""
        return Heard(*super().end())


class Crowd(Beside):
    """A host or device that joins many groups at the same time; its result says when each one's first datagram came."""

    def __init__(self, shell: Shell, groups: Sequence[str], *, seconds: float) -> None:
        super().__init__(shell, _CROWD, groups, seconds=seconds)


class Following:
    """``lab follow --json`` as a process of its own."""

    def __init__(self, command_line: CommandLine, log: Path, *words: str) -> None:
        self.events: list[dict[str, Any]] = []
        self._log = log
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
        until(true, lambda: (self.events[-20:], self._log.read_text(encoding="utf-8")), within_s, 0.05)

    def started(self) -> Following:
        """Wait until it follows."""
        self.until(lambda: any(event["event"] == "started" for event in self.events))
        return self

    def end(self, how: signal.Signals = signal.SIGTERM) -> int:
        """End it and return its exit code; it may have been ended before."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        try:
            return self.process.wait(timeout=60)
        finally:
            # One that does not end is not left to the tests that follow.
            self.process.kill()
            self._reader.join()
            self._errors.close()
