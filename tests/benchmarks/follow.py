"""How soon a group that nobody listed flows, in a twin, beside a listed one; and what following costs.

    python tests/benchmarks/follow.py [--groups N] [--sites N] [--live N] [--carried N] [--no-twin]

Join to first datagram, in milliseconds: of a listed group, which is the protocols' own floor, of a followed one for a
remote receiver and for one in the VPC; what is lost of a source that begins later than its receivers; how long it takes
until many groups that are wanted at once flow; what a follower takes of a core and of AWS when nothing happens; what
one round costs with many live groups, without a network; and, with ``--carried``, with many live groups in the twin.
"""

from __future__ import annotations

import argparse
import os
import resource
import signal
import statistics
import sys
import tempfile
import time
from contextlib import contextmanager
from ipaddress import IPv4Address
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

sys.path.insert(0, str(Path(__file__).parents[1]))

from e2e.breaking import in_sandbox
from e2e.conftest import Deployed, in_twin
from e2e.follow_probe import Crowd, Following, Member, Sender, first_after

from iosxe.show.multicast import mroute
from iosxe.state import LiveMroute, LiveOutgoingInterface
from mcastlab.cli.connections import Connections
from mcastlab.follow.demand import demand_of
from mcastlab.follow.gateway import GatewayWatch
from mcastlab.follow.policy import after_change, decide, read_back
from mcastlab.follow.reading import MROUTES, GatewayReading, read_router
from mcastlab.lab.blocks import AddressBlock, GroupBlock
from mcastlab.lab.design.names import AWS_INTERFACE, aws_router_name

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterable, Iterator, Sequence

    from mcastlab.ports import Shell

