"""Run in a sandbox: charon, BIRD and GRE between two namespaces; prints what was seen as JSON."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import re
import signal
import sys
import time
from contextlib import suppress
from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mcastlab_base.async_waiting import until
from mcastlab_base.secret import Secret
from mcastlab_twin.sandbox.process import ip, run
from mcastlab_twin.services.bird import Bird, BirdConfig, BirdNeighbor, BirdRoute
from mcastlab_twin.services.charon import Charon, CharonTunnel
from mcastlab_twin.services.esp import Esp, probe_lines
from mcastlab_twin.services.gre import Gre, GreTunnel
from mcastlab_twin.services.memberships import GROUPS_A_SOCKET, Memberships, RouterMembership

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

RUN = Path("/run/mcastlab")
LINKS = """
set -e
for n in a b c g; do
  ip netns add $n; ip -n $n link set lo up; ip netns exec $n sysctl -qw net.ipv6.conf.all.disable_ipv6=1
done
for pair in "a b 10.0.0" "a c 10.0.1"; do
  set -- $pair
  ip link add to-$2 netns $1 type veth peer name out netns $2
  ip -n $1 addr add $3.1/24 dev to-$2; ip -n $2 addr add $3.2/24 dev out
  ip -n $1 link set to-$2 up; ip -n $2 link set out up
done
"""


def end(netns: str, number: int, *, customer: bool) -> CharonTunnel:
    """Return an end of tunnel 1 (a to b) or 2 (a to c); the AWS ends' interfaces stand in g."""
    here, there = IPv4Address(f"10.0.{number - 1}.1"), IPv4Address(f"10.0.{number - 1}.2")
    inside = f"169.254.{number}."
    # One outside address for both customer ends would need one link; two links show the same of ports and devices.
    return CharonTunnel(
        name=f"t{number}",
        netns=netns,
        local=here if customer else there,
        remote=there if customer else here,
        pre_shared_key=Secret(f"key-{number}"),
        initiate=customer,
        device=f"Tunnel10{number}" if customer else f"vpn{number}",
        device_netns=None if customer else "g",
        device_address=IPv4Interface(inside + ("2/30" if customer else "1/30")),
        local_ports=(1500, 14500) if customer and number > 1 else (500, 4500),
    )


async def seconds_until(condition: Callable[[], Awaitable[bool]], what: str) -> float:
    start = time.monotonic()

    async def holds() -> bool | None:
        return await condition() or None

    await until(holds, what, timeout_s=15, every_s=0.01)
    return round(time.monotonic() - start, 2)


def written() -> str:
    """Return all that is in files of the run folders."""
    return "".join(file.read_text(errors="replace") for file in RUN.rglob("*") if file.is_file())


async def is_up(netns: str, device: str) -> bool:
    shown = await run("ip", "-n", netns, "-json", "link", "show", "dev", device)
    return "UP" in json.loads(shown.stdout)[0]["flags"]


async def answers(netns: str, address: str, *options: str) -> bool:
    return (await run("ping", "-c", "1", "-W", "0.3", *options, address, netns=netns, check=False)).code == 0


async def links() -> set[tuple[str, str]]:
    """Return all links by namespace; some kernels give a new one tunnel devices of their own."""
    shown = {netns: json.loads((await run("ip", "-n", netns, "-json", "link")).stdout) for netns in "abcg"}
    return {(netns, link["ifname"]) for netns, listed in shown.items() for link in listed}


WAITING = 150
"""Datagrams of a kilobyte: more than a socket holds that asked for no more, and fewer than any user's may hold."""
_PINGS = ("ping", "-q", "-c", str(WAITING), "-i", "0.002", "-W", "0.1", "-s", "1000", "169.254.1.1")


async def came_in(netns: str, device: str) -> int:
    shown = await run("ip", "-n", netns, "-json", "-s", "link", "show", "dev", device)
    return int(json.loads(shown.stdout)[0]["stats64"]["rx"]["packets"])


async def received_after_a_pause(sender: Charon, receiver: Charon) -> int:
    """Return how many of so many packets the receiving daemon delivers, all of which came while it stood still."""
    (daemon,) = receiver.programs.values()
    (before,) = await sender.sas()
    there = await came_in("g", "vpn1")
    daemon.send_signal(signal.SIGSTOP)
    try:
        await run(*_PINGS, netns="a", check=False)

        async def all_sent() -> bool:
            (now,) = await sender.sas()
            return now.bytes_out - before.bytes_out >= WAITING * 1000

        await seconds_until(all_sent, "all packets are on their way")
    finally:
        daemon.send_signal(signal.SIGCONT)

    async def all_came() -> bool:
        return await came_in("g", "vpn1") - there >= WAITING

    with suppress(TimeoutError):
        await seconds_until(all_came, "all packets come")
    return await came_in("g", "vpn1") - there


