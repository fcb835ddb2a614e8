"""Run in a sandbox with seeds: breaks the lab once for each, heals it, prints how long each direction stayed dead.

The remote device joins the group that it sends to, so that its router prunes it off the shared tree (RFC 7761 4.5.6).
"""

from __future__ import annotations

import asyncio
import dataclasses
import json
import random
import sys
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from typing import TYPE_CHECKING, Final

from twin.routers.lab import bring_up
from twin.routers.traffic import AWS_RECEIVER, AWS_SENDER, DEVICE, GAP_S, PROGRAM, exchange, until
from twin.routers.two_router_lab import AWS, FAR, FAR_LOOPBACK, LAN, RP, VPC, TwoRouterLab, changed, without_mroute

from iosxe.intent import RendezvousPoint, RouterIntent
from mcastlab_base.async_waiting import until as condition
from mcastlab_twin.sandbox.process import run

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from mcastlab_twin.routers.live import LiveBackend

HEALED_WITHIN_S: Final = 23.0
"""Less than the 25 s for which RFC 7761 has a router keep quiet at least once its Register was stopped (4.11)."""
GROUPS: Final = tuple(IPv4Address(f"239.1.2.{number}") for number in range(1, 41))
RUNS_OUT_IN_S: Final = 3.0
"""More than it takes to join, less than until the next periodic Join."""
PRUNED_FIRST: Final = (38, 39, 40)
UNREGISTERED, JOINED_AGAIN = 37, 36
"""Groups of which the breaks have no use."""
WHOLE: Final = {"aws": changed(AWS, "GigabitEthernet1", igmp_join_groups=GROUPS), "far": FAR}


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    """Something that is taken away and given back."""

    what: str
    make: Callable[[TwoRouterLab], Awaitable[object]]
    heal: Callable[[TwoRouterLab], Awaitable[object]]


def backend(lab: TwoRouterLab, router: str) -> LiveBackend:
    return {"aws": lab.aws, "far": lab.far}[router]


def configured(what: str, router: str, intent: RouterIntent) -> Break:
    """Another configuration, and the whole one again."""
    return Break(
        what=f"{router}: {what}",
        make=lambda lab: backend(lab, router).apply(intent),
        heal=lambda lab: backend(lab, router).apply(WHOLE[router]),
    )


def filtered(what: str, rule: str) -> Break:
    """A packet filter of the gateway, of which neither router knows."""
    rules = f"table ip cut {{ chain cut {{ type filter hook prerouting priority -400; {rule} drop; }} ; }}"
    return Break(
        what=what,
        make=lambda _: run("nft", rules, netns="gw"),
        heal=lambda _: run("nft", "delete table ip cut", netns="gw"),
    )


def crashed(router: str, program: str) -> Break:
    """A daemon that is killed, and started again as the twin does."""

    async def kill(lab: TwoRouterLab) -> None:
        pids = (await run("ip", "netns", "pids", router)).stdout.split()
        names = (await run("ps", "-o", "pid=,comm=", "-p", ",".join(pids))).stdout.splitlines()
        await run("kill", "-9", *(line.split()[0] for line in names if line.split()[1] == program))

        async def noticed() -> bool | None:
            return bool(backend(lab, router).ended()) or None

        await condition(noticed, f"the end of {program}", timeout_s=5, every_s=0.02)

    return Break(what=f"{router}: {program} crashed", make=kill, heal=lambda lab: backend(lab, router).repair())


def crashed_over_a_change(router: str) -> Break:
    """pimd is killed, and the router configured before anything of the twin has seen to that."""
    less = changed(WHOLE[router], "GigabitEthernet1", igmp_join_groups=GROUPS[:-1])

    async def configure(lab: TwoRouterLab) -> None:
        for intent in (less, WHOLE[router]):
            await backend(lab, router).apply(intent)

    killed = crashed(router, "pimd")
    return Break(what=f"{killed.what}, then configured", make=killed.make, heal=configure)


def elected(priority: int) -> Break:
    """Another router on the remote LAN that is the designated one until it says goodbye (RFC 7761 4.3.1)."""

    def hello(hold_s: int) -> Awaitable[object]:
        netns, address = DEVICE
        return run(sys.executable, PROGRAM, "hello", address, str(hold_s), str(priority), netns=netns)

    return Break(what="another designated router", make=lambda _: hello(105), heal=lambda _: hello(0))


ANOTHER_RP: Final = RendezvousPoint(address=IPv4Address("10.9.9.9"), groups=(IPv4Network("224.0.0.0/4"),))
BREAKS: Final = (
    crashed("aws", "pimd"),
    configured("no multicast routing", "aws", dataclasses.replace(WHOLE["aws"], multicast_routing=False)),
    filtered("the RP hears nothing", f"ip daddr {RP}"),
    crashed("far", "pimd"),
    crashed("aws", "zebra"),
    elected(100),
    configured("blank", "far", RouterIntent()),
    configured("blank", "aws", RouterIntent()),
    filtered("no Register arrives", f"ip daddr {RP} ip protocol pim"),
    filtered("the remote router hears nothing", f"ip daddr {FAR_LOOPBACK}"),
    filtered("GRE stops towards AWS", f"ip daddr {RP} ip protocol gre"),
    filtered("GRE stops towards the site", f"ip daddr {FAR_LOOPBACK} ip protocol gre"),
    configured("no mroute for the RP", "far", without_mroute(FAR, IPv4Network(RP))),
    configured("no mroute for the VPC", "far", without_mroute(FAR, VPC)),
    configured("no mroute for the LAN", "aws", without_mroute(WHOLE["aws"], LAN)),
    configured("Tunnel200 shut down", "far", changed(FAR, "Tunnel200", shutdown=True)),
    configured("Tunnel200 shut down", "aws", changed(WHOLE["aws"], "Tunnel200", shutdown=True)),
    configured("no PIM on Tunnel200", "far", changed(FAR, "Tunnel200", pim_sparse=False)),
    configured("no PIM on Tunnel200", "aws", changed(WHOLE["aws"], "Tunnel200", pim_sparse=False)),
    configured("no PIM on the LAN", "far", changed(FAR, "GigabitEthernet3", pim_sparse=False)),
    configured("no join-group", "aws", changed(WHOLE["aws"], "GigabitEthernet1", igmp_join_groups=())),
    configured("another RP", "far", dataclasses.replace(FAR, rendezvous_points=(ANOTHER_RP,))),
    crashed_over_a_change("aws"),
)