HEAD = """\
name: swift
vpc: {cidr: 10.86.0.0/16}
hosts:
- {name: reed, count: 2}
groups:
- {name: listed, address: 239.86.1.1-239.86.1.40, port: 5504}
- {name: calls, address: 239.9.0.0/16, port: 5004-5999, bridge: follow, ceiling: 5000}
sites:
"""
SITE = """\
- name: site-{n}
  router: {{ssh: site-{n}-router, asn: {asn}, wan: 203.0.113.{wan}/30, lan: 172.31.{n}.1/24}}
  devices:
  - {{name: site-{n}-phone, address: 172.31.{n}.20}}
"""
WITHIN_S = 10.0
WANTED_AT_ONCE = 200
IDLE_S = 20
ANSWERS = 5
RULES, RULES_A_SITE = 60, 4
"""Rules of a security group that an account has at first, and what each site may need besides."""
HOUR_S = 3600
_PIMD = """\
import glob, socket, time
begun = time.monotonic()
for command in ("show ip mroute json", "show ip pim join json", "show ip igmp groups json"):
    with socket.socket(socket.AF_UNIX) as asked:
        asked.connect(*glob.glob("/run/twin/routers/i-*/frr/pimd.vty"))
        for line in ("enable", command):
            asked.sendall(line.encode() + bytes(1))
            end = b""
            while end[:3] != bytes(3) or len(end) < 4:
                end = (end + asked.recv(1 << 20))[-4:]
print(time.monotonic() - begun)
"""
"""Asks pimd what the virtual router asks it for its multicast routes. Source: FRR, lib/vty.c, vtysh_read."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Delays and costs of followed groups.")
    parser.add_argument("--groups", type=int, default=20, help="groups a figure")
    parser.add_argument("--sites", type=int, default=1)
    parser.add_argument("--live", type=int, default=5000, help="live groups of the round without a network")
    parser.add_argument("--carried", type=int, default=0, help="live groups that the twin carries in the end")
    parser.add_argument("--no-twin", action="store_true", help="only what needs none")
    arguments = parser.parse_args()
    print_round(arguments.live)
    print_calls()
    if not arguments.no_twin:
        with tempfile.TemporaryDirectory() as name:
            file = Path(name, "lab.yaml")
            sites = (SITE.format(n=n, asn=65100 + n, wan=4 * n + 2) for n in range(arguments.sites))
            file.write_text(HEAD + "".join(sites), encoding="utf-8")
            for deployed in in_twin(file, quotas=[f"security-group-rule={RULES + RULES_A_SITE * arguments.sites}"]):
                os.environ.update(deployed.command_line.environment)
                print_twin(deployed, Path(name), arguments.groups, arguments.carried)


def show(what: str, figures: str) -> None:
    """Print figures, and beside them the load of the machine."""
    print(f"{what:28} {figures}; load {os.getloadavg()[0]:.1f}", flush=True)


def print_twin(deployed: Deployed, folder: Path, count: int, carried: int) -> None:
    """Print the figures of a twin."""
    ways = Connections(deployed.lab)
    shells = ways.shells(ways.facts())
    phones = [device.name for site in deployed.lab.sites for device in site.devices]
    follower = Following(deployed.command_line, folder / "follow.err").started()
    try:
        listed = [f"239.86.1.{n}" for n in range(1, count + 1)]
        followed = [f"239.9.1.{n}" for n in range(1, count + 1)]
        back = [f"239.9.2.{n}" for n in range(1, count // 2 + 1)]
        print_delays("listed, remote receiver", measured(shells["reed-1"], shells[phones[0]], listed))
        print_delays("followed, remote receiver", measured(shells["reed-1"], shells[phones[0]], followed))
        print_delays("followed, VPC receiver", measured(shells[phones[0]], shells["reed-2"], back))
        print_late("listed, late remote source", shells[phones[0]], shells["reed-2"], "239.86.1.40")
        print_late("followed, late remote source", shells[phones[0]], shells["reed-2"], "239.9.3.1")
        print_many(shells, phones)
        # Past the half minute in which the gateway is asked more often.
        time.sleep(40)
        print_idle(follower, "nothing new")
        if carried:
            print_carried(deployed, shells[phones[0]], follower, carried)
    finally:
        follower.end()


def measured(sender: Shell, receiver: Shell, groups: list[str]) -> list[float | None]:
    """Return the seconds from join to first datagram of each group, while somebody sends to all of them."""
    sent = Sender(sender, groups)
    time.sleep(3)
    found = first_after(receiver, groups, within_s=WITHIN_S)
    sent.stop()
    return list(found.values())


def print_delays(what: str, seconds: Iterable[float | None]) -> None:
    """Print median, 95th percentile and worst, and how many never came."""
    every = list(seconds)
    came = sorted(1000 * each for each in every if each is not None)
    if not came:
        show(what, "nothing came")
        return
    p95 = came[min(len(came) - 1, round(0.95 * len(came)))]
    show(
        what,
        f"median {statistics.median(came):6.0f} ms, 95 % {p95:6.0f} ms, worst {came[-1]:6.0f} ms; "
        f"{len(every) - len(came)} of {len(every)} never came",
    )


def print_late(what: str, sender: Shell, receiver: Shell, group: str) -> None:
    """Print how many datagrams are lost of a source that begins when there are receivers already."""
    member = Member(receiver, [group])
    time.sleep(6)
    sent = Sender(sender, [group], seconds=4).end()
    show(what, f"{sent - member.stop().datagrams:4} of {sent} datagrams lost")


def print_many(shells: dict[str, Shell], phones: list[str]) -> None:
    """Print how long it takes until all of many groups flow that are wanted at the same time."""
    each = WANTED_AT_ONCE // len(phones)
    wanted = {name: [f"239.9.{100 + at}.{n}" for n in range(1, each + 1)] for at, name in enumerate(phones)}
    sent = Sender(shells["reed-1"], [group for some in wanted.values() for group in some], pause_s=0.1)
    time.sleep(3)
    crowds = [Crowd(shells[name], some, seconds=12) for name, some in wanted.items()]
    found = [crowd.end() for crowd in crowds]
    sent.stop()
    print_delays(
        f"{each * len(phones)} at once, {len(phones)} sites",
        [reported["first"].get(group) for crowd, reported in zip(crowds, found, strict=True) for group in crowd.groups],
    )


def print_idle(follower: Following, what: str) -> None:
    """Print what a follower takes of a core and of memory."""
    pid = follower.process.pid
    before, begun = cpu_seconds(pid), time.monotonic()
    time.sleep(IDLE_S)
    share = (cpu_seconds(pid) - before) / (time.monotonic() - begun)
    show(f"follower, {what}", f"{100 * share:6.1f} % of a core, {resident_mb(pid):.0f} MB")


def print_calls() -> None:
    """Print how often AWS is asked in an hour in which nothing changes, on a clock of our own."""
    now, calls = [0.0], [0]

    class Members:
        host_names: ClassVar[dict[str, str]] = {}

        def read(self) -> GatewayReading:
            calls[0] += 1
            return GatewayReading()

        def register(self, groups: Sequence[IPv4Address]) -> None:
            del groups

        def deregister(self, groups: Sequence[IPv4Address]) -> None:
            del groups

    watch = GatewayWatch(Members(), clock=lambda: now[0])
    while now[0] < HOUR_S:
        now[0] += watch.poll()
    show("API calls, nothing new", f"{calls[0]} an hour, one in {HOUR_S / calls[0]:.1f} s")


def print_carried(deployed: Deployed, receiver: Shell, follower: Following, number: int) -> None:
    """Print how long it takes until very many groups are joined, and what the follower takes while they are live."""
    groups = [str(IPv4Address("239.9.128.0") + n) for n in range(number)]
    begun = time.monotonic()
    crowd = Crowd(receiver, groups, seconds=300)
    try:
        follower.until(lambda: set(groups) <= set(follower.groups("joined")), within_s=100)
        show(f"{number} live groups", f"all joined after {time.monotonic() - begun:.1f} s")
        print_idle(follower, f"{number} just joined")
        # Past the half minute in which the gateway is asked more often.
        time.sleep(30)
        print_idle(follower, f"{number} live groups")
        with stopped(follower.process):
            print_answers(deployed, number)
    except AssertionError:
        kinds = {kind: len(set(groups) & set(follower.groups(kind))) for kind in ("wanted", "joined", "refused")}
        show(f"{number} live groups", f"after 100 s {kinds}")
    finally:
        crowd.stop()


@contextmanager
def stopped(process: subprocess.Popen[str]) -> Iterator[None]:
    """Have a follower wait meanwhile: in a world of one, a round does not wait for another's."""
    process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        process.send_signal(signal.SIGCONT)


