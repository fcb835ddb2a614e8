"""A Transit Gateway as a namespace: a kernel table a route table, and a snooping bridge a multicast domain. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Interface
from typing import TYPE_CHECKING, Final

from mcastlab_twin.network import names
from mcastlab_twin.network.kernel_pieces import (
    Address,
    Bridge,
    BridgePort,
    FabricRoute,
    GroupPort,
    LinkUp,
    Namespace,
    PacketFilter,
    PolicyRule,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from ipaddress import IPv4Address

    from awsregion.cloud import MulticastDomain, TransitGateway, TransitGatewayRouteTable
    from mcastlab_twin.network.cloud_index import CloudIndex
    from mcastlab_twin.network.piece import Piece
    from mcastlab_twin.network.timers import DomainTimers

_TABLE_PREFERENCE, _END_PREFERENCE = 100, 300

GROUPS_OF_A_DOMAIN: Final = 16384
"""What a bridge's table holds; its default of 4096 is fewer than AWS's 10,000 members. A power of two."""

STATIC_METRIC: Final = 10
PROPAGATED_METRIC: Final = 20
TUNNELS_DOWN_METRIC: Final = 50
"""A static route beats a propagated one, and BIRD's (metric 32), learnt over a VPN, come last; a static route to a VPN
is BIRD's too while a tunnel of it is up, and else leads nowhere, whatever less specific routes there are.
Source: AWS, Transit Gateway, "Route evaluation order"."""


def plan(
    gateway: TransitGateway, index: CloudIndex, timers: DomainTimers, groups: tuple[IPv4Address, ...] = ()
) -> Iterator[Piece]:
    """Yield what makes a gateway; its links are yielded by the VPCs and VPN connections that they lead to.

    Members are counted for `groups` and those that the API registered members for: a packet filter's set counts for
    one group.
    """
    yield Namespace(name=gateway.id, forwards=True, bridges=True)
    yield PolicyRule(netns=gateway.id, preference=_END_PREFERENCE, forwarded=True)
    for attachment in index.vpc_attachments.values():
        if attachment.transit_gateway_id == gateway.id:
            link = names.attachment_link(attachment.id)
            yield Address(netns=gateway.id, link=link, address=IPv4Interface((names.FAR, 32)))
            yield LinkUp(netns=gateway.id, link=link)
    for table in index.tables_of(gateway):
        yield from _table(gateway, table, index)
    domains = [domain for domain in index.cloud.multicast_domains if domain.transit_gateway_id == gateway.id]
    if domains:
        yield _domain_filter(gateway, {domain.id: _ports(domain, index) for domain in domains}, domains, timers, groups)
    for domain in domains:
        yield from _domain(gateway, domain, index, timers)


def _table(gateway: TransitGateway, table: TransitGatewayRouteTable, index: CloudIndex) -> Iterator[Piece]:
    number = names.table_number(table.id)
    for attachment_id in table.associated_attachment_ids:
        device = index.attachment_device(attachment_id)
        if device is not None:
            yield PolicyRule(netns=gateway.id, preference=_TABLE_PREFERENCE, iif=device, table=number)
    to_vpns = {route.destination for route in table.routes if route.attachment_id in index.vpn_connections}
    for attachment_id in table.propagating_attachment_ids:
        attachment = index.vpc_attachments.get(attachment_id)
        cidrs = index.vpcs[attachment.vpc_id].cidrs if attachment else ()
        for cidr in (each for each in cidrs if each not in to_vpns):
            yield FabricRoute(
                netns=gateway.id,
                prefix=cidr,
                table=number,
                metric=PROPAGATED_METRIC,
                via=names.NEAR,
                link=names.attachment_link(attachment_id),
            )
    for route in table.routes:
        if route.attachment_id in index.vpn_connections:
            # By BIRD, which knows when the tunnel's interface is there.
            yield FabricRoute(
                netns=gateway.id,
                prefix=route.destination,
                table=number,
                metric=TUNNELS_DOWN_METRIC,
                kind="blackhole",
            )
            continue
        known = route.attachment_id is not None and route.attachment_id in index.vpc_attachments
        yield FabricRoute(
            netns=gateway.id,
            prefix=route.destination,
            table=number,
            metric=STATIC_METRIC,
            kind="unicast" if known else "blackhole",
            via=names.NEAR if known else None,
            link=names.attachment_link(route.attachment_id) if known and route.attachment_id else None,
        )


def _domain(
    gateway: TransitGateway, domain: MulticastDomain, index: CloudIndex, timers: DomainTimers
) -> Iterator[Piece]:
    bridge = names.domain_bridge(domain.id)
    yield Bridge(
        netns=gateway.id,
        name=bridge,
        options=f"mcast_snooping 1 mcast_igmp_version 2 mcast_hash_max {GROUPS_OF_A_DOMAIN} {timers.options()}",
        # Together with the intervals, the bridge would wait the default 10 s before it forwards by membership.
        setup=("mcast_querier 1",),
    )
    ports = {}
    for interface in index.interfaces.values():
        if index.is_connected(interface) and index.domain_of(interface) is domain:
            ports[interface.id] = names.domain_port(interface.id)
            yield BridgePort(
                netns=gateway.id,
                link=ports[interface.id],
                bridge=bridge,
                # A router that queries must not become a router port: the gateway delivers to members only.
                options="mcast_flood off mcast_router 0 mcast_fast_leave on flood off bcast_flood off learning off",
            )
    for member in domain.static_members:
        if member.network_interface_id in ports:
            yield GroupPort(
                netns=gateway.id, bridge=bridge, link=ports[member.network_interface_id], group=member.group
            )


def _ports(domain: MulticastDomain, index: CloudIndex) -> str:
    """Return a domain's ports as a packet filter lists them; empty where it has none."""
    interfaces = (each for each in index.interfaces.values() if index.is_connected(each))
    return ", ".join(f'"{names.domain_port(each.id)}"' for each in interfaces if index.domain_of(each) is domain)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Counted:
    """A group of a domain whose members are counted: those that the API registered, and those that report.

    A place is free again when its member leaves (the kernel clears it up within a second or so), or has not been heard
    for the membership interval.
    """

    domain: MulticastDomain
    ports: str
    group: IPv4Address
    name: str

    def _places(self, timers: DomainTimers) -> int:
        return timers.members_a_group - sum(member.group == self.group for member in self.domain.static_members)

    def members(self, timers: DomainTimers) -> tuple[str, ...]:
        size, timeout = self._places(timers), round(timers.membership_s)
        # An empty set would have no size, which is no limit.
        if size < 1:
            return ()
        return (f" set {self.name} {{ type ifname; size {size}; flags dynamic,timeout; timeout {timeout}s; }}",)

    def rules(self, timers: DomainTimers) -> tuple[str, ...]:
        arrived = f"  iifname {{ {self.ports} }}"
        report = f"{arrived} igmp type membership-report-v2 ip daddr {self.group}"
        if self._places(timers) < 1:
            return (f"{report} drop",)
        return (
            f"{arrived} igmp type leave-group igmp group {int(self.group):#x} delete @{self.name} {{ iifname }}",
            f"{report} update @{self.name} {{ iifname }} accept",
            f"{report} drop",
        )


