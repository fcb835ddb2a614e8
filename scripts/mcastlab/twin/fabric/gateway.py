"""A Transit Gateway as a namespace: a kernel table a route table, and a snooping bridge a multicast domain. Pure."""

from __future__ import annotations

from ipaddress import IPv4Interface
from typing import TYPE_CHECKING, Final

from mcastlab.twin.fabric import names
from mcastlab.twin.fabric.items import (
    Address,
    Bridge,
    BridgePort,
    Filter,
    GroupPort,
    Item,
    LinkUp,
    Namespace,
    PolicyRule,
    Route,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcastlab.twin.cloud import MulticastDomain, TransitGateway, TransitGatewayRouteTable
    from mcastlab.twin.fabric.timers import DomainTimers
    from mcastlab.twin.fabric.view import View

_TABLE_PREFERENCE, _END_PREFERENCE = 100, 300

STATIC_METRIC: Final = 10
PROPAGATED_METRIC: Final = 20
"""A static route beats a propagated one, and BIRD's (metric 32), learnt over a VPN, come last.
Source: AWS, Transit Gateway, "Route evaluation order"."""


def plan(gateway: TransitGateway, view: View, timers: DomainTimers) -> Iterator[Item]:
    """Yield what makes a gateway; its links are yielded by the VPCs and VPN connections that they lead to."""
    yield Namespace(name=gateway.id, forwards=True, bridges=True)
    yield PolicyRule(netns=gateway.id, preference=_END_PREFERENCE, forwarded=True)
    for attachment in view.vpc_attachments.values():
        if attachment.transit_gateway_id == gateway.id:
            link = names.attachment_link(attachment.id)
            yield Address(netns=gateway.id, link=link, address=IPv4Interface((names.FAR, 32)))
            yield LinkUp(netns=gateway.id, link=link)
    for table in view.tables_of(gateway):
        yield from _table(gateway, table, view)
    domains = [domain for domain in view.cloud.multicast_domains if domain.transit_gateway_id == gateway.id]
    if domains:
        yield _domain_filter(gateway, domains)
    for domain in domains:
        yield from _domain(gateway, domain, view, timers)


def _table(gateway: TransitGateway, table: TransitGatewayRouteTable, view: View) -> Iterator[Item]:
    number = names.table_number(table.id)
    for attachment_id in table.associated_attachment_ids:
        device = view.attachment_device(attachment_id)
        if device is not None:
            yield PolicyRule(netns=gateway.id, preference=_TABLE_PREFERENCE, iif=device, table=number)
    for attachment_id in table.propagating_attachment_ids:
        attachment = view.vpc_attachments.get(attachment_id)
        for cidr in view.vpcs[attachment.vpc_id].cidrs if attachment else ():
            yield Route(
                netns=gateway.id,
                prefix=cidr,
                table=number,
                metric=PROPAGATED_METRIC,
                via=names.NEAR,
                link=names.attachment_link(attachment_id),
            )
    for route in table.routes:
        if route.attachment_id in view.vpn_connections:
            continue  # by BIRD, which knows when the tunnel's interface is there
        known = route.attachment_id is not None and route.attachment_id in view.vpc_attachments
        yield Route(
            netns=gateway.id,
            prefix=route.destination,
            table=number,
            metric=STATIC_METRIC,
            kind="unicast" if known else "blackhole",
            via=names.NEAR if known else None,
            link=names.attachment_link(route.attachment_id) if known and route.attachment_id else None,
        )


def _domain(gateway: TransitGateway, domain: MulticastDomain, view: View, timers: DomainTimers) -> Iterator[Item]:
    bridge = names.domain_bridge(domain.id)
    yield Bridge(
        netns=gateway.id,
        name=bridge,
        options=f"mcast_snooping 1 mcast_igmp_version 2 {timers.options()}",
        # Together with the intervals, the bridge would wait the default 10 s before it forwards by membership.
        setup=("mcast_querier 1",),
    )
    ports = {}
    for interface in view.interfaces.values():
        if view.is_connected(interface) and view.domain_of(interface) is domain:
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


def _domain_filter(gateway: TransitGateway, domains: list[MulticastDomain]) -> Filter:
    """What a domain takes from its ports. Sources: AWS, Transit Gateway, "Multicast on transit gateways"."""
    deaf = [f'"{names.domain_bridge(domain.id)}"' for domain in domains if not domain.igmpv2]
    lines = [
        " chain arriving { type filter hook prerouting priority -300;",
        "  ip frag-off & 0x3fff != 0 drop",
        # The gateway is the querier, and takes no orders from hosts.
        "  igmp type membership-query drop",
        # The bridge would take them even as a version 2 querier.
        "  igmp type membership-report-v3 drop",
        *(f"  meta ibrname {bridge} ip protocol igmp drop" for bridge in deaf),
        " }",
    ]
    return Filter(netns=gateway.id, family="bridge", name="domains", body="\n".join(lines))
