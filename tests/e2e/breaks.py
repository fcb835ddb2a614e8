"""Breaks of a deployed lab, by SSH on routers and hosts and by the EC2 API; each is repaired at its end."""

from __future__ import annotations

import time
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeAlias

from mcastlab.aws.clients import Clients
from mcastlab.cli.connections import Connections
from mcastlab.ios.refusals import refusal_in
from mcastlab.lab.design.names import aws_router_name, remote_router_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from mcastlab.lab.model import Site

    from .conftest import Deployed

Break: TypeAlias = "Callable[[Deployed], AbstractContextManager[None]]"

DOWN_WITHIN_S = 60


def at_second_site(broken: Break) -> Break:
    """Make a break that is made at a lab's first site at its second one."""

    def elsewhere(deployed: Deployed) -> AbstractContextManager[None]:
        sites = deployed.lab.sites
        turned = deployed.lab.model_copy(update={"sites": (*sites[1:], sites[0])})
        return broken(replace(deployed, lab=turned))

    return elsewhere


# Routers, by SSH


def configure(deployed: Deployed, router: str, *lines: str) -> None:
    """Enter lines on a router, each of which has to be taken."""
    with Connections(deployed.lab).sessions(Connections(deployed.lab).facts(), lambda _: None) as sessions:
        session = sessions[router]
        session.enter_configuration()
        for line in lines:
            assert refusal_in("".join(session.configure(line))) is None, line
        session.leave_configuration()


@contextmanager
def changed(deployed: Deployed, router: str, broken: Sequence[str], repaired: Sequence[str]) -> Iterator[None]:
    """Enter lines, and at the end those that undo them."""
    configure(deployed, router, *broken)
    try:
        yield
    finally:
        configure(deployed, router, *repaired)


def line_out(
    deployed: Deployed, router: str, line: str, *, section: Sequence[str] = ()
) -> AbstractContextManager[None]:
    """Take a line out of a router, and put it back."""
    return changed(deployed, router, [*section, f"no {line}"], [*section, line])


def _site(deployed: Deployed) -> Site:
    return deployed.lab.sites[0]


def _far(deployed: Deployed) -> str:
    return remote_router_name(deployed.lab, _site(deployed))


def _aws(deployed: Deployed) -> str:
    return aws_router_name(deployed.lab)


def without_rp_mroute(deployed: Deployed) -> AbstractContextManager[None]:
    """Take the remote router's mroute for the rendezvous point out."""
    line = f"ip mroute {deployed.lab.rendezvous_point} 255.255.255.255 {_site(deployed).gre_interface}"
    return line_out(deployed, _far(deployed), line)


def without_vpc_mroute(deployed: Deployed) -> AbstractContextManager[None]:
    """Take the remote router's mroute for the VPC out."""
    vpc = deployed.lab.vpc.cidr
    line = f"ip mroute {vpc.network_address} {vpc.netmask} {_site(deployed).gre_interface}"
    return line_out(deployed, _far(deployed), line)


def without_lan_mroute(deployed: Deployed) -> AbstractContextManager[None]:
    """Take the AWS router's mroute for the remote LAN out."""
    site = _site(deployed)
    line = f"ip mroute {site.lan.network_address} {site.lan.netmask} {site.gre_interface}"
    return line_out(deployed, _aws(deployed), line)


def without_pim_on_lan(deployed: Deployed) -> AbstractContextManager[None]:
    """Take PIM off the remote router's LAN interface."""
    section = [f"interface {_site(deployed).router.lan.interface}"]
    return line_out(deployed, _far(deployed), "ip pim sparse-mode", section=section)


def without_pim_on_gre(deployed: Deployed) -> AbstractContextManager[None]:
    """Take PIM off the AWS router's end of GRE."""
    section = [f"interface {_site(deployed).gre_interface}"]
    return line_out(deployed, _aws(deployed), "ip pim sparse-mode", section=section)


def without_join_group(deployed: Deployed) -> AbstractContextManager[None]:
    """Take the AWS router's own membership out."""
    line = f"ip igmp join-group {deployed.lab.groups[0].address}"
    return line_out(deployed, _aws(deployed), line, section=["interface GigabitEthernet1"])


def without_register_source(deployed: Deployed) -> AbstractContextManager[None]:
    """Let the remote router register from another address than its loopback."""
    return line_out(deployed, _far(deployed), "ip pim register-source Loopback0")


