"""How soon a group that nobody listed flows, in a twin, beside a listed one; and what following costs.

    python tests/benchmarks/follow.py [--groups N] [--sites N] [--live N] [--no-twin]

Join to first datagram, in milliseconds: of a listed group, which is the protocols' own floor, of a followed one for a
remote receiver and for one in the VPC; how long it takes until many groups that are wanted at once flow; what one round
costs with many live groups, without a network; and what an idle follower takes of a core.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import sys
import tempfile
import time
from datetime import datetime
from ipaddress import IPv4Address
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parents[1]))

from e2e.conftest import Deployed, in_twin
from e2e.follow_probe import Following, being_member, first_after, sending

from iosxe.show.multicast import mroute
from iosxe.state import LiveMroute, LiveOutgoingInterface
from mcastlab.cli.connections import Connections
from mcastlab.follow.demand import demand_of
from mcastlab.follow.policy import after_change, decide, read_back
from mcastlab.follow.reading import GatewayReading, read_router
from mcastlab.lab.blocks import AddressBlock, GroupBlock

if TYPE_CHECKING:
    from collections.abc import Iterable

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


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Delays and costs of followed groups.")
    parser.add_argument("--groups", type=int, default=20, help="groups a figure")
    parser.add_argument("--sites", type=int, default=1)
    parser.add_argument("--live", type=int, default=5000, help="live groups of the round without a network")
    parser.add_argument("--no-twin", action="store_true", help="only what needs none")
    arguments = parser.parse_args()
    print_round(arguments.live)
    if not arguments.no_twin:
        with tempfile.TemporaryDirectory() as name:
            file = Path(name, "lab.yaml")
            sites = (SITE.format(n=n, asn=65100 + n, wan=4 * n + 2) for n in range(arguments.sites))
            file.write_text(HEAD + "".join(sites), encoding="utf-8")
            for deployed in in_twin(file):
                os.environ.update(deployed.command_line.environment)
                print_twin(deployed, Path(name), arguments.groups)


def print_twin(deployed: Deployed, folder: Path, count: int) -> None:
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
        print_many(shells, phones, follower)
        before, begun = cpu_seconds(follower.process.pid), time.monotonic()
        time.sleep(30)
        share = (cpu_seconds(follower.process.pid) - before) / (time.monotonic() - begun)
        print(
            f"{'follower, nothing new':28} {100 * share:6.1f} % of a core, {resident_mb(follower.process.pid):.0f} MB"
        )
    finally:
        follower.end()


def measured(sender: Shell, receiver: Shell, groups: list[str]) -> list[float | None]:
    """Return the seconds from join to first datagram of each group, while somebody sends to all of them."""
    sent = sending(sender, groups, seconds=6 + len(groups))
    time.sleep(3)
    found = first_after(receiver, groups, within_s=WITHIN_S)
    sent.end()
    return list(found.values())


def print_delays(what: str, seconds: Iterable[float | None]) -> None:
    """Print median, 95th percentile and worst, and how many never came."""
    every = list(seconds)
    came = sorted(1000 * each for each in every if each is not None)
    if not came:
        print(f"{what:28} nothing came")
        return
    p95 = came[min(len(came) - 1, round(0.95 * len(came)))]
    print(
        f"{what:28} median {statistics.median(came):6.0f} ms, 95 % {p95:6.0f} ms, worst {came[-1]:6.0f} ms; "
        f"{len(every) - len(came)} of {len(every)} never came"
    )


def print_many(shells: dict[str, Shell], phones: list[str], follower: Following) -> None:
    """Print how long it takes until all of many groups are joined that are wanted at the same time."""
    each = WANTED_AT_ONCE // len(phones)
    wanted = {name: [f"239.9.{100 + at}.{n}" for n in range(1, each + 1)] for at, name in enumerate(phones)}
    groups = {group for some in wanted.values() for group in some}
    members = [being_member(shells[name], some, seconds=20) for name, some in wanted.items()]
    follower.until(lambda: groups <= set(follower.groups("joined")), within_s=30)
    times = [time_of(event["time"]) for event in follower.events if event.get("group") in groups]
    wanted_at = [
        time_of(event["time"]) for event in follower.events if event["event"] == "wanted" and event["group"] in groups
    ]
    print(
        f"{f'{len(groups)} wanted at once':28} all joined {max(times) - min(wanted_at):.2f} s after the first was seen"
    )
    for member in members:
        member.end()


def time_of(text: str) -> float:
    """Return a time of ISO 8601 in seconds."""
    return datetime.fromisoformat(text).timestamp()


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
    print(
        f"{f'a round of {live} groups':28} {1000 * seconds:6.0f} ms of CPU for {len(text) >> 10} KiB, "
        f"{peak:.0f} MB at most"
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