async def tunnels() -> dict[str, Any]:
    """Both tunnels of one customer namespace, the goodbye of an endpoint, and its return."""
    ends = {
        "a1": Charon(end("a", 1, customer=True), RUN / "a"),
        "a2": Charon(end("a", 2, customer=True), RUN / "a"),
        "b": Charon(end("b", 1, customer=False), RUN / "b"),
        "c": Charon(end("c", 2, customer=False), RUN / "c"),
    }
    before = await links()
    start = time.monotonic()
    await asyncio.gather(*(each.start() for each in ends.values()))
    found: dict[str, Any] = {"started_s": round(time.monotonic() - start, 2)}

    async def both() -> bool:
        return await answers("a", "169.254.1.1") and await answers("a", "169.254.2.1")

    await seconds_until(both, "both tunnels carry")
    found["carrying_s"] = round(time.monotonic() - start, 2)
    found["largest"] = await answers("a", "169.254.1.1", "-M", "do", "-s", str(1400 - 28))
    found["too_large"] = await answers("a", "169.254.1.1", "-M", "do", "-s", str(1401 - 28))
    found["sas"] = {
        name: [{**dataclasses.asdict(sa), "child_installed": sa.child_installed} for sa in await each.sas()]
        for name, each in ends.items()
    }
    found["received_after_a_pause"] = await received_after_a_pause(ends["a1"], ends["b"])
    found["key_in_a_file"] = "key-1" in written()
    await ends["b"].stop()

    async def down() -> bool:
        return not await is_up("a", "Tunnel101")

    found["down_s"] = await seconds_until(down, "the interface follows the goodbye")
    found["other_still_up"] = await answers("a", "169.254.2.1")
    await ends["b"].start()

    async def back() -> bool:
        return await answers("a", "169.254.1.1")

    found["back_s"] = await seconds_until(back, "the tunnel comes back")
    await asyncio.gather(*(each.stop() for each in ends.values()))
    found["links_left"] = sorted(await links() - before)
    found["in_kernel"] = [each.in_kernel for each in ends.values()]
    found["rules_left"] = (await run("nft", "list", "ruleset", netns="a")).stdout
    return found


MANY = 200
"""More than may wait at a daemon's socket."""


async def routing() -> dict[str, Any]:
    """BGP between a and b; a advertises a network only while it has it."""
    near, far = IPv4Address("10.0.0.1"), IPv4Address("10.0.0.2")
    customer, gateway = Bird("a", RUN / "a"), Bird("b", RUN / "b")
    network = IPv4Network("192.168.50.0/24")
    config = BirdConfig(
        router_id=near,
        asn=65001,
        neighbors=(BirdNeighbor(remote=far, remote_as=64512),),
        networks=(network,),
        connected=True,
    )
    start = time.monotonic()
    await asyncio.gather(
        customer.apply(config),
        gateway.apply(
            BirdConfig(
                router_id=far,
                asn=64512,
                kernel_table=77,
                neighbors=(BirdNeighbor(local=far, remote=near, remote_as=65001),),
                originated=(IPv4Network("10.10.0.0/16"),),
            )
        ),
    )

    async def learnt() -> bool:
        return any(route.source == "bgp" for route in await customer.routes())

    async def at_gateway() -> bool:
        return any(route.prefix == network for route in await gateway.routes())

    await seconds_until(learnt, "the gateway's network")
    found: dict[str, Any] = {"session_s": round(time.monotonic() - start, 2)}
    found["without_route"] = await at_gateway()
    since = (await customer.peers())[0].since_s
    await customer.apply(dataclasses.replace(config, routes=(BirdRoute(prefix=network, next_hop=far),)))
    await seconds_until(at_gateway, "the network with a route")
    found["session_kept"] = (await customer.peers())[0].since_s >= since
    found["kernel"] = (await run("ip", "-n", "b", "route", "show", "table", "77")).stdout.split("\n")[0]
    found["answers"] = len([each for each in await asyncio.gather(*(customer.peers() for _ in range(MANY))) if each])
    await customer.apply(config)

    async def gone() -> bool:
        return not await at_gateway()

    await seconds_until(gone, "the network without its route")
    await asyncio.gather(customer.stop(), gateway.stop())
    found["left"] = (await run("ip", "-n", "a", "route", "show", "table", "100", check=False)).stdout
    return found


