"""From a router's intent to what is to run in its namespace: a pure function, so that it is tested without one.

Two kernel tables make a router of IOS's kind out of Linux and FRR. IOS looks up unicast and reverse paths in different
tables; FRR's pimd looks up all in the main table. So the unicast routing table is table 100, which a policy rule puts
before everything else, and the main table is the effective multicast table: static mroutes first, then every unicast
route that none of them covers.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from typing import TYPE_CHECKING, Final

from iosxe.algorithms import esp_proposals, ike_proposals
from mcastlab_twin.routers.configured_interfaces import ConfiguredInterfaces, Environment, other_end
from mcastlab_twin.routers.filters import ruleset
from mcastlab_twin.routers.links import RouterLink
from mcastlab_twin.routers.pimd_lines import TIMERS, interface_lines, own_groups
from mcastlab_twin.services.bird import BirdConfig, BirdCopy, BirdNeighbor, BirdRoute
from mcastlab_twin.services.charon import LIBIPSEC_MTU, CharonTunnel
from mcastlab_twin.services.frr import FrrLine
from mcastlab_twin.services.gre import DEFAULT_MTU as GRE_MTU
from mcastlab_twin.services.gre import GreTunnel
from mcastlab_twin.services.memberships import RouterMembership

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iosxe.intent import RouterIntent, StaticMroute, StaticRoute

UNICAST_TABLE: Final = 100
MULTICAST_TABLE: Final = 254
"""The kernel's main table."""

DHCP_DISTANCE: Final = 254
"""Of the default route that comes with an address by DHCP (``ip dhcp-client default-router distance``)."""

_DEFAULT: Final = IPv4Network("0.0.0.0/0")
_NULL: Final = "Null0"
_ETHERNET_MTU: Final = 1500
_LOOPBACK: Final = "lo"
_FALLBACK_ROUTER_ID: Final = IPv4Address("0.0.0.1")


@dataclass(frozen=True, slots=True, kw_only=True)
class RouterPlan:
    """What is to run. Equal plans need no change."""

    links: tuple[RouterLink, ...] = ()
    """Ports and `lo` first, then GRE tunnels. An IPsec tunnel's interface is its daemon's."""
    gre: tuple[GreTunnel, ...] = ()
    ipsec: tuple[CharonTunnel, ...] = ()
    bird: BirdConfig | None = None
    frr: tuple[FrrLine, ...] = ()
    own_rps: frozenset[IPv4Address] = frozenset()
    """The rendezvous points that the router itself is."""
    memberships: tuple[RouterMembership, ...] = ()
    """The groups that the router itself joins, with or without a report on the wire."""
    nftables: str = ""


def make_plan(intent: RouterIntent, environment: Environment) -> RouterPlan:
    """Return the plan for `intent`.

    Raises:
        BackendError: it asks for what nothing here can do, e.g. an algorithm that strongSwan does not have.
    """
    return _Planner(intent, environment, ConfiguredInterfaces(intent, environment)).plan()


