"""What runs for one router: makes the difference between a plan and what its own parts have done."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from mcastlab_twin.routers import own_reports
from mcastlab_twin.routers.filters import TABLES
from mcastlab_twin.routers.join_repeater import JoinRepeater
from mcastlab_twin.routers.line_protocol import LineProtocol
from mcastlab_twin.routers.links import RouterLink, link_lines, sysctls
from mcastlab_twin.routers.mroute_watch import MrouteWatch
from mcastlab_twin.routers.plan import UNICAST_TABLE, RouterPlan
from mcastlab_twin.routers.silent_sources import SilentSources
from mcastlab_twin.sandbox.process import ip, run
from mcastlab_twin.services.bird import Bird
from mcastlab_twin.services.charon import Charon, CharonTunnel
from mcastlab_twin.services.frr import Frr
from mcastlab_twin.services.gre import Gre, GreTunnel
from mcastlab_twin.services.memberships import Memberships

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from ipaddress import IPv4Interface
    from pathlib import Path

    from mcastlab_twin.services.service import Service

_NODE_SYSCTLS: Final = (
    "net/ipv6/conf/all/disable_ipv6=1",
    "net/ipv6/conf/default/disable_ipv6=1",
    "net/ipv4/ip_forward=1",
    # Multicast and unicast take different ways here, and IOS checks unicast sources only when configured to.
    "net/ipv4/conf/all/rp_filter=0",
    "net/ipv4/conf/default/rp_filter=0",
    "net/ipv4/conf/all/send_redirects=0",
    "net/ipv4/conf/default/send_redirects=0",
)
_NODE_LINES: Final = (
    f"rule add pref {UNICAST_TABLE} lookup {UNICAST_TABLE}",
    # The main table is for reverse paths: a packet that the unicast table does not know goes nowhere.
    f"rule add pref {UNICAST_TABLE + 1} unreachable",
)


class RunningRouter:
    """The programs, links and rules of one router in the namespace `netns`; `tell` is given its console messages."""

    def __init__(self, netns: str, run_dir: Path, log_event: Callable[[str], None]) -> None:
        self._netns = netns
        self._line_protocol = LineProtocol(netns, log_event)
        self._run_dir = run_dir
        self.bird = Bird(netns, run_dir)
        self.frr = Frr(netns, run_dir / "frr")
        self._mroutes = MrouteWatch(netns, self.frr)
        self._silent = SilentSources(netns)
        self._joins = JoinRepeater(netns)
        self._pimd_watches = (self._mroutes, self._silent, self._joins)
        self._memberships = Memberships(netns)
        self.gre: dict[GreTunnel, Gre] = {}
        self.ipsec: dict[CharonTunnel, Charon] = {}
        self._prepared = False
        self._links: dict[str, RouterLink] = {}
        self._nftables = ""

    async def stop(self) -> None:
        """End every program, with the interfaces that are theirs; ports and their addresses stay."""
        await asyncio.gather(self._line_protocol.stop(), *(each.stop() for each in self._pimd_watches))
        parts = [gre.stop() for gre in self.gre.values()] + [charon.stop() for charon in self.ipsec.values()]
        await asyncio.gather(*parts, self.bird.stop(), self._stop_multicast())
        for tunnel in self.gre:
            self._links.pop(tunnel.device, None)
        self.gre, self.ipsec = {}, {}

    async def make(self, plan: RouterPlan) -> None:
        """Do the difference to `plan`. After a failure, the next call goes on from what is true.

        Raises:
            ServiceError, ProgramError, OSError, TimeoutError: a part failed; an ExceptionGroup of them, where parts
                that are made at the same time did.
        """
        if not self._prepared:
            await asyncio.gather(
                self._sysctl(_NODE_SYSCTLS), ip(self._netns, _NODE_LINES), own_reports.divert(self._netns)
            )
            self._prepared = True
        await self._retire(plan)
        ports = [link for link in plan.links if not _is_tunnel(link)]
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._start_multicast(plan))
            tasks.create_task(self._filter(plan.nftables))
            tasks.create_task(self._route(ports, plan))
        # Tunnels need their source addresses and a way to the other end, and pimd needs its interfaces.
        async with asyncio.TaskGroup() as tasks:
            for tunnel in plan.ipsec:
                tasks.create_task(self._start_ipsec(tunnel))
            tasks.create_task(self._start_gre(plan))
        if self.frr.programs:
            # Before pimd has a group: what goes on where is known of those that it gives the kernel from now on.
            await self._silent.look_after(plan.own_rps)
            await self._joins.look_after(_tunnel_addresses(plan))
            await self.frr.apply(plan.frr)
            await self._memberships.apply(plan.memberships)
            self._mroutes.begin()
        up = {link.device for link in plan.links if link.up}
        self._line_protocol.watch(frozenset(tunnel for tunnel in plan.gre if tunnel.device in up))

    def ended(self) -> tuple[str, ...]:
        """Return which programs have ended by themselves, and how."""
        parts: tuple[Service, ...] = (self.bird, self.frr, *self.gre.values(), *self.ipsec.values())
        return tuple(problem for part in parts if (problem := part.problem()))

    async def repair(self, plan: RouterPlan) -> None:
        """Start again the programs that have ended by themselves; `plan` is what they had.

        Raises:
            ServiceError, ProgramError, OSError, TimeoutError: as `make`.
        """
        # zebra and pimd keep each other's state, so they start together.
        if self.frr.problem():
            await self._stop_multicast()
        if self.bird.problem():
            await self.bird.stop()
        gre = tuple(tunnel for tunnel in plan.gre if tunnel in self.gre and not self.gre[tunnel].problem())
        ipsec = tuple(tunnel for tunnel in plan.ipsec if tunnel in self.ipsec and not self.ipsec[tunnel].problem())
        await self._retire(replace(plan, gre=gre, ipsec=ipsec))
        await self.make(plan)

    async def _retire(self, plan: RouterPlan) -> None:
        """Take away what the plan does not have, users before what they use."""
        gone_gre = [tunnel for tunnel in self.gre if tunnel not in plan.gre]
        gone_ipsec = [tunnel for tunnel in self.ipsec if tunnel not in plan.ipsec]
        if not plan.frr:
            # pimd of FRR 8 crashes half a minute after its interfaces have gone, while it still knows a flow.
            await asyncio.gather(*(each.stop() for each in self._pimd_watches))
            await self._stop_multicast()
        if self.frr.programs:
            lost = {*(tunnel.device for tunnel in gone_gre), *(tunnel.device for tunnel in gone_ipsec)}
            wanted = set(plan.frr)
            kept = [line for line in self.frr.applied if line in wanted and line.interface not in lost]
            self._memberships.forget(frozenset(lost))
            await self.frr.apply(kept)
        if plan.bird is None:
            await self.bird.stop()
        for tunnel in gone_gre:
            self._links.pop(tunnel.device, None)
        await asyncio.gather(
            *(self.gre.pop(tunnel).stop() for tunnel in gone_gre),
            *(self.ipsec.pop(tunnel).stop() for tunnel in gone_ipsec),
        )

    async def _stop_multicast(self) -> None:
        self._memberships.clear()
        await self.frr.stop()

    async def _start_multicast(self, plan: RouterPlan) -> None:
        if plan.frr and not self.frr.programs:
            await self.frr.start()

    async def _route(self, ports: Sequence[RouterLink], plan: RouterPlan) -> None:
        """BIRD takes the tunnels' interfaces as they come."""
        await self._link(ports)
        if plan.bird is not None:
            await self.bird.apply(plan.bird)

    async def _start_gre(self, plan: RouterPlan) -> None:
        for tunnel in plan.gre:
            if tunnel not in self.gre:
                gre = Gre(tunnel, self._run_dir)
                await gre.start()
                self.gre[tunnel] = gre
        await self._link([link for link in plan.links if _is_tunnel(link)])

    async def _start_ipsec(self, tunnel: CharonTunnel) -> None:
        if tunnel not in self.ipsec:
            charon = Charon(tunnel, self._run_dir)
            await charon.start()
            self.ipsec[tunnel] = charon

    async def _link(self, links: Sequence[RouterLink]) -> None:
        lines, settings = link_lines(self._links, links), sysctls(self._links, links)
        if not lines and not settings:
            return
        # Should a line fail, nothing is known of these any more, and the next attempt clears them first.
        for link in links:
            self._links.pop(link.device, None)
        await self._sysctl(settings)
        await ip(self._netns, lines)
        self._links.update({link.device: link for link in links})

    async def _sysctl(self, settings: Sequence[str]) -> None:
        if settings:
            await run("sysctl", "-qw", *settings, netns=self._netns)

    async def _filter(self, rules: str) -> None:
        if rules == self._nftables:
            return
        await run("nft", "-f", "-", netns=self._netns, given=rules or _no_rules())
        self._nftables = rules


def _tunnel_addresses(plan: RouterPlan) -> dict[str, IPv4Interface]:
    return {link.device: address for link in plan.links if _is_tunnel(link) for address in link.addresses}


def _is_tunnel(link: RouterLink) -> bool:
    return link.device.startswith("Tunnel")


def _no_rules() -> str:
    return "".join(f"table {table}\ndelete table {table}\n" for table in TABLES)