def with_large_mtu(deployed: Deployed) -> AbstractContextManager[None]:
    """Let the remote router's GRE take what IOS would by itself."""
    section = f"interface {_site(deployed).gre_interface}"
    return changed(deployed, _far(deployed), [section, "ip mtu 1476"], [section, "ip mtu 1380"])


def with_another_rp(deployed: Deployed) -> AbstractContextManager[None]:
    """Give the remote router another rendezvous point."""
    right = f"ip pim rp-address {deployed.lab.rendezvous_point} MCASTLAB-GROUPS"
    wrong = "ip pim rp-address 10.9.9.9 MCASTLAB-GROUPS"
    return changed(deployed, _far(deployed), [f"no {right}", wrong], [f"no {wrong}", right])


def with_tunnel_1_down(deployed: Deployed) -> AbstractContextManager[None]:
    """Shut the remote router's first VPN tunnel down."""
    return changed(
        deployed, _far(deployed), ["interface Tunnel101", "shutdown"], ["interface Tunnel101", "no shutdown"]
    )


# Hosts and devices, by their shells


@contextmanager
def ran(deployed: Deployed, host: str, broken: str, repaired: str) -> Iterator[None]:
    """Run a command on a host, and at the end the one that undoes it."""
    shell = Connections(deployed.lab).shells(Connections(deployed.lab).facts())[host]
    done = shell.run(broken, timeout_s=30)
    assert done.code == 0, done
    try:
        yield
    finally:
        done = shell.run(repaired, timeout_s=30)
        assert done.code == 0, done


def with_ttl_1(deployed: Deployed) -> AbstractContextManager[None]:
    """Let a host's packet filter give what it sends to groups a TTL of 1."""
    chain = "nft add chain ip low out '{ type filter hook output priority 0; }'"
    rule = "nft add rule ip low out ip daddr 224.0.0.0/4 ip ttl set 1"
    return ran(
        deployed, deployed.lab.host_names[0], f"nft add table ip low; {chain}; {rule}", "nft delete table ip low"
    )


_FORCED = "sysctl -w net.ipv4.conf.all.force_igmp_version="


def with_igmpv3(deployed: Deployed) -> AbstractContextManager[None]:
    """Let a host choose its IGMP by what it hears."""
    return ran(deployed, deployed.lab.host_names[0], f"{_FORCED}0", f"{_FORCED}2")


def with_a_sender_elsewhere(deployed: Deployed) -> AbstractContextManager[None]:
    """Give a device an address outside its LAN's subnet to send from."""
    device = _site(deployed).devices[0]
    address = device.address + 256 - 11
    add = f"ip address add {address}/24 dev eth0; ip route replace 224.0.0.0/4 dev eth0 src {address}"
    return ran(deployed, device.name, add, f"ip route del 224.0.0.0/4 dev eth0; ip address del {address}/24 dev eth0")


# AWS, by the EC2 API


def _ec2(deployed: Deployed) -> Any:
    return Clients(deployed.lab.region).ec2


def _group_of(deployed: Deployed, instance: str) -> str:
    found = _ec2(deployed).describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"][0]
    return str(found["SecurityGroups"][0]["GroupId"])


@contextmanager
def without_rules(deployed: Deployed, protocol: str, *, egress: bool = False) -> Iterator[None]:
    """Take the rules of a protocol out of the hosts' security group."""
    ec2 = _ec2(deployed)
    group = _group_of(deployed, Connections(deployed.lab).facts().host_instance_ids[deployed.lab.host_names[0]])
    way = "egress" if egress else "ingress"
    key = "IpPermissionsEgress" if egress else "IpPermissions"
    every = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0][key]
    rules = [rule for rule in every if rule["IpProtocol"] == protocol]
    if protocol == "2" and egress:
        # Leaves go elsewhere than reports.
        ranges = [each for each in rules[0]["IpRanges"] if not each["CidrIp"].startswith("224.0.0.")]
        rules = [{**rules[0], "IpRanges": ranges}]
    assert rules
    getattr(ec2, f"revoke_security_group_{way}")(GroupId=group, IpPermissions=rules)
    try:
        yield
    finally:
        getattr(ec2, f"authorize_security_group_{way}")(GroupId=group, IpPermissions=rules)


def without_udp_in(deployed: Deployed) -> AbstractContextManager[None]:
    """Let no datagram in to the hosts."""
    return without_rules(deployed, "udp")


