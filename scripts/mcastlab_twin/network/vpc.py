"""A VPC as a namespace: a routed port per network interface, route tables, security groups, multicast legs. Pure.

AWS routes even inside a subnet, has no broadcast and filters at the interface, not in the guest. So each network
interface is a link of its own; a packet that arrives by it is looked up in its subnet's route table as deployed, where
``local`` leads on to the host routes of all interfaces, and nothing else is tried. Multicast takes a second link to the
domain's bridge, which nftables joins to the first.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from typing import TYPE_CHECKING, Final

from mcastlab_twin.network import names, security_groups
from mcastlab_twin.network.kernel_pieces import (
    Address,
    FabricRoute,
    LinkEnd,
    LinkUp,
    Namespace,
    PacketFilter,
    PolicyRule,
    Sysctl,
    Veth,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from awsregion.cloud import CloudVpc, NetworkInterface, RouteTable, VpcAttachment
    from awsregion.cloud import Route as CloudRoute
    from mcastlab_twin.network.cloud_index import CloudIndex
    from mcastlab_twin.network.piece import Piece

INTERFACE_MTU: Final = 9001
"""Of a network interface in a VPC. Source: AWS, EC2, "Network MTU"."""
GATEWAY_MTU: Final = 8500
"""Between a VPC and a Transit Gateway. Source: AWS, Transit Gateway quotas."""
ROUTER_MTU: Final = 1500
"""IOS-XE's own on GigabitEthernet; it drops what is larger."""

_ANY: Final = IPv4Network("0.0.0.0/0")
_MULTICAST: Final = "224.0.0.0/4"
_ZONE_PREFERENCE, _TABLE_PREFERENCE, _INTERFACES_PREFERENCE, _END_PREFERENCE = 90, 100, 200, 300


def gateway_address(subnet: IPv4Network) -> IPv4Address:
    """Return the VPC router's address in a subnet: the first. Source: AWS, VPC, "Subnet sizing"."""
    return subnet.network_address + 1


def nic_name(platform: str, number: int) -> str:
    """Return the kernel's name of an instance's interface: Nitro's ``ens5`` and up, a router's ``Gi1`` and up."""
    return f"ens{5 + number}" if platform == "linux" else f"Gi{1 + number}"


def plan(vpc: CloudVpc, index: CloudIndex) -> Iterator[Piece]:
    """Yield what makes a VPC, its interfaces' links included."""
    yield Namespace(name=vpc.id, forwards=True)
    yield PolicyRule(netns=vpc.id, preference=_INTERFACES_PREFERENCE, table=names.INTERFACES_TABLE)
    yield PolicyRule(netns=vpc.id, preference=_END_PREFERENCE, forwarded=True)
    interfaces = index.interfaces_of(vpc)
    for interface in interfaces:
        yield from _port(vpc, interface, index)
    attachments = index.attachments_of(vpc)
    for attachment in attachments:
        yield from _attachment(vpc, attachment, index)
    for table in index.cloud.route_tables:
        if table.vpc_id == vpc.id:
            yield from _table(vpc, table, index)
    yield _groups(vpc, interfaces, index)