@dataclass(frozen=True, slots=True)
class _Planner:
    intent: RouterIntent
    environment: Environment
    interfaces: ConfiguredInterfaces

    def plan(self) -> RouterPlan:
        return RouterPlan(
            links=tuple(self._links()),
            gre=tuple(self._gre()),
            ipsec=tuple(self._ipsec()),
            bird=self._bird(),
            frr=tuple(self._frr()) if self.intent.multicast_routing else (),
            own_rps=self._own_rps() if self.intent.multicast_routing else frozenset(),
            memberships=tuple(self._memberships()) if self.intent.multicast_routing else (),
            nftables=ruleset(self.intent, self.environment.device, self.interfaces.address_of),
        )

    # Interfaces

    def _links(self) -> Iterator[RouterLink]:
        for name, device in self.environment.ports.items():
            interface = self.interfaces.named(name)
            address = self.interfaces.address(interface)
            yield RouterLink(
                device=device,
                up=interface is not None and not interface.shutdown,
                mtu=(interface.ip_mtu if interface else None) or _ETHERNET_MTU,
                addresses=() if address is None else (address,),
                igmp_version=interface.igmp_version if interface else 2,
            )
        loopbacks = (self.interfaces.address(each) for each in self.interfaces.of_kind("loopback") if not each.shutdown)
        yield RouterLink(device=_LOOPBACK, up=True, addresses=tuple(address for address in loopbacks if address))
        for interface in self.interfaces.of_kind("gre"):
            address = self.interfaces.address(interface)
            yield RouterLink(
                device=interface.name,
                up=not interface.shutdown,
                mtu=interface.ip_mtu or GRE_MTU,
                addresses=() if address is None else (address,),
                igmp_version=interface.igmp_version,
            )

    # Tunnels

    def _gre(self) -> Iterator[GreTunnel]:
        for interface in self.interfaces.of_kind("gre"):
            source = self.interfaces.source(interface)
            if interface.tunnel is not None and source is not None:
                yield GreTunnel(
                    device=interface.name,
                    netns=self.environment.netns,
                    local=source,
                    remote=interface.tunnel.destination,
                )

    def _ipsec(self) -> Iterator[CharonTunnel]:
        # Numbered with those that are shut down: what happens to one tunnel leaves the ports of the others alone.
        tunnels = [each for each in self.intent.interfaces if each.tunnel is not None and each.tunnel.mode == "ipsec"]
        for index, interface in enumerate(tunnels):
            source, protection = self.interfaces.source(interface), self.interfaces.protection(interface)
            if (
                self.interfaces.kind(interface) != "ipsec"
                or interface.tunnel is None
                or source is None
                or protection is None
            ):
                continue
            yield CharonTunnel(
                name=interface.name,
                netns=self.environment.netns,
                local=source,
                remote=interface.tunnel.destination,
                local_id=protection.local_identity,
                pre_shared_key=protection.pre_shared_key,
                initiate=True,
                device=interface.name,
                device_address=self.interfaces.address(interface),
                device_mtu=min(interface.ip_mtu or LIBIPSEC_MTU, LIBIPSEC_MTU),
                ike_proposals=ike_proposals(protection),
                esp_proposals=esp_proposals(protection),
                ike_lifetime_s=protection.ike_lifetime_s,
                esp_lifetime_s=protection.esp_lifetime_s,
                replay_window=protection.replay_window,
                dpd_delay_s=protection.dpd_interval_s,
                local_ports=(500 + 1000 * index, 4500 + 10000 * index),
            )

    # Unicast routing and the reverse paths

    def _bird(self) -> BirdConfig | None:
        """BIRD's configuration; none while no interface has an address, since then there is nothing to route."""
        addressed = [each for each in self.intent.interfaces if self.interfaces.address(each) is not None]
        if not addressed:
            return None
        bgp = self.intent.bgp
        neighbors = () if bgp is None else bgp.neighbors
        return BirdConfig(
            router_id=(bgp.router_id if bgp else None) or self._router_id(),
            asn=None if bgp is None else bgp.asn,
            kernel_table=UNICAST_TABLE,
            neighbors=tuple(
                BirdNeighbor(
                    remote=neighbor.address,
                    remote_as=neighbor.remote_as,
                    keepalive_s=neighbor.keepalive_s,
                    hold_s=neighbor.hold_s,
                )
                for neighbor in neighbors
            ),
            networks=() if bgp is None else bgp.networks,
            routes=tuple(self._routes()),
            connected=True,
            multipath=1 if bgp is None else bgp.maximum_paths,
            copy=BirdCopy(kernel_table=MULTICAST_TABLE, routes=tuple(self._mroutes())),
        )

    def _router_id(self) -> IPv4Address:
        """The highest address of a loopback interface, else of any (IOS: ``bgp router-id``)."""
        own = {each.name: self.interfaces.address(each) for each in self.intent.interfaces if not each.shutdown}
        loopbacks = [address.ip for name, address in own.items() if address and name.startswith("Loopback")]
        others = [address.ip for address in own.values() if address]
        return max(loopbacks or others, default=_FALLBACK_ROUTER_ID)

    def _routes(self) -> Iterator[BirdRoute]:
        for interface in self.intent.interfaces:
            lease = self.environment.dhcp.get(interface.name)
            if interface.address == "dhcp" and lease is not None:
                yield self._towards(_DEFAULT, lease.gateway, DHCP_DISTANCE)
        for route in self.intent.routes:
            found = self._route(route)
            if found is not None:
                yield found

    def _route(self, route: StaticRoute) -> BirdRoute | None:
        if route.interface is None:
            if route.next_hop is None:
                return None
            return self._towards(route.prefix, route.next_hop, route.distance)
        if route.interface == _NULL:
            return BirdRoute(prefix=route.prefix, distance=route.distance)
        device = self.environment.device(route.interface)
        if device is None or not self.interfaces.is_up(route.interface):
            return None
        return BirdRoute(prefix=route.prefix, next_hop=route.next_hop, interface=device, distance=route.distance)

    def _towards(self, prefix: IPv4Network, next_hop: IPv4Address, distance: int) -> BirdRoute:
        """A route by next hop. On a connected network it names the interface, so that it needs no other route there."""
        device = next((self.environment.device(name) for name in self._up_on(next_hop)), None)
        return BirdRoute(
            prefix=prefix, next_hop=next_hop, interface=device, distance=distance, recursive=device is None
        )

    def _up_on(self, address: IPv4Address) -> Iterator[str]:
        """The interfaces on whose network an address is."""
        for interface in self.intent.interfaces:
            network = self.interfaces.connected(interface.name)
            if network is not None and address in network and self.interfaces.is_up(interface.name):
                yield interface.name

    def _mroutes(self) -> Iterator[BirdRoute]:
        for mroute in self.intent.mroutes:
            found = self._mroute(mroute)
            if found is not None:
                yield found

    def _mroute(self, mroute: StaticMroute) -> BirdRoute | None:
        """The route that RPF is to find. By interface, its next hop is the other end: joins need a neighbour."""
        if isinstance(mroute.rpf, IPv4Address):
            return self._towards(mroute.prefix, mroute.rpf, mroute.distance)
        device = self.environment.device(mroute.rpf)
        if device is None or not self.interfaces.is_up(mroute.rpf):
            return None
        remote_end = other_end(self.interfaces.address_of(mroute.rpf))
        return BirdRoute(prefix=mroute.prefix, next_hop=remote_end, interface=device, distance=mroute.distance)

    # Multicast routing

    def _own_rps(self) -> frozenset[IPv4Address]:
        own = {address.ip for link in self._links() for address in link.addresses}
        return frozenset(rp.address for rp in self.intent.rendezvous_points if rp.address in own)

    def _frr(self) -> Iterator[FrrLine]:
        yield from (FrrLine(text=text) for text in TIMERS)
        for point in self.intent.rendezvous_points:
            for groups in point.groups:
                yield FrrLine(text=f"ip pim rp {point.address} {groups}")
        seen: set[FrrLine] = set()
        for interface in self.interfaces.of_kind("port", "loopback", "gre", "ipsec"):
            device = self.environment.device(interface.name)
            for text in interface_lines(interface):
                # Loopbacks share `lo`, which takes a line once.
                line = FrrLine(interface=device, text=text)
                if line not in seen:
                    seen.add(line)
                    yield line

    def _memberships(self) -> Iterator[RouterMembership]:
        for interface in self.interfaces.of_kind("port", "loopback", "gre", "ipsec"):
            device = self.environment.device(interface.name)
            if device is not None:
                yield from (RouterMembership(device, group) for group in own_groups(interface))
