"""A backend that keeps everything in memory: a router alone, without a network behind it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from typing import TYPE_CHECKING

from iosxe.intent import Interface, IpsecTunnel, RouterIntent
from iosxe.state import (
    InterfaceState,
    LiveBgpPeer,
    LiveIgmpGroup,
    LiveIkev2Sa,
    LiveMroute,
    LivePimNeighbor,
    PingResult,
    RpfResult,
    UnicastRoute,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

DEFAULT_MTU = 1500
GRE_MTU = 1476


@dataclass(slots=True, kw_only=True)
class World:
    """What the network around the router would have shown it; a test writes it, the router reads it."""

    dhcp: Mapping[str, IPv4Interface] = field(default_factory=dict)
    """The address that an interface gets by DHCP."""
    pim_neighbors: tuple[LivePimNeighbor, ...] = ()
    mroutes: tuple[LiveMroute, ...] = ()
    igmp_groups: tuple[LiveIgmpGroup, ...] = ()
    igmp_queriers: Mapping[str, IPv4Address] = field(default_factory=dict)
    """Queriers with a lower address than the router's own, by interface."""
    bgp_peers: tuple[LiveBgpPeer, ...] = ()
    bgp_routes: tuple[UnicastRoute, ...] = ()
    ikev2_sas: tuple[LiveIkev2Sa, ...] = ()
    answering: frozenset[IPv4Address] = frozenset()
    """Addresses besides its own that answer a ping."""