def _port(vpc: CloudVpc, interface: NetworkInterface, index: CloudIndex) -> Iterator[Piece]:
    subnet = index.subnets[interface.subnet_id]
    port = names.port(interface.id)
    node, number, platform = index.owner(interface)
    gateway = gateway_address(subnet.cidr)
    yield Veth(
        near=LinkEnd(netns=vpc.id, name=port, mtu=INTERFACE_MTU),
        far=LinkEnd(
            netns=node, name=nic_name(platform, number), mtu=INTERFACE_MTU if platform == "linux" else ROUTER_MTU
        ),
    )
    yield Sysctl(netns=vpc.id, link=port, name=f"ipv4/conf/{port}/proxy_arp", value=1)
    yield Sysctl(netns=vpc.id, link=port, name=f"ipv4/neigh/{port}/proxy_delay", value=0)
    yield Address(netns=vpc.id, link=port, address=IPv4Interface((gateway, 32)))
    domain = index.domain_of(interface)
    if domain is not None:
        leg = names.leg(interface.id)
        yield Veth(
            near=LinkEnd(netns=vpc.id, name=leg, mtu=GATEWAY_MTU),
            far=LinkEnd(netns=domain.transit_gateway_id, name=names.domain_port(interface.id), mtu=GATEWAY_MTU),
        )
        yield LinkUp(netns=vpc.id, link=leg, noarp=True)
    yield _interface_filter(vpc, interface, index, in_domain=domain is not None)
    yield LinkUp(netns=vpc.id, link=port)
    yield FabricRoute(netns=vpc.id, prefix=IPv4Network(interface.address), table=names.INTERFACES_TABLE, link=port)
    yield PolicyRule(
        netns=vpc.id, preference=_TABLE_PREFERENCE, iif=port, table=names.table_number(subnet.route_table_id)
    )


def _interface_filter(
    vpc: CloudVpc, interface: NetworkInterface, index: CloudIndex, *, in_domain: bool
) -> PacketFilter:
    """What an interface may send at all, and the way of multicast between its port and its leg.

    Multicast is matched without state, by the groups' rules; a packet is handed on in the rule itself, because an
    ``accept`` in another chain would end the hook.
    """
    port, leg = names.port(interface.id), names.leg(interface.id)
    sent = [f"ip daddr {_MULTICAST} {match} fwd to {leg}" for match in _multicast(interface, index, "egress")]
    lines = [
        f' chain sent {{ type filter hook ingress device "{port}" priority 0;',
        "  ether type arp accept",
        "  ether type != ip drop",
        *([f"  ip saddr != {interface.address} drop"] if interface.source_dest_check else []),
        *(f"  {line}" for line in sent if in_domain),
        f"  ip daddr {_MULTICAST} drop",
        " }",
    ]
    if in_domain:
        lines += [
            f' chain received {{ type filter hook ingress device "{leg}" priority 0;',
            "  ether type != ip drop",
            *(f"  {match} fwd to {port}".rstrip() for match in _multicast(interface, index, "ingress")),
            "  drop",
            " }",
        ]
    links = (port, leg) if in_domain else (port,)
    return PacketFilter(netns=vpc.id, family="netdev", name=port, links=links, body="\n".join(lines))


def _multicast(interface: NetworkInterface, index: CloudIndex, direction: security_groups.Direction) -> Iterator[str]:
    for rule in security_groups.rules(interface, index.groups, direction):
        yield from security_groups.matches(rule, direction, index.group_members, multicast=True)


def _groups(vpc: CloudVpc, interfaces: tuple[NetworkInterface, ...], index: CloudIndex) -> PacketFilter:
    """Security groups of unicast: stateful, both directions, and the destination check."""
    chains: list[str] = []
    for interface in interfaces:
        port = names.port(interface.id)
        for direction, prefix in (("egress", "out"), ("ingress", "in")):
            found = (
                match
                for rule in security_groups.rules(interface, index.groups, direction)  # type: ignore[arg-type]  # literal pairs
                for match in security_groups.matches(rule, direction, index.group_members)  # type: ignore[arg-type]
            )
            chains += [
                f" chain {prefix}_{port} {{",
                *(f"  {match} return".replace("   ", "  ") for match in found),
                "  drop",
                " }",
            ]
    ports = [names.port(interface.id) for interface in interfaces]
    checked = [interface for interface in interfaces if interface.source_dest_check]
    lines = [
        *chains,
        " chain passing { type filter hook forward priority 0; policy drop;",
        "  ct state invalid drop",
        *_beyond_zones(vpc, interfaces, index),
        *(f'  oifname "{names.port(each.id)}" ip daddr != {each.address} drop' for each in checked),
        "  ct state established,related accept",
        *(f'  iifname "{port}" jump out_{port}' for port in ports),
        *(f'  oifname "{port}" jump in_{port}' for port in ports),
        "  accept",
        " }",
    ]
    return PacketFilter(netns=vpc.id, family="inet", name="groups", body="\n".join(lines))