def without_udp_out(deployed: Deployed) -> AbstractContextManager[None]:
    """Let no datagram out of the hosts."""
    return without_rules(deployed, "udp", egress=True)


def without_igmp_queries(deployed: Deployed) -> AbstractContextManager[None]:
    """Let no query of the gateway in to the hosts."""
    return without_rules(deployed, "2")


def without_igmp_reports(deployed: Deployed) -> AbstractContextManager[None]:
    """Let no report out of the hosts."""
    return without_rules(deployed, "2", egress=True)


@contextmanager
def without_vpc_route(deployed: Deployed) -> Iterator[None]:
    """Take the VPC's routes to the AWS router's loopback out."""
    ec2 = _ec2(deployed)
    taken = [
        (table["RouteTableId"], route["DestinationCidrBlock"], route["NetworkInterfaceId"])
        for table in ec2.describe_route_tables()["RouteTables"]
        for route in table["Routes"]
        if "NetworkInterfaceId" in route
    ]
    assert taken
    for table, cidr, _ in taken:
        ec2.delete_route(RouteTableId=table, DestinationCidrBlock=cidr)
    try:
        yield
    finally:
        for table, cidr, interface in taken:
            ec2.create_route(RouteTableId=table, DestinationCidrBlock=cidr, NetworkInterfaceId=interface)


def _gateway_table(deployed: Deployed) -> str:
    return str(
        _ec2(deployed).describe_transit_gateway_route_tables()["TransitGatewayRouteTables"][0][
            "TransitGatewayRouteTableId"
        ]
    )


@contextmanager
def without_propagation(deployed: Deployed) -> Iterator[None]:
    """Let the gateway's table learn nothing of the VPC, so neither the loopback's block."""
    ec2 = _ec2(deployed)
    every = ec2.describe_transit_gateway_attachments()["TransitGatewayAttachments"]
    ids = {
        "TransitGatewayRouteTableId": _gateway_table(deployed),
        "TransitGatewayAttachmentId": next(
            each["TransitGatewayAttachmentId"] for each in every if each["ResourceType"] == "vpc"
        ),
    }
    ec2.disable_transit_gateway_route_table_propagation(**ids)
    try:
        yield
    finally:
        ec2.enable_transit_gateway_route_table_propagation(**ids)


@contextmanager
def with_black_hole(deployed: Deployed) -> Iterator[None]:
    """Let the gateway drop what goes to the AWS router's loopback."""
    ec2 = _ec2(deployed)
    route = {
        "TransitGatewayRouteTableId": _gateway_table(deployed),
        "DestinationCidrBlock": f"{deployed.lab.rendezvous_point}/32",
    }
    ec2.create_transit_gateway_route(**route, Blackhole=True)
    try:
        yield
    finally:
        ec2.delete_transit_gateway_route(**route)


@contextmanager
def with_source_dest_check(deployed: Deployed) -> Iterator[None]:
    """Let AWS check the addresses of what the router sends and gets."""
    ec2, router = _ec2(deployed), Connections(deployed.lab).facts().router_instance_id
    ec2.modify_instance_attribute(InstanceId=router, SourceDestCheck={"Value": True})
    try:
        yield
    finally:
        ec2.modify_instance_attribute(InstanceId=router, SourceDestCheck={"Value": False})


@contextmanager
def with_other_keys(deployed: Deployed) -> Iterator[None]:
    """Give the AWS ends of both tunnels other pre-shared keys than the remote router has."""
    ec2, facts = _ec2(deployed), Connections(deployed.lab).facts().sites[_site(deployed).name]

    def give(keys: list[str]) -> None:
        for tunnel, key in zip(facts.tunnels, keys, strict=True):
            ec2.modify_vpn_tunnel_options(
                VpnConnectionId=facts.vpn_connection_id,
                VpnTunnelOutsideIpAddress=str(tunnel.outside_address),
                TunnelOptions={"PreSharedKey": key},
            )

    def down() -> bool:
        reported = ec2.describe_vpn_connections(VpnConnectionIds=[facts.vpn_connection_id])["VpnConnections"][0]
        return all("IPSEC IS DOWN" in each["StatusMessage"] for each in reported["VgwTelemetry"])

    give(["another_key_1", "another_key_2"])
    end = time.monotonic() + DOWN_WITHIN_S
    while not down():
        assert time.monotonic() < end
        time.sleep(0.2)
    try:
        yield
    finally:
        give([tunnel.pre_shared_key.reveal() for tunnel in facts.tunnels])
