"""Breaks of access, VPN and routes, each with what it must give."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Final

from verify import broken, sound_cloud
from verify.broken import FAR, RP, Case, cut, line_down, unseen, vpn_down
from verify.sound import with_aws, with_lines, with_router, without_lines

from mcastlab.lab.design.addresses import host_route
from mcastlab.verify.snapshot.aws import GatewayRoute

if TYPE_CHECKING:
    from mcastlab.verify.snapshot.routers import ObservedRouter


def _made_inactive(view: ObservedRouter) -> ObservedRouter:
    neighbour = f" neighbor {view.bgp[0].address} remote-as 64512"
    lines = f"{neighbour}\n no neighbor {view.bgp[0].address} activate"
    return replace(with_lines(neighbour, lines)(view), bgp=view.bgp[1:])


ACCESS: Final = (
    Case("aws refuses", lambda s: unseen(s, "aws", "AWS answered AuthFailure"), ("aws_does_not_answer",), ("aws",)),
    Case(
        "stack missing",
        lambda s: with_aws(s, stacks={k: v for k, v in s.aws.stacks.items() if k != "harbour-Site-oslo"}),
        ("stack_not_complete",),
        ("stacks",),
        ("harbour-Site-oslo is not there", "cdk deploy harbour-Site-oslo"),
    ),
    Case(
        "stack failed",
        lambda s: with_aws(s, stacks={**s.aws.stacks, "harbour-Hosts": "CREATE_FAILED"}),
        ("stack_not_complete",),
        ("stacks",),
        ("harbour-Hosts is CREATE_FAILED",),
    ),
    Case(
        "outputs unreadable",
        lambda s: unseen(s, "facts", "a stack of the lab has no output RouterInstanceId"),
        ("outputs_unreadable",),
        ("stacks",),
        ("no output RouterInstanceId",),
    ),
    Case(
        "instance gone",
        lambda s: with_aws(s, hosts={"buoy-2": s.aws.hosts["buoy-2"]}),
        ("instance_does_not_run",),
        ("instances",),
        ("buoy-1 is gone",),
        later=True,
    ),
    Case(
        "instance stopped",
        lambda s: unseen(broken.host_instance(s, state="stopped"), "buoy-1", "not in a valid state"),
        ("instance_does_not_run",),
        ("instances", "access"),
        ("aws ec2 start-instances --instance-ids i-buoy-1",),
        later=True,
    ),
    Case(
        "router stopped",
        lambda s: cut(
            unseen(broken.router_instance(s, state="stopped"), "harbour/aws-router", "no SSH"), "oslo", "bergen"
        ),
        ("instance_does_not_run",),
        ("instances", "access", "gre"),
        ("i-router of harbour/aws-router is stopped",),
    ),
    Case(
        "not Nitro",
        lambda s: broken.host_instance(s, nitro=False, instance_type="m4.large"),
        ("instance_not_nitro",),
        ("instances",),
        ("m4.large",),
    ),
    Case(
        "source/destination check",
        lambda s: cut(broken.router_instance(s, source_dest_check=True), "oslo", "bergen"),
        ("source_dest_check",),
        ("instances", "gre"),
        ("--no-source-dest-check",),
    ),
    Case(
        "router silent",
        lambda s: unseen(s, "harbour/oslo-router", "harbour/oslo-router: no SSH session"),
        ("router_does_not_answer",),
        ("access",),
        ("no SSH session",),
    ),
    Case(
        "router not configured",
        lambda s: broken.bare(s, "oslo"),
        ("router_not_configured",),
        ("vpn_tunnels", "gre", "pim_interfaces", "rendezvous_point"),
        ("harbour/oslo-router runs nothing", "configure --site oslo"),
    ),
    Case(
        "device silent",
        lambda s: unseen(s, "oslo-phone", "oslo-phone: ssh ended with 255"),
        ("host_does_not_answer",),
        ("access",),
        ("oslo-phone",),
        later=True,
    ),
)
VPN: Final = (
    Case(
        "other keys, down",
        lambda s: broken.other_keys(s, "oslo", down=True),
        ("vpn_other_key",),
        ("vpn_tunnels",),
        ("Tunnel101 and Tunnel102 of harbour/oslo-router", "no VPN tunnel of oslo", "configure --site oslo"),
    ),
    Case(
        "other keys, still up",
        lambda s: broken.other_keys(s, "oslo", down=False),
        ("vpn_other_key_later", "vpn_other_key_later"),
        (),
        ("does not come back",),
        later=True,
    ),
    Case(
        "tunnel 1 shut down",
        lambda s: with_router(vpn_down(s, "bergen", 1), "bergen", line_down("Tunnel101")),
        ("vpn_tunnel_shut_down",),
        ("vpn_tunnels",),
        ("Tunnel101 of harbour/bergen-router", "Tunnel102 alone", "no shutdown"),
        later=True,
    ),
    Case(
        "tunnel 1 not configured",
        lambda s: with_router(vpn_down(s, "oslo", 1), "oslo", without_lines("tunnel destination 192.0.2.10")),
        ("vpn_not_configured",),
        ("vpn_tunnels",),
        ("no tunnel interface has the destination 192.0.2.10",),
        later=True,
    ),
    Case(
        "tunnel 1 unprotected",
        lambda s: with_router(
            vpn_down(s, "oslo", 1), "oslo", without_lines("tunnel protection ipsec profile MCASTLAB-1")
        ),
        ("vpn_unprotected",),
        ("vpn_tunnels",),
        ("Tunnel101 has no `tunnel protection`",),
        later=True,
    ),
    Case(
        "WAN down",
        lambda s: with_router(vpn_down(s, "oslo", 1, 2), "oslo", line_down("GigabitEthernet1")),
        ("wan_interface_down",),
        ("vpn_tunnels",),
        ("GigabitEthernet1", "is shut down"),
    ),
    Case(
        "connection deleted",
        lambda s: with_aws(
            vpn_down(s, "oslo", 1, 2), vpns={**s.aws.vpns, "oslo": replace(s.aws.vpns["oslo"], state="deleted")}
        ),
        ("vpn_connection_unavailable",),
        (),
        ("vpn-oslo is deleted",),
    ),
    Case(
        "BGP neighbours inactive",
        lambda s: with_router(
            s,
            "oslo",
            broken.both(
                with_lines("router bgp 65010", "router bgp 65010\n no bgp default ipv4-unicast"),
                lambda view: replace(view, bgp=()),
            ),
        ),
        ("bgp_not_configured", "bgp_not_configured"),
        ("bgp",),
        ("does not make its neighbour", "router bgp 65010", " address-family ipv4\n  neighbor "),
    ),
    Case(
        "a BGP neighbour that somebody made inactive",
        lambda s: with_router(s, "oslo", _made_inactive),
        ("bgp_not_configured",),
        ("bgp",),
        ("does not make its neighbour", " address-family ipv4\n  neighbor "),
        later=True,
    ),
    Case(
        "BGP neighbours gone",
        lambda s: with_router(s, "oslo", lambda view: replace(view, bgp=())),
        ("bgp_not_configured", "bgp_not_configured"),
        ("bgp",),
        ("has no neighbour", "router bgp 65010"),
    ),
    Case(
        "BGP with another AS",
        lambda s: with_router(
            s, "oslo", lambda view: replace(view, bgp=(replace(view.bgp[0], remote_as=7, prefixes=None), view.bgp[1]))
        ),
        ("bgp_not_configured",),
        ("bgp",),
        ("for AS 7", "64512"),
        later=True,
    ),
)
ROUTES: Final = (
    Case(
        "no VPC route to the loopback",
        lambda s: cut(broken.without_vpc_route(s, "10.255.0.0/28"), "oslo", "bergen"),
        ("vpc_route_missing",),
        ("routes", "gre"),
        ("rtb-members", "10.255.0.0/28", "--network-interface-id eni-router"),
    ),
    Case(
        "no VPC route to a remote LAN",
        lambda s: broken.without_vpc_route(s, "172.20.5.0/24"),
        ("vpc_route_missing",),
        ("routes",),
        ("172.20.5.0/24", "--transit-gateway-id tgw-1"),
        later=True,
    ),
    Case(
        "VPC not attached",
        lambda s: with_aws(s, attachments=s.aws.attachments[1:]),
        ("attachment_missing",),
        ("routes",),
        ("the VPC is not attached",),
    ),
    Case(
        "attachment without table",
        lambda s: cut(
            with_aws(s, attachments=(replace(s.aws.attachments[0], table_id=None), *s.aws.attachments[1:])),
            "oslo",
            "bergen",
        ),
        ("attachment_without_table",),
        ("routes",),
        ("associate-transit-gateway-route-table",),
    ),
    Case(
        "VPC does not propagate",
        lambda s: cut(broken.without_gateway_routes(s, sound_cloud.VPC_ATTACHMENT, propagates=False), "oslo", "bergen"),
        ("gateway_propagation_off",),
        ("routes", "gre"),
        ("10.255.0.0/27", "enable-transit-gateway-route-table-propagation"),
    ),
    Case(
        "VPC has lost the loopback's block",
        lambda s: cut(
            broken.gateway_table(
                s,
                routes=tuple(
                    route
                    for route in s.aws.gateway_tables[sound_cloud.TABLE].routes
                    if str(route.network) != "10.255.0.0/27"
                ),
            ),
            "oslo",
            "bergen",
        ),
        ("vpc_block_missing",),
        ("routes", "gre"),
        ("associate-vpc-cidr-block", "10.255.0.0/27"),
    ),
    Case(
        "black hole",
        lambda s: cut(
            broken.gateway_table(
                s,
                routes=(
                    *s.aws.gateway_tables[sound_cloud.TABLE].routes,
                    GatewayRoute(network=host_route(IPv4Address(RP)), attachments=(), active=False),
                ),
            ),
            "oslo",
            "bergen",
        ),
        ("gateway_route_elsewhere",),
        ("routes", "gre"),
        ("black hole", "10.255.0.10/32"),
    ),
    Case(
        "remote loopback not advertised",
        lambda s: cut(
            with_router(
                broken.gateway_table(
                    s,
                    routes=tuple(
                        route
                        for route in s.aws.gateway_tables[sound_cloud.TABLE].routes
                        if str(route.network) != f"{FAR}/32"
                    ),
                ),
                "oslo",
                without_lines(f"network {FAR} mask 255.255.255.255"),
            ),
            "oslo",
        ),
        ("not_advertised",),
        ("routes", "gre"),
        ("harbour/oslo-router does not advertise", f"network {FAR} mask 255.255.255.255"),
    ),
)