async def gre() -> dict[str, Any]:
    """GRE between a and b: hellos with TTL 1, packets that the outer path must fragment, and throughput."""
    tunnels = [
        Gre(
            GreTunnel(device="Tunnel200", netns=netns, local=IPv4Address(local), remote=IPv4Address(remote)),
            RUN / netns,
        )
        for netns, local, remote in (("a", "10.0.0.1", "10.0.0.2"), ("b", "10.0.0.2", "10.0.0.1"))
    ]
    start = time.monotonic()
    await asyncio.gather(*(each.start() for each in tunnels))
    for netns, address in (("a", "172.16.0.1/30"), ("b", "172.16.0.2/30")):
        await ip(netns, [f"address add {address} dev Tunnel200", "link set Tunnel200 up"])

    async def carries() -> bool:
        return await answers("a", "172.16.0.2")

    await seconds_until(carries, "GRE carries")
    found: dict[str, Any] = {"carrying_s": round(time.monotonic() - start, 2), "in_kernel": tunnels[0].in_kernel}
    found["ttl_1"] = await answers("a", "172.16.0.2", "-t", "1")
    await asyncio.gather(ip("a", ["link set to-b mtu 1400"]), ip("b", ["link set out mtu 1400"]))
    found["fragmented"] = await answers("a", "172.16.0.2", "-M", "do", "-s", str(1476 - 28))
    counted = await run("ping", "-q", "-c", "200", "-i", "0.002", "-s", "1200", "172.16.0.2", netns="a")
    match = re.search(r"(\d+) received", counted.stdout)
    found["received_of_200"] = int(match[1]) if match else 0
    await asyncio.gather(*(each.stop() for each in tunnels))
    left = json.loads((await run("ip", "-n", "a", "-json", "link")).stdout)
    found["links_left"] = [link["ifname"] for link in left if link["ifname"].startswith("Tunnel")]
    return found


async def memberships() -> dict[str, Any]:
    """More groups than a socket takes, joined on two interfaces and left in different ways."""
    joined = Memberships("a")
    groups = [IPv4Address("239.9.0.1") + n for n in range(2 * GROUPS_A_SOCKET + 5)]

    async def there(device: str) -> list[int]:
        """The places of the groups that the kernel has joined."""
        shown = json.loads((await run("ip", "-n", "a", "-json", "maddr", "show", "dev", device)).stdout)
        known = {each["address"] for each in shown[0]["maddr"] if each.get("family") == "inet"}
        return [place for place, group in enumerate(groups) if str(group) in known]

    await joined.apply([RouterMembership("to-b", group) for group in groups])
    found: dict[str, Any] = {"all": await there("to-b"), "elsewhere": await there("to-c")}
    kept = [RouterMembership("to-b", group) for group in groups[:3]]
    await joined.apply([*kept, RouterMembership("to-c", groups[4])])
    found["changed"] = [await there("to-b"), await there("to-c")]
    joined.forget(frozenset({"to-b"}))
    found["forgotten"] = [await there("to-b"), await there("to-c")]
    try:
        await joined.apply([RouterMembership("to-c", groups[4]), RouterMembership("to-nowhere", groups[5])])
    except OSError as error:
        found["refused"] = error.strerror
    found["after"] = await there("to-c")
    joined.clear()
    found["cleared"] = await there("to-c")
    return found


async def esp() -> dict[str, Any]:
    """What the probe came to, and what this kernel says to each of its lines by itself (2: refused by the kernel)."""
    codes = [(await run("ip", "-n", "g", *line.split(), check=False)).code for line in probe_lines()]
    return {"in_kernel": await Esp().probe(), "codes": codes, "namespaces": (await run("ip", "netns", "list")).stdout}


async def main() -> dict[str, Any]:
    await run("bash", "-c", LINKS)
    found = {"esp": await esp(), "tunnels": await tunnels(), "routing": await routing(), "gre": await gre()}
    found["memberships"] = await memberships()
    found["left"] = {"processes": (await run("ps", "-e", "-o", "stat=,comm=")).stdout}
    return found


if __name__ == "__main__":
    json.dump(asyncio.run(main()), sys.stdout, default=str)