async def healed(lab: TwoRouterLab, seed: int) -> dict[str, object]:
    """Break what the seed says, with traffic before and during it or without, and see both directions again."""
    chance = random.Random(seed)  # noqa: S311  (the same breaks in every run)
    break_, group = BREAKS[seed % len(BREAKS)], str(GROUPS[seed % len(BREAKS)])
    during, pause_s = chance.random() < 0.5, chance.choice((0.0, 0.5, 3.0))
    # Each of the first round has a flow that stands when it is broken.
    if seed < len(BREAKS) or chance.random() < 0.7:
        await until(group, lambda each: each.all, HEALED_WITHIN_S)
    await break_.make(lab)
    if during:
        await exchange(group)
    await asyncio.sleep(pause_s)
    await break_.heal(lab)
    heard, seconds = await until(group, lambda each: each.all, HEALED_WITHIN_S)
    return {
        "seed": seed,
        "break": break_.what,
        "healed": heard.all,
        "to_aws": heard.to_aws,
        "to_far": heard.to_far,
        "after_s": round(seconds, 1),
    }


async def pruned_first(group: str) -> dict[str, object]:
    """Let the RP hear of a source beside it by the site's (S,G,rpt) prune and join, before the source sends."""
    words = ("prune-then-join", "172.16.200.2", "172.16.200.1", group, str(RP), AWS_SENDER[1])
    await run(sys.executable, PROGRAM, *words, netns="far")
    heard, _ = await until(group, lambda each: each.all, HEALED_WITHIN_S)
    return dataclasses.asdict(heard)


async def unregistered(lab: TwoRouterLab, group: str) -> dict[str, object]:
    """Let a new RP hear of the remote source by its site's (S,G,rpt) prune, and of no Register."""
    no_register, crash = filtered("no Register arrives", f"ip daddr {RP} ip protocol pim"), crashed("aws", "pimd")
    await until(group, lambda each: each.all, HEALED_WITHIN_S)
    await no_register.make(lab)
    await crash.make(lab)
    await crash.heal(lab)
    heard, _ = await until(group, lambda each: each.all, HEALED_WITHIN_S)
    await no_register.heal(lab)
    return dataclasses.asdict(heard)


async def joined_again(lab: TwoRouterLab, group: str) -> dict[str, int]:
    """Let the RP leave the remote source's tree, and join it again just before its first Join would have run out.

    Returns how many datagrams of the 6 s from then on arrived, and how many of those between them did not.
    """
    (sender, address), (receiver, receives) = DEVICE, AWS_RECEIVER
    words = ("send", group, address, "100000", str(GAP_S))
    sending = await asyncio.create_subprocess_exec("ip", "netns", "exec", sender, sys.executable, PROGRAM, *words)

    async def runs_out_s() -> float | None:
        joins = [
            hop.expires_s
            for each in await lab.far.mroutes()
            if (str(each.group), str(each.source)) == (group, address)
            for hop in each.outgoing
            if hop.interface == "Tunnel200"
        ]
        return joins[0] if joins else None

    left_s = await condition(runs_out_s, "the source's tree is joined", timeout_s=HEALED_WITHIN_S, every_s=0.1)
    members = tuple(each for each in GROUPS if str(each) != group)
    await lab.aws.apply(changed(WHOLE["aws"], "GigabitEthernet1", igmp_join_groups=members))
    await asyncio.sleep(left_s - RUNS_OUT_IN_S)
    await lab.aws.apply(WHOLE["aws"])
    heard = await run(sys.executable, PROGRAM, "receive", group, receives, "6", netns=receiver)
    sending.kill()
    await sending.wait()
    numbers = json.loads(heard.stdout.splitlines()[-1]).get(address, [])
    return {"arrived": len(numbers), "lost": max(numbers) - min(numbers) + 1 - len(numbers) if numbers else 0}


async def main(seeds: list[int]) -> dict[str, object]:
    lab = TwoRouterLab()
    await lab.start()
    await bring_up(lab)
    await lab.aws.apply(WHOLE["aws"])
    found: dict[str, object] = {
        "joined_again": await joined_again(lab, f"239.1.2.{JOINED_AGAIN}"),
        "pruned_first": [await pruned_first(f"239.1.2.{number}") for number in PRUNED_FIRST],
        "unregistered": await unregistered(lab, f"239.1.2.{UNREGISTERED}"),
        "breaks": [await healed(lab, seed) for seed in seeds],
    }
    await lab.stop()
    return found


if __name__ == "__main__":
    json.dump(asyncio.run(main([int(word) for word in sys.argv[1:]])), sys.stdout)