class MemoryBackend:
    """Takes every configuration and tells the state that follows from it, and what its `world` says."""

    def __init__(self, world: World | None = None) -> None:
        self.intent = RouterIntent()
        self.applied = 0
        """How often it was given a configuration."""
        self.world = world or World()

    async def apply(self, intent: RouterIntent) -> None:
        """Keep `intent`."""
        self.intent = intent
        self.applied += 1

    async def interfaces(self) -> tuple[InterfaceState, ...]:
        """Return every interface of the configuration, physical ones first."""
        every = sorted(self.intent.interfaces, key=lambda each: not each.name.startswith("GigabitEthernet"))
        return tuple(self._state(interface) for interface in every)

    def _state(self, interface: Interface) -> InterfaceState:
        tunnel = interface.name.startswith("Tunnel")
        up = not interface.shutdown and (interface.tunnel is not None or not tunnel)
        return InterfaceState(
            name=interface.name,
            address=self._address(interface),
            admin_up=not interface.shutdown,
            protocol_up=up,
            mtu=interface.ip_mtu or (GRE_MTU if tunnel else DEFAULT_MTU),
        )

    def _address(self, interface: Interface) -> IPv4Interface | None:
        return self.world.dhcp.get(interface.name) if interface.address == "dhcp" else interface.address

    def _up(self) -> Iterator[tuple[str, IPv4Interface]]:
        for interface in self.intent.interfaces:
            address = self._address(interface)
            if address is not None and self._state(interface).protocol_up:
                yield interface.name, address

    async def pim_neighbors(self) -> tuple[LivePimNeighbor, ...]:
        """Return the neighbours of the world on interfaces that run PIM."""
        running = {interface.name for interface in self.intent.interfaces if interface.pim_sparse}
        return tuple(neighbor for neighbor in self.world.pim_neighbors if neighbor.interface in running)

    async def mroutes(self, *, counted: bool = False) -> tuple[LiveMroute, ...]:
        """Return the multicast routes of the world, which have their counts."""
        del counted
        return self.world.mroutes

    async def igmp_groups(self) -> tuple[LiveIgmpGroup, ...]:
        """Return the groups of the world."""
        return self.world.igmp_groups

    async def igmp_queriers(self) -> Mapping[str, IPv4Address]:
        """Return the world's queriers, and the router itself where there is none."""
        own = {name: address.ip for name, address in self._up() if self._runs_pim(name)}
        return {**own, **{name: ip for name, ip in self.world.igmp_queriers.items() if name in own}}

    def _runs_pim(self, name: str) -> bool:
        return any(each.name == name and each.pim_sparse for each in self.intent.interfaces)

    async def routes(self) -> tuple[UnicastRoute, ...]:
        """Return connected and static routes, and those that the world's BGP brings."""
        found: list[UnicastRoute] = []
        for name, address in self._up():
            found.append(_direct("connected", address.network, name))
            if address.network.prefixlen < address.network.max_prefixlen:
                found.append(_direct("local", IPv4Network(address.ip), name))
        reachable = [route.prefix for route in found if route.source == "connected"]
        found += [
            UnicastRoute(
                prefix=route.prefix,
                source="static",
                distance=route.distance,
                metric=0,
                next_hop=route.next_hop,
                interface=route.interface,
            )
            for route in self.intent.routes
            if route.next_hop is None or any(route.next_hop in network for network in reachable)
        ]
        return tuple(found + (list(self.world.bgp_routes) if self.intent.bgp is not None else []))

    async def rpf(self, address: IPv4Address) -> RpfResult | None:
        """Return the longest static mroute, or the longest route."""
        static = [mroute for mroute in self.intent.mroutes if address in mroute.prefix]
        if static:
            best = max(static, key=lambda mroute: mroute.prefix.prefixlen)
            if isinstance(best.rpf, str):
                return RpfResult(interface=best.rpf, neighbor=None, prefix=best.prefix, kind="multicast (static)")
            through = next((name for name, own in self._up() if best.rpf in own.network), "")
            return RpfResult(interface=through, neighbor=best.rpf, prefix=best.prefix, kind="multicast (static)")
        routes = [route for route in await self.routes() if address in route.prefix and route.source != "local"]
        if not routes:
            return None
        route = max(routes, key=lambda each: each.prefix.prefixlen)
        kinds = {"static": "unicast (static)", "bgp": "unicast (bgp)"}
        through = route.interface or next(
            (name for name, own in self._up() if route.next_hop is not None and route.next_hop in own.network), ""
        )
        return RpfResult(
            interface=through,
            neighbor=route.next_hop,
            prefix=route.prefix,
            kind=kinds.get(route.source, "unicast (connected)"),  # type: ignore[arg-type]  # values of the Literal
        )

    async def bgp_peers(self) -> tuple[LiveBgpPeer, ...]:
        """Return the world's peers, and those that the configuration names and the world has not as idle."""
        if self.intent.bgp is None:
            return ()
        peers = {peer.address: peer for peer in self.world.bgp_peers}
        return tuple(
            peers.get(
                neighbor.address,
                LiveBgpPeer(
                    address=neighbor.address, remote_as=neighbor.remote_as, state="Idle", since_s=0, prefixes=None
                ),
            )
            for neighbor in self.intent.bgp.neighbors
        )

    async def ikev2_sas(self) -> tuple[LiveIkev2Sa, ...]:
        """Return the world's security associations."""
        return self.world.ikev2_sas

    async def rekey(self) -> None:
        """Negotiate every association anew, by what the configuration says now of the tunnel to its peer."""
        tunnels = {each.tunnel.destination: each.name for each in self.intent.interfaces if each.tunnel is not None}
        protected = {each.interface: each for each in self.intent.ipsec_tunnels}
        self.world.ikev2_sas = tuple(
            _negotiated(sa, protected.get(tunnels.get(sa.remote, ""))) for sa in self.world.ikev2_sas
        )

    async def ping(
        self,
        destination: IPv4Address,
        *,
        source: IPv4Address | None,
        count: int,
        size: int,
        timeout_s: float,
        whole: bool = False,
    ) -> PingResult:
        """Answer for own addresses and those of the world."""
        del source, size, timeout_s, whole
        own = {address.ip for _, address in self._up()}
        received = count if destination in own | self.world.answering else 0
        return PingResult(sent=count, received=received, round_trip_ms=(1.0,) * received)


def _negotiated(before: LiveIkev2Sa, tunnel: IpsecTunnel | None) -> LiveIkev2Sa:
    """Return an association as it is after a negotiation; the peer takes what it took before, and nothing else."""
    took = f"{before.encryption.lower()}-{before.key_bits}"
    takes = tunnel is not None and any(
        before.dh_group in offer.groups and took in offer.encryption and before.prf.lower() in offer.integrity
        for offer in tunnel.ike_proposals
    )
    return replace(before, ready=takes, active_s=0)


def _direct(source: str, prefix: IPv4Network, interface: str) -> UnicastRoute:
    return UnicastRoute(
        prefix=prefix,
        source="local" if source == "local" else "connected",
        distance=0,
        metric=0,
        next_hop=None,
        interface=interface,
    )
