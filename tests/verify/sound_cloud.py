"""The cloud half of a sound lab, as AWS tells it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from mcastlab.lab.design.addresses import host_route, loopback_block, loopback_subnet
from mcastlab.lab.design.flows import host_flows, router_flows, sender_flows
from mcastlab.lab.design.names import stack_names
from mcastlab.lab.design.roles import bridged_groups, groups_sent_from
from mcastlab.lab.design.routers import sender_interfaces
from mcastlab.verify.snapshot.aws import (
    GatewayRoute,
    ObservedAttachment,
    ObservedAws,
    ObservedDomain,
    ObservedGatewayTable,
    ObservedInstance,
    ObservedInterface,
    ObservedMember,
    ObservedRule,
    ObservedSecurityGroup,
    ObservedSubnet,
    ObservedVpn,
    ObservedVpnTunnel,
    VpcRoute,
)

if TYPE_CHECKING:
    from ipaddress import IPv4Network

    from mcastlab.facts import Facts
    from mcastlab.lab.model import Lab, Site

GATEWAY: Final = "tgw-1"
TABLE: Final = "tgw-rtb-1"
VPC_ATTACHMENT: Final = "tgw-attach-vpc"
DOMAIN: Final = "tgw-mcast-domain-1"
ROUTER_ENI: Final = "eni-router"


def cloud_of(lab: Lab, facts: Facts) -> ObservedAws:
    subnets = tuple(
        ObservedSubnet(subnet_id=f"subnet-{each.name}", cidr=each.cidr, table_id=f"rtb-{each.name}")
        for each in lab.vpc.subnets
    )
    by_name = {each.name: view for each, view in zip(lab.vpc.subnets, subnets, strict=True)}
    router_subnet = by_name[lab.router.subnet]
    further = [each.subnet.name for each in sender_interfaces(lab)]
    router = replace(
        _instance("i-router", router_subnet, 6, "sg-router", ROUTER_ENI, check=False),
        others=tuple(
            ObservedInterface(
                interface_id=f"{ROUTER_ENI}-{name}",
                subnet_id=by_name[name].subnet_id,
                source_dest_check=False,
                security_groups=(f"sg-{name}",),
            )
            for name in further
        ),
    )
    hosts = {
        name: _instance(f"i-{name}", by_name[entry.subnet], 10 + number, "sg-hosts", f"eni-{name}", check=True)
        for entry in lab.hosts
        for number, name in enumerate(entry.names)
    }
    routes = (
        VpcRoute(network=lab.vpc.cidr, target="local", active=True),
        VpcRoute(network=loopback_block(lab), target="local", active=True),
        VpcRoute(network=loopback_subnet(lab), target=ROUTER_ENI, active=True),
        *(
            VpcRoute(network=network, target=GATEWAY, active=True)
            for site in lab.sites
            for network in (site.lan, host_route(site.router.loopback))
        ),
    )
    return ObservedAws(
        account="000000000000",
        stacks=dict.fromkeys(stack_names(lab), "CREATE_COMPLETE"),
        router=router,
        hosts=hosts,
        security_groups={
            "sg-router": _group("sg-router", router_flows(lab)),
            "sg-hosts": _group("sg-hosts", host_flows(lab)),
            **{f"sg-{name}": _group(f"sg-{name}", sender_flows(lab, name)) for name in further},
        },
        subnets=subnets,
        route_tables={f"rtb-{each.name}": routes for each in lab.vpc.subnets},
        attachments=(
            _attachment(VPC_ATTACHMENT, "vpc", "vpc-1"),
            *(_attachment(f"tgw-attach-{site.name}", "vpn", f"vpn-{site.name}") for site in lab.sites),
        ),
        gateway_tables={TABLE: _gateway_table(lab)},
        vpns={site.name: _vpn(site, facts) for site in lab.sites},
        domain=ObservedDomain(
            domain_id=DOMAIN,
            gateway_id=GATEWAY,
            state="available",
            igmpv2=True,
            subnets={each.subnet_id: "associated" for each in subnets},
            members=tuple(
                ObservedMember(
                    group=group.address, interface_id=ROUTER_ENI, kind="igmp" if group.bridge == "join" else "static"
                )
                for group in bridged_groups(lab)
            )
            + tuple(
                ObservedMember(group=group.address, interface_id=f"{ROUTER_ENI}-{name}", kind="static")
                for name in further
                for group in groups_sent_from(lab, name)
            ),
        ),
    )


def _instance(
    identifier: str, subnet: ObservedSubnet, host: int, group: str, eni: str, *, check: bool
) -> ObservedInstance:
    return ObservedInstance(
        instance_id=identifier,
        state="running",
        instance_type="m5n.large",
        nitro=True,
        source_dest_check=check,
        address=subnet.cidr.network_address + host,
        subnet_id=subnet.subnet_id,
        interface_id=eni,
        security_groups=(group,),
    )


def _group(name: str, flows: Any) -> ObservedSecurityGroup:
    return ObservedSecurityGroup(
        group_id=name,
        name=name,
        rules=tuple(
            ObservedRule(
                egress=each.egress,
                protocol=each.protocol,
                first_port=each.port,
                last_port=each.port,
                network=each.network,
            )
            for each in flows
        ),
    )


def _attachment(identifier: str, kind: str, resource: str) -> ObservedAttachment:
    return ObservedAttachment(
        attachment_id=identifier, kind=kind, resource_id=resource, state="available", table_id=TABLE
    )


def _gateway_table(lab: Lab) -> ObservedGatewayTable:
    ways: list[tuple[IPv4Network, str]] = [(lab.vpc.cidr, VPC_ATTACHMENT), (loopback_block(lab), VPC_ATTACHMENT)]
    for site in lab.sites:
        ways += [
            (site.lan, f"tgw-attach-{site.name}"),
            (host_route(site.router.loopback), f"tgw-attach-{site.name}"),
        ]
    return ObservedGatewayTable(
        table_id=TABLE,
        routes=tuple(GatewayRoute(network=network, attachments=(to,), active=True) for network, to in ways),
        propagating=tuple(dict.fromkeys(to for _, to in ways)),
    )


def _vpn(site: Site, facts: Facts) -> ObservedVpn:
    return ObservedVpn(
        connection_id=f"vpn-{site.name}",
        state="available",
        tunnels=tuple(
            ObservedVpnTunnel(outside_address=each.outside_address, up=True, message="2 BGP ROUTES", routes=2)
            for each in facts.sites[site.name].tunnels
        ),
    )
