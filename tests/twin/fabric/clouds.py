"""A small cloud, written by hand: two subnets, three hosts, a gateway with a multicast domain."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network

from awsregion.cloud import (
    Cloud,
    CloudSubnet,
    CloudVpc,
    Instance,
    MulticastDomain,
    NetworkInterface,
    Route,
    RouteTable,
    Rule,
    SecurityGroup,
    TransitGateway,
    TransitGatewayRouteTable,
    VpcAttachment,
    VpnConnection,
    VpnTunnel,
)
from mcastlab.lab.model import Lab
from mcastlab_base.secret import Secret

GROUP = IPv4Address("239.1.1.1")
PORT = 5004
VPC = CloudVpc(id="vpc-00000000000000001", cidrs=(IPv4Network("10.10.0.0/16"), IPv4Network("10.255.0.0/28")))
GATEWAY = TransitGateway(id="tgw-00000000000000001", asn=64512)
ATTACHMENT = VpcAttachment(
    id="tgw-attach-00000000000000001",
    transit_gateway_id=GATEWAY.id,
    vpc_id=VPC.id,
    subnet_ids=("subnet-a0000000000000001",),
)
TABLE_A = RouteTable(id="rtb-a0000000000000001", vpc_id=VPC.id, routes=())
TABLE_B = RouteTable(id="rtb-b0000000000000001", vpc_id=VPC.id, routes=())
SUBNET_A = CloudSubnet(
    id="subnet-a0000000000000001",
    vpc_id=VPC.id,
    cidr=IPv4Network("10.10.1.0/24"),
    zone="a",
    route_table_id=TABLE_A.id,
)
SUBNET_B = CloudSubnet(
    id="subnet-b0000000000000001",
    vpc_id=VPC.id,
    cidr=IPv4Network("10.10.2.0/24"),
    zone="a",
    route_table_id=TABLE_B.id,
)
ANYWHERE = (IPv4Network("0.0.0.0/0"),)


def rule(protocol: int, *cidrs: str, ports: tuple[int, int] | None = None, groups: tuple[str, ...] = ()) -> Rule:
    first, last = ports or (None, None)
    return Rule(
        protocol=protocol,
        from_port=first,
        to_port=last,
        cidrs=tuple(IPv4Network(cidr) for cidr in cidrs),
        group_ids=groups,
    )


IGMP, UDP, ICMP = rule(2, "0.0.0.0/32"), rule(17, "10.10.0.0/16", ports=(PORT, PORT)), rule(1, "10.10.0.0/16")
MEMBERS = SecurityGroup(id="sg-00000000000000001", ingress=(IGMP, UDP, ICMP), egress=(rule(-1, "0.0.0.0/0"),))

USER_DATA = "#!/bin/bash\nset -e\necho net.ipv4.conf.all.force_igmp_version=2 > /etc/sysctl.d/90-igmp.conf\nsysctl -qp /etc/sysctl.d/90-igmp.conf\nip route replace 224.0.0.0/4 dev ens5\n"  # noqa: E501


def interface(name: str, subnet: CloudSubnet, address: str, *, check: bool = True) -> NetworkInterface:
    return NetworkInterface(
        id=f"eni-{name:0>17}",
        subnet_id=subnet.id,
        address=IPv4Address(address),
        source_dest_check=check,
        group_ids=(MEMBERS.id,),
        instance_id=f"i-{name:0>17}",
    )


def host(nic: NetworkInterface, user_data: str = USER_DATA) -> Instance:
    return Instance(
        id=nic.instance_id or "",
        name=nic.instance_id or "",
        platform="linux",
        network_interface_ids=(nic.id,),
        user_data=user_data,
        public_key=None,
    )


A1 = interface("a1", SUBNET_A, "10.10.1.11")
A2 = interface("a2", SUBNET_A, "10.10.1.12")
B1 = interface("b1", SUBNET_B, "10.10.2.11")
DOMAIN = MulticastDomain(
    id="tgw-mcast-domain-00000000000000001",
    transit_gateway_id=GATEWAY.id,
    igmpv2=True,
    subnet_ids=(SUBNET_A.id, SUBNET_B.id),
    static_members=(),
)
GATEWAY_TABLE = TransitGatewayRouteTable(
    id="tgw-rtb-00000000000000001",
    transit_gateway_id=GATEWAY.id,
    associated_attachment_ids=(ATTACHMENT.id,),
    propagating_attachment_ids=(ATTACHMENT.id,),
    routes=(),
)

CLOUD = Cloud(
    vpcs=(VPC,),
    subnets=(SUBNET_A, SUBNET_B),
    route_tables=(TABLE_A, TABLE_B),
    security_groups=(MEMBERS,),
    network_interfaces=(A1, A2, B1),
    instances=tuple(host(nic) for nic in (A1, A2, B1)),
    transit_gateways=(GATEWAY,),
    transit_gateway_route_tables=(GATEWAY_TABLE,),
    vpc_attachments=(ATTACHMENT,),
    multicast_domains=(DOMAIN,),
)


TUNNEL = VpnTunnel(
    outside_address=IPv4Address("198.18.0.10"),
    inside_cidr=IPv4Network("169.254.10.0/30"),
    pre_shared_key=Secret("a.secret_key"),
    encryption=("AES256",),
    integrity=("SHA2-256",),
    dh_groups=(14,),
    replay_window=1024,
)
SECOND_TUNNEL = TUNNEL.model_copy(
    update={"outside_address": IPv4Address("198.18.0.14"), "inside_cidr": IPv4Network("169.254.11.0/30")}
)
VPN = VpnConnection(
    id="vpn-00000000000000001",
    transit_gateway_id=GATEWAY.id,
    attachment_id="tgw-attach-00000000000000002",
    customer_address=IPv4Address("203.0.113.2"),
    customer_asn=65001,
    tunnels=(TUNNEL, SECOND_TUNNEL),
)
WITH_VPN = CLOUD.model_copy(
    update={
        "vpn_connections": (VPN,),
        "transit_gateway_route_tables": (
            GATEWAY_TABLE.model_copy(
                update={
                    "associated_attachment_ids": (ATTACHMENT.id, VPN.attachment_id),
                    "propagating_attachment_ids": (ATTACHMENT.id, VPN.attachment_id),
                }
            ),
        ),
    }
)


def to_interface(destination: str, target: NetworkInterface) -> Route:
    return Route(destination=IPv4Network(destination), target="network-interface", target_id=target.id)


def to_gateway(destination: str) -> Route:
    return Route(destination=IPv4Network(destination), target="transit-gateway", target_id=GATEWAY.id)


def with_routes(cloud: Cloud, table: RouteTable, *routes: Route) -> Cloud:
    changed = table.model_copy(update={"routes": routes})
    tables = tuple(changed if each.id == table.id else each for each in cloud.route_tables)
    return cloud.model_copy(update={"route_tables": tables})


def with_group(cloud: Cloud, *ingress: Rule, egress: tuple[Rule, ...] = MEMBERS.egress) -> Cloud:
    changed = MEMBERS.model_copy(update={"ingress": ingress, "egress": egress})
    return cloud.model_copy(update={"security_groups": (changed,)})


def with_domain(cloud: Cloud, **changes: object) -> Cloud:
    return cloud.model_copy(update={"multicast_domains": (DOMAIN.model_copy(update=changes),)})


LAB = Lab.model_validate(
    {
        "name": "fabric",
        "vpc": {"cidr": "10.10.0.0/16", "subnets": [{"name": "members", "cidr": "10.10.1.0/24"}]},
        "router": {"subnet": "members", "loopback": "10.255.0.10"},
        "hosts": [{"name": "doppel", "count": 2, "subnet": "members"}],
        "sites": [
            {
                "name": "lab",
                "router": {
                    "ssh": "lab-router",
                    "asn": 65001,
                    "wan": {"interface": "GigabitEthernet1", "address": "203.0.113.2/30"},
                    "lan": {"interface": "GigabitEthernet3", "address": "192.168.50.1/24"},
                    "loopback": "10.254.0.10",
                },
                "devices": [
                    {"name": "phone-1", "address": "192.168.50.20"},
                    {"name": "phone-2", "address": "192.168.50.21"},
                    {
                        "name": "pager-7",
                        "address": "192.168.50.31",
                        "kind": "appliance",
                        "sends": ["paging"],
                        "receives": ["paging"],
                    },
                ],
                "gre": "172.16.200.0/30",
                "tunnels": ["169.254.10.0/30", "169.254.11.0/30"],
            }
        ],
        "groups": [{"name": "paging", "address": "239.1.1.1"}],
    }
)
