"""Hosts on a wire of their own: network namespaces on one bridge with IGMP snooping, in a sandbox that leaves nothing.

Root is not needed: the sandbox is a user namespace for an ordinary user. Its end takes everything with it.
"""

from __future__ import annotations

import os
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mcastlab.ports import ShellResult
from mcastlab.traffic.matrix import run_matrix
from mcastlab.traffic.options import Options

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mcastlab.lab.model import Lab
    from mcastlab.traffic.results import TrafficReport

SETUP: Final = """
set -e
mount -t tmpfs tmpfs /run
mkdir /run/netns
ip netns add wire
ip netns exec wire sh -c 'echo 0 > /proc/sys/net/bridge/bridge-nf-call-iptables' 2>/dev/null || true
ip -n wire link add br0 type bridge mcast_snooping 1 mcast_igmp_version 2 mcast_query_response_interval 10
ip -n wire link set br0 type bridge mcast_hash_max 16384
ip -n wire link set br0 mtu 8500 up
ip -n wire link set br0 type bridge mcast_querier 1
number=0
for name in "$@"; do
  number=$((number + 1))
  ip netns add "$name"
  ip -n "$name" link set lo up
  ip -n wire link add "p$number" mtu 8500 type veth peer name eth0 mtu 8500 netns "$name"
  ip -n wire link set "p$number" master br0 up
  ip -n wire link set "p$number" type bridge_slave mcast_flood off mcast_router 0 mcast_fast_leave on
  ip netns exec "$name" sysctl -qw net.ipv4.conf.all.force_igmp_version=2
  ip -n "$name" address add "10.9.$((number / 250)).$((number % 250 + 1))/16" dev eth0
  ip -n "$name" link set eth0 up
  ip -n "$name" route add 224.0.0.0/4 dev eth0
done
echo ready
exec sleep infinity
"""


PATIENT_S: Final = 30
"""On a busy machine a round that came too late for its time is played again."""
SHORT: Final = Options(measure_ms=400, settle_ms=900, payload=False, establish_within_s=2)


@dataclass(frozen=True)
class Host:
    """A shell on one of the hosts, as root of it or as a user without rights."""

    host: str
    enter: tuple[str, ...]
    privileged: bool = True

    def run(self, command: str, *, timeout_s: float) -> ShellResult:
        """Run a command in the host's namespace."""
        done = subprocess.run(
            self.argv(command), capture_output=True, text=True, timeout=timeout_s, check=False, stdin=subprocess.DEVNULL
        )
        return ShellResult(code=done.returncode, stdout=done.stdout, stderr=done.stderr)

    def argv(self, command: str) -> tuple[str, ...]:
        """Return what runs a command there."""
        dropped = () if self.privileged else ("setpriv", "--bounding-set=-all", "--inh-caps=-all", "--")
        return (*self.enter, "ip", "netns", "exec", self.host, *dropped, "sh", "-c", command)


@contextmanager
def wire(names: Sequence[str]) -> Iterator[Mapping[str, Host]]:
    """Hold hosts on a wire for as long as this lasts."""
    ordinary = ("--user", "--map-root-user") if os.geteuid() else ()
    argv = ["unshare", *ordinary, "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
    with subprocess.Popen(
        [*argv, "sh", "-c", SETUP, "wire", *names], stdout=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL
    ) as sandbox:
        try:
            assert sandbox.stdout is not None
            assert sandbox.stdout.readline() == "ready\n", "the wire was not made"
            with open(f"/proc/{sandbox.pid}/task/{sandbox.pid}/children", encoding="ascii") as stream:  # noqa: PTH123
                init = stream.read().split()[0]
            user = ("--user", "--preserve-credentials") if ordinary else ()
            enter = ("nsenter", "--target", init, *user, "--net", "--mount", "--pid", "--")
            yield {name: Host(name, enter) for name in names}
        finally:
            sandbox.kill()


def played(lab: Lab, hosts: Mapping[str, Host], options: Options = SHORT) -> TrafficReport:
    """Prove the traffic of a lab between such hosts."""
    return run_matrix(lab, hosts, options, progress=print)