def _beyond_zones(vpc: CloudVpc, interfaces: tuple[NetworkInterface, ...], index: CloudIndex) -> Iterator[str]:
    """Yield the rules by which nothing in a zone without a subnet of the attachment reaches a gateway.

    Source: AWS, Transit Gateway, "VPC attachments": resources reach the gateway in zones that are enabled alone.
    """
    for attachment in index.attachments_of(vpc):
        zones = {index.subnets[each].zone for each in attachment.subnet_ids if each in index.subnets}
        link = names.attachment_link(attachment.id)
        for interface in interfaces:
            if index.subnets[interface.subnet_id].zone not in zones:
                yield f'  iifname "{names.port(interface.id)}" oifname "{link}" drop'


def _attachment(vpc: CloudVpc, attachment: VpcAttachment, index: CloudIndex) -> Iterator[Piece]:
    """The VPC's side of its link to a gateway.

    What arrives there follows the route table of the attachment's subnet in the zone that it goes to, and of its first
    subnet where that zone has none. Source: AWS, Transit Gateway, "VPC attachments" (one subnet a zone).
    """
    link = names.attachment_link(attachment.id)
    yield Veth(
        near=LinkEnd(netns=vpc.id, name=link, mtu=GATEWAY_MTU),
        far=LinkEnd(netns=attachment.transit_gateway_id, name=link, mtu=GATEWAY_MTU),
    )
    yield Address(netns=vpc.id, link=link, address=IPv4Interface((names.NEAR, 32)))
    yield LinkUp(netns=vpc.id, link=link)
    subnets = [index.subnets[each] for each in attachment.subnet_ids if each in index.subnets]
    if not subnets:
        return
    first = subnets[0].route_table_id
    yield PolicyRule(netns=vpc.id, preference=_TABLE_PREFERENCE, iif=link, table=names.table_number(first))
    tables = {subnet.zone: subnet.route_table_id for subnet in subnets}
    for subnet in index.subnets.values():
        table = tables.get(subnet.zone, first)
        if subnet.vpc_id == vpc.id and table != first:
            number = names.table_number(table)
            yield PolicyRule(netns=vpc.id, preference=_ZONE_PREFERENCE, iif=link, to=subnet.cidr, table=number)


def _table(vpc: CloudVpc, table: RouteTable, index: CloudIndex) -> Iterator[Piece]:
    """A route table: ``local`` leads on (throw) to the interfaces' host routes, where no route has its very prefix."""
    number = names.table_number(table.id)
    routes = {cidr: FabricRoute(netns=vpc.id, prefix=cidr, table=number, kind="throw") for cidr in vpc.cidrs}
    routes |= {route.destination: _route(vpc, number, route, index) for route in table.routes}
    yield from routes.values()


def _route(vpc: CloudVpc, number: int, route: CloudRoute, index: CloudIndex) -> FabricRoute:
    """A route; where its target is gone it is a black hole, as on AWS."""
    if route.target == "network-interface":
        target = index.interfaces.get(route.target_id)
        if target is not None and index.is_connected(target):
            return FabricRoute(
                netns=vpc.id,
                prefix=route.destination,
                table=number,
                via=target.address,
                link=names.port(target.id),
            )
    else:
        for attachment in index.attachments_of(vpc):
            if attachment.transit_gateway_id == route.target_id:
                return FabricRoute(
                    netns=vpc.id,
                    prefix=route.destination,
                    table=number,
                    via=names.FAR,
                    link=names.attachment_link(attachment.id),
                )
    return FabricRoute(netns=vpc.id, prefix=route.destination, table=number, kind="blackhole")