def _domain_filter(
    gateway: TransitGateway,
    ports: Mapping[str, str],
    domains: list[MulticastDomain],
    timers: DomainTimers,
    groups: tuple[IPv4Address, ...],
) -> PacketFilter:
    """What a domain takes from its ports. Sources: AWS, Transit Gateway, "Multicast on transit gateways"."""
    # By its ports: not every kernel can match the bridge itself.
    deaf = [ports[domain.id] for domain in domains if not domain.igmpv2 and ports[domain.id]]
    counted = [
        _Counted(domain=domain, ports=ports[domain.id], group=group, name=f"members_{number}_{group.packed.hex()}")
        for number, domain in enumerate(domains)
        for group in dict.fromkeys((*groups, *(member.group for member in domain.static_members)))
        if domain.igmpv2 and ports[domain.id]
    ]
    lines = [
        *(line for each in counted for line in each.members(timers)),
        " chain arriving { type filter hook prerouting priority -300;",
        "  ip frag-off & 0x3fff != 0 drop",
        # The gateway is the querier, and takes no orders from hosts.
        "  igmp type membership-query drop",
        # The bridge would take them even as a version 2 querier.
        "  igmp type membership-report-v3 drop",
        *(f"  iifname {{ {links} }} ip protocol igmp drop" for links in deaf),
        *(line for each in counted for line in each.rules(timers)),
        " }",
    ]
    return PacketFilter(netns=gateway.id, family="bridge", name="domains", body="\n".join(lines))
