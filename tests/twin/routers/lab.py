"""Run in a sandbox: brings the lab up, breaks it one line at a time, heals it, takes it down; prints what it saw."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import sys
import time
from contextlib import suppress
from ipaddress import IPv4Address, IPv4Network
from typing import TYPE_CHECKING, Any

import pytest
from twin.routers import two_router_lab
from twin.routers.traffic import AWS_RECEIVER, COUNT, DEVICE, FOREIGN_SENDER, exchange, segment_size, until
from twin.routers.two_router_lab import AWS, FAR, RP, RUN, TwoRouterLab, changed, without_mroute

from iosxe.intent import RouterIntent, StaticRoute
from mcastlab.lab.design.names import GRE_FALLBACK_DISTANCE
from mcastlab_base.async_waiting import until as condition
from mcastlab_base.secret import Secret
from mcastlab_twin.sandbox.process import run

if TYPE_CHECKING:
    from collections.abc import Callable

    from mcastlab_twin.routers.live import LiveBackend

GROUP, FRESH_GROUP, STATIC_GROUP = "239.1.1.1", "239.1.1.2", "239.1.1.3"
BLANK = RouterIntent()


async def commands_of(backend: LiveBackend, intent: RouterIntent) -> int:
    """Apply, and count the programs run and the daemons' sockets opened for it."""
    count = 0

    def counted(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            nonlocal count
            task = asyncio.current_task()
            # What looks after the router looks whenever it does.
            count += task is None or not task.get_name().startswith(("multicast routes", "line protocols"))
            return function(*arguments, **options)

        return call

    with pytest.MonkeyPatch.context() as patch:
        for name in ("create_subprocess_exec", "open_unix_connection"):
            patch.setattr(asyncio, name, counted(getattr(asyncio, name)))
        await backend.apply(intent)
    return count


async def bring_up(lab: TwoRouterLab) -> dict[str, Any]:
    start = time.monotonic()
    stages: dict[str, Any] = {}

    def stage(name: str) -> None:
        stages[name] = round(time.monotonic() - start, 2)

    async def bgp() -> bool | None:
        return all(peer.prefixes for peer in await lab.far.bgp_peers()) or None

    async def pim() -> bool | None:
        return bool(await lab.aws.pim_neighbors() and await lab.far.pim_neighbors()) or None

    await asyncio.gather(lab.aws.apply(AWS), lab.far.apply(FAR))
    stage("applied")
    await condition(bgp, "BGP", timeout_s=15, every_s=0.02)
    stage("bgp")
    await condition(pim, "PIM neighbours", timeout_s=15, every_s=0.02)
    stage("pim")
    heard, _ = await until(GROUP, lambda each: each.all, 20)
    stage("loss_free")
    return {"stages": stages, "heard": dataclasses.asdict(heard)}


async def broken(
    lab: TwoRouterLab, router: str, intent: RouterIntent, group: str, stopped: tuple[str, ...]
) -> dict[str, Any]:
    """Apply a broken intent, see what still flows, heal it, and see both directions again."""
    backend, whole = {"aws": (lab.aws, AWS), "far": (lab.far, FAR)}[router]
    await backend.apply(intent)
    during, seconds = await until(group, lambda each: all(getattr(each, name) == 0 for name in stopped), 20)
    still = await exchange(group)
    await backend.apply(whole)
    after, healing = await until(group, lambda each: each.all, 60)
    return {
        "stopped": dataclasses.asdict(during),
        "stopped_after_s": round(seconds, 1),
        "still": dataclasses.asdict(still),
        "healed": dataclasses.asdict(after),
        "healed_after_s": round(healing, 1),
    }


def attempts() -> int:
    """Return how often the remote router has begun to negotiate its first tunnel."""
    logs = (RUN / "far").rglob("Tunnel101.charon.log")
    return sum(log.read_text(encoding="utf-8").count("initiating IKE_SA") for log in logs)


async def wrong_key(lab: TwoRouterLab) -> dict[str, Any]:
    """Give the remote router another key, and the right one again."""
    tunnels = tuple(dataclasses.replace(each, pre_shared_key=Secret("another")) for each in FAR.ipsec_tunnels)
    tried = attempts()
    await lab.far.apply(dataclasses.replace(FAR, ipsec_tunnels=tunnels))
    await asyncio.sleep(1.5)  # long enough to negotiate twice
    tried = attempts() - tried
    refused = [sa.ready for sa in await lab.far.ikev2_sas()]
    down = next(each for each in await lab.far.interfaces() if each.name == "Tunnel101")
    ping = await lab.far.ping(RP, source=two_router_lab.FAR_LOOPBACK, count=1, size=100, timeout_s=0.3)
    bare = await in_the_clear(lab)
    fallback = StaticRoute(prefix=IPv4Network(RP), interface="Null0", distance=GRE_FALLBACK_DISTANCE)
    await lab.far.apply(dataclasses.replace(FAR, ipsec_tunnels=tunnels, routes=(*FAR.routes, fallback)))
    guarded = await in_the_clear(lab)
    await lab.far.apply(FAR)

    async def ready() -> bool | None:
        sas = await lab.far.ikev2_sas()
        return any(sa.ready for sa in sas) or None

    await condition(ready, "the tunnel with the right key", timeout_s=10, every_s=0.05)
    found = {"refused": refused, "attempts": tried, "protocol_up": down.protocol_up, "answers": ping.received}
    return {**found, "in_the_clear": bare, "in_the_clear_with_fallback": guarded}


async def in_the_clear(lab: TwoRouterLab) -> int:
    """Send through the GRE tunnel, and return how many packets of GRE pass the internet, a few of which end it."""
    capture = await asyncio.create_subprocess_exec(
        *(
            "ip",
            "netns",
            "exec",
            "inet",
            "timeout",
            "2",
            "tcpdump",
            "-Z",
            "root",
            "-lnni",
            "f0",
            "-c",
            "3",
            "ip",
            "proto",
            "47",
        ),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert capture.stdout is not None
    assert capture.stderr is not None
    while b"listening on" not in await capture.stderr.readline():
        pass
    await lab.far.ping(IPv4Address("172.16.200.1"), source=None, count=3, size=100, timeout_s=0.1)
    seen = await capture.stdout.read()
    await capture.wait()
    return seen.count(b"GRE")


async def read_back(lab: TwoRouterLab) -> dict[str, Any]:
    names = ("interfaces", "pim_neighbors", "igmp_groups", "mroutes", "routes", "bgp_peers", "ikev2_sas")
    found: dict[str, Any] = {}
    for router, backend in (("aws", lab.aws), ("far", lab.far)):
        found[router] = {name: [dataclasses.asdict(each) for each in await getattr(backend, name)()] for name in names}
        found[router]["rpf"] = {
            address: (result := await backend.rpf(IPv4Address(address))) and dataclasses.asdict(result)
            for address in (str(RP), "192.168.50.20", "10.10.1.22", "8.8.8.8")
        }
    found["ping"] = await answered(lab, count=5, size=100)
    return {**found, "large_ping": await answered(lab, count=2, size=1500)}


async def answered(lab: TwoRouterLab, *, count: int, size: int) -> dict[str, Any]:
    """Ping the rendezvous point until all is answered: on a busy machine a packet may be lost."""
    for _ in range(5):
        ping = await lab.far.ping(RP, source=two_router_lab.FAR_LOOPBACK, count=count, size=size, timeout_s=2)
        if ping.received == ping.sent:
            break
    return dataclasses.asdict(ping)


async def filters(lab: TwoRouterLab) -> dict[str, Any]:
    """What the router's own rules do: segment sizes, a group joined without a report, a source of another subnet."""
    size = await segment_size(AWS_RECEIVER, DEVICE)
    static = changed(AWS, "GigabitEthernet1", igmp_static_groups=(IPv4Address(STATIC_GROUP),))
    await lab.aws.apply(static)
    heard, _ = await until(STATIC_GROUP, lambda each: each.to_aws == COUNT, 20)
    await lab.aws.apply(AWS)
    await exchange(GROUP, FOREIGN_SENDER)
    sources = {str(each.source) for each in await lab.aws.mroutes() if str(each.group) == GROUP}
    return {"segment": size, "static": dataclasses.asdict(heard), "sources": sorted(sources)}


async def routed_sources() -> dict[str, list[str]]:
    """Tell which sources the kernel of the AWS router has multicast routes of, and which addresses are its own."""
    routes = (await run("ip", "-n", "aws", "mroute", "show")).stdout
    links = json.loads((await run("ip", "-n", "aws", "-json", "address", "show")).stdout)
    return {
        "sources": sorted({line.partition(",")[0].strip("( ") for line in routes.splitlines() if line}),
        "own": sorted(info["local"] for each in links for info in each["addr_info"]),
    }


async def remains(lab: TwoRouterLab) -> dict[str, Any]:
    """Take all configuration away, and tell what is left of it in the namespaces."""
    await asyncio.gather(lab.aws.apply(BLANK), lab.far.apply(BLANK))
    left: dict[str, Any] = {}
    for netns in ("aws", "far"):
        links = json.loads((await run("ip", "-n", netns, "-json", "address", "show")).stdout)
        left[netns] = {
            "links": sorted(each["ifname"] for each in links if not each["ifname"].startswith(("Gi", "pimreg"))),
            "addresses": [
                f"{info['local']}/{info['prefixlen']}"
                for each in links
                for info in each["addr_info"]
                if info["local"] != "127.0.0.1"
            ],
            "up": sorted(each["ifname"] for each in links if each["ifname"].startswith("Gi") and "UP" in each["flags"]),
            "routes": (await run("ip", "-n", netns, "route", "show", "table", "all", "scope", "global")).stdout,
            "nftables": (await run("nft", "list", "ruleset", netns=netns)).stdout,
            "mroutes": len(await (lab.aws if netns == "aws" else lab.far).mroutes()),
        }
    return left


async def main() -> dict[str, Any]:
    lab = TwoRouterLab()
    await lab.start()
    found: dict[str, Any] = {"up": await bring_up(lab)}
    found["read"] = await read_back(lab)
    found["routed"] = await routed_sources()
    found["again"] = {"aws": await commands_of(lab.aws, AWS), "far": await commands_of(lab.far, FAR)}
    no_rp = without_mroute(FAR, IPv4Network(RP))
    no_pim = changed(FAR, "Tunnel200", pim_sparse=False)
    no_join = changed(AWS, "GigabitEthernet1", igmp_join_groups=())
    # A tree that stands needs no RP any more, on IOS as here: only a group without state shows that it is missing.
    found["no_rp_mroute"] = await broken(lab, "far", no_rp, FRESH_GROUP, ("to_far",))
    found["no_pim"] = await broken(lab, "far", no_pim, GROUP, ("to_far",))
    found["no_join_group"] = await broken(lab, "aws", no_join, GROUP, ("to_aws",))
    found["filters"] = await filters(lab)
    found["wrong_key"] = await wrong_key(lab)
    found["remains"] = await remains(lab)
    found["commands_from_blank"] = await commands_of(lab.far, FAR)
    await lab.stop()
    found["processes"] = await remaining()
    return found


async def remaining() -> list[str]:
    """Return what still runs, once what ends with its parent, as one half of a GRE path does, has had its time."""
    names: list[str] = []

    async def alone() -> bool | None:
        listed = (await run("ps", "-e", "-o", "stat=,comm=")).stdout.splitlines()
        names[:] = [line.split()[1] for line in listed if not line.startswith("Z")]
        return len(names) == len(("this program", "ps")) or None

    with suppress(TimeoutError):
        await condition(alone, "ends of processes", timeout_s=3, every_s=0.05)
    return names


if __name__ == "__main__":
    json.dump(asyncio.run(main()), sys.stdout, default=str)