def print_answers(deployed: Deployed, number: int) -> None:
    """Print what a round of reading takes, from the question on, and how much of that is pimd's in the twin."""
    ways, took = Connections(deployed.lab), []
    with ways.sessions(ways.facts(), lambda _: None) as sessions:
        session = sessions[aws_router_name(deployed.lab)]
        for _ in range(ANSWERS):
            begun = time.monotonic()
            read_router(session.show(MROUTES), deployed.lab.blocks, AWS_INTERFACE)
            took.append(time.monotonic() - begun)
    alone = float(in_sandbox(deployed, sys.executable, "-c", _PIMD))
    show(
        f"read, {number} live groups",
        f"median {statistics.median(took):.2f} s, worst {max(took):.2f} s; pimd alone {alone:.2f} s",
    )


def print_round(live: int) -> None:
    """Print what one round of reading and comparing costs with many live groups."""
    block = GroupBlock(name="calls", address=AddressBlock.of("239.9.0.0/16"), ceiling=live)
    groups = [IPv4Address("239.9.0.0") + n for n in range(live)]
    text = mroute(_route(group) for group in groups)
    gateway = GatewayReading(own=frozenset(groups), total=live)
    demand = demand_of(read_router(text, [block], "GigabitEthernet1"), gateway, {})
    first = decide({}, demand, [block], 0.0)
    state, _ = after_change(first.groups, joined=first.joins, now=0.0)
    begun = time.process_time()
    router = read_router(text, [block], "GigabitEthernet1")
    decision = decide(state, demand_of(router, gateway, {}), [block], 10.0)
    read_back(decision.groups, gateway, 10.0, 10.0)
    seconds = time.process_time() - begun
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    show(
        f"a round of {live} groups",
        f"{1000 * seconds:6.0f} ms of CPU for {len(text) >> 10} KiB, {peak:.0f} MB at most",
    )


def _route(group: IPv4Address) -> LiveMroute:
    return LiveMroute(
        source=None,
        group=group,
        rendezvous_point=IPv4Address("10.255.0.10"),
        flags="S",
        uptime_s=60,
        expires_s=200,
        incoming_interface=None,
        rpf_neighbor=None,
        rpf_is_mroute=False,
        registering=False,
        outgoing=tuple(
            LiveOutgoingInterface(interface=name, uptime_s=60, expires_s=200)
            for name in ("Tunnel200", "GigabitEthernet1")
        ),
    )


def cpu_seconds(pid: int) -> float:
    """Return the CPU time that a process has taken. Source: proc(5), /proc/PID/stat."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_mb(pid: int) -> float:
    """Return the memory that a process has."""
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / (1 << 20)


if __name__ == "__main__":
    main()
