"""The breaks, each with what it must give."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address
from typing import Final

from verify import broken, sound_cloud
from verify.broken import FAR, GRE, SILENT, Case, both, cut, line_down, looks_back, unseen, vpn_down, without_pim
from verify.sound import with_aws, with_host, with_lines, with_router, without_lines

from mcastlab.lab.addressing import host_route
from mcastlab.parsers.system import Ping
from mcastlab.verify.observations import GatewayRoute

RP: Final = "10.255.0.10"

ACCESS: Final = (
    Case("aws refuses", lambda s: unseen(s, "aws", "AWS answered AuthFailure"), ("aws-does-not-answer",), ("aws",)),
    Case(
        "stack missing",
        lambda s: with_aws(s, stacks={k: v for k, v in s.aws.stacks.items() if k != "harbour-Site-oslo"}),
        ("stack-not-complete",),
        ("stacks",),
        ("harbour-Site-oslo is not there", "cdk deploy harbour-Site-oslo"),
    ),
    Case(
        "stack failed",
        lambda s: with_aws(s, stacks={**s.aws.stacks, "harbour-Hosts": "CREATE_FAILED"}),
        ("stack-not-complete",),
        ("stacks",),
        ("harbour-Hosts is CREATE_FAILED",),
    ),
    Case(
        "outputs unreadable",
        lambda s: unseen(s, "facts", "a stack of the lab has no output RouterInstanceId"),
        ("outputs-unreadable",),
        ("stacks",),
        ("no output RouterInstanceId",),
    ),
    Case(
        "instance gone",
        lambda s: with_aws(s, hosts={"buoy-2": s.aws.hosts["buoy-2"]}),
        ("instance-does-not-run",),
        ("instances",),
        ("buoy-1 is gone",),
    ),
    Case(
        "instance stopped",
        lambda s: unseen(broken.host_instance(s, state="stopped"), "buoy-1", "not in a valid state"),
        ("instance-does-not-run",),
        ("instances", "access"),
        ("aws ec2 start-instances --instance-ids i-buoy-1",),
    ),
    Case(
        "router stopped",
        lambda s: cut(
            unseen(broken.router_instance(s, state="stopped"), "harbour/aws-router", "no SSH"), "oslo", "bergen"
        ),
        ("instance-does-not-run",),
        ("instances", "access", "gre"),
        ("i-router of harbour/aws-router is stopped",),
    ),
    Case(
        "not Nitro",
        lambda s: broken.host_instance(s, nitro=False, instance_type="m4.large"),
        ("instance-not-nitro",),
        ("instances",),
        ("m4.large",),
    ),
    Case(
        "source/destination check",
        lambda s: cut(broken.router_instance(s, source_dest_check=True), "oslo", "bergen"),
        ("source-dest-check",),
        ("instances", "gre"),
        ("--no-source-dest-check",),
    ),
    Case(
        "router silent",
        lambda s: unseen(s, "harbour/oslo-router", "harbour/oslo-router: no SSH session"),
        ("router-does-not-answer",),
        ("access",),
        ("no SSH session",),
    ),
    Case(
        "device silent",
        lambda s: unseen(s, "oslo-phone", "oslo-phone: ssh ended with 255"),
        ("host-does-not-answer",),
        ("access",),
        ("oslo-phone",),
    ),
)
VPN: Final = (
    Case(
        "other keys, down",
        lambda s: broken.other_keys(s, "oslo", down=True),
        ("vpn-other-key",),
        ("vpn-tunnels",),
        ("Tunnel101 and Tunnel102 of harbour/oslo-router", "no VPN tunnel of oslo", "configure --site oslo"),
    ),
    Case(
        "other keys, still up",
        lambda s: broken.other_keys(s, "oslo", down=False),
        ("vpn-other-key-later", "vpn-other-key-later"),
        (),
        ("does not come back",),
        later=True,
    ),
    Case(
        "tunnel 1 shut down",
        lambda s: with_router(vpn_down(s, "bergen", 1), "bergen", line_down("Tunnel101")),
        ("vpn-tunnel-shut-down",),
        ("vpn-tunnels",),
        ("Tunnel101 of harbour/bergen-router", "Tunnel102 alone", "no shutdown"),
        later=True,
    ),
    Case(
        "tunnel 1 not configured",
        lambda s: with_router(vpn_down(s, "oslo", 1), "oslo", without_lines("tunnel destination 192.0.2.10")),
        ("vpn-not-configured",),
        ("vpn-tunnels",),
        ("no tunnel interface has the destination 192.0.2.10",),
        later=True,
    ),
    Case(
        "tunnel 1 unprotected",
        lambda s: with_router(
            vpn_down(s, "oslo", 1), "oslo", without_lines("tunnel protection ipsec profile MCASTLAB-1")
        ),
        ("vpn-unprotected",),
        ("vpn-tunnels",),
        ("Tunnel101 has no `tunnel protection`",),
        later=True,
    ),
    Case(
        "WAN down",
        lambda s: with_router(vpn_down(s, "oslo", 1, 2), "oslo", line_down("GigabitEthernet1")),
        ("wan-interface-down",),
        ("vpn-tunnels",),
        ("GigabitEthernet1", "is shut down"),
    ),
    Case(
        "connection deleted",
        lambda s: with_aws(
            vpn_down(s, "oslo", 1, 2), vpns={**s.aws.vpns, "oslo": replace(s.aws.vpns["oslo"], state="deleted")}
        ),
        ("vpn-connection-unavailable",),
        (),
        ("vpn-oslo is deleted",),
    ),
    Case(
        "BGP neighbours gone",
        lambda s: with_router(s, "oslo", lambda view: replace(view, bgp=())),
        ("bgp-not-configured", "bgp-not-configured"),
        ("bgp",),
        ("has no neighbour", "router bgp 65010"),
    ),
    Case(
        "BGP with another AS",
        lambda s: with_router(
            s, "oslo", lambda view: replace(view, bgp=(replace(view.bgp[0], remote_as=7, prefixes=None), view.bgp[1]))
        ),
        ("bgp-not-configured",),
        ("bgp",),
        ("for AS 7", "64512"),
        later=True,
    ),
)
ROUTES: Final = (
    Case(
        "no VPC route to the loopback",
        lambda s: cut(broken.without_vpc_route(s, "10.255.0.0/28"), "oslo", "bergen"),
        ("vpc-route-missing",),
        ("routes", "gre"),
        ("rtb-members", "10.255.0.0/28", "--network-interface-id eni-router"),
    ),
    Case(
        "no VPC route to a far LAN",
        lambda s: broken.without_vpc_route(s, "172.20.5.0/24"),
        ("vpc-route-missing",),
        ("routes",),
        ("172.20.5.0/24", "--transit-gateway-id tgw-1"),
        later=True,
    ),
    Case(
        "VPC not attached",
        lambda s: with_aws(s, attachments=s.aws.attachments[1:]),
        ("attachment-missing",),
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
        ("attachment-without-table",),
        ("routes",),
        ("associate-transit-gateway-route-table",),
    ),
    Case(
        "VPC does not propagate",
        lambda s: cut(broken.without_gateway_routes(s, sound_cloud.VPC_ATTACHMENT, propagates=False), "oslo", "bergen"),
        ("gateway-propagation-off",),
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
        ("vpc-block-missing",),
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
        ("gateway-route-elsewhere",),
        ("routes", "gre"),
        ("black hole", "10.255.0.10/32"),
    ),
    Case(
        "far loopback not advertised",
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
        ("not-advertised",),
        ("routes", "gre"),
        ("harbour/oslo-router does not advertise", f"network {FAR} mask 255.255.255.255"),
    ),
)
FILTERS: Final = (
    Case(
        "no UDP in to the hosts",
        lambda s: broken.without_rules(s, "sg-hosts", lambda rule: rule.protocol == "17" and not rule.egress),
        ("security-group-data-in",),
        ("security-groups",),
        ("UDP 5004 in from 10.40.1.0/24", "authorize-security-group-ingress --group-id sg-hosts"),
    ),
    Case(
        "no UDP out of the hosts",
        lambda s: broken.without_rules(s, "sg-hosts", lambda rule: rule.protocol == "17" and rule.egress),
        ("security-group-data-out",),
        ("security-groups",),
        ("239.40.0.1/32",),
    ),
    Case(
        "no UDP from one site",
        lambda s: broken.without_rules(s, "sg-hosts", lambda rule: str(rule.network) == "172.20.6.0/24"),
        ("security-group-data-in",),
        ("security-groups",),
        ("172.20.6.0/24",),
    ),
    Case(
        "no IGMP queries",
        lambda s: broken.without_rules(s, "sg-hosts", lambda rule: rule.protocol == "2" and not rule.egress),
        ("security-group-igmp-query",),
        ("security-groups",),
        ("packets still flow", "six minutes", "IpProtocol=2"),
        later=True,
    ),
    Case(
        "no IGMP queries to the router, which is a member no more",
        lambda s: broken.domain(
            broken.without_rules(s, "sg-router", lambda rule: rule.protocol == "2" and not rule.egress), members=()
        ),
        ("security-group-igmp-query", "no-static-member"),
        ("security-groups", "domain"),
    ),
    Case(
        "no IGMP leaves",
        lambda s: broken.without_rules(s, "sg-hosts", lambda rule: str(rule.network) == "224.0.0.2/32"),
        ("security-group-igmp-leave",),
        ("security-groups",),
        ("224.0.0.2/32",),
        later=True,
    ),
    Case(
        "no IGMP reports",
        lambda s: broken.without_rules(
            s, "sg-hosts", lambda rule: rule.protocol == "2" and str(rule.network).startswith("239.")
        ),
        ("security-group-igmp-report",),
        ("security-groups",),
        ("joins do not reach",),
    ),
    Case(
        "no GRE",
        lambda s: cut(
            broken.without_rules(
                s, "sg-router", lambda rule: rule.protocol == "47" and str(rule.network) == f"{FAR}/32"
            ),
            "oslo",
        ),
        ("security-group-gre", "security-group-gre"),
        ("security-groups", "gre"),
        ("GRE in from",),
    ),
    Case(
        "no GRE in, which is still tracked",
        lambda s: broken.without_rules(s, "sg-router", lambda rule: rule.protocol == "47" and not rule.egress),
        ("security-group-gre",),
        ("security-groups",),
        ("packets still flow", "tracked"),
        later=True,
    ),
    Case(
        "no registers in",
        lambda s: broken.without_rules(s, "sg-router", lambda rule: rule.protocol == "103" and not rule.egress),
        ("security-group-pim",),
        ("security-groups",),
        ("registers of far senders",),
    ),
    Case(
        "no ICMP",
        lambda s: with_router(
            broken.without_rules(
                s, "sg-router", lambda rule: rule.protocol == "1" and str(rule.network) == f"{FAR}/32"
            ),
            "oslo",
            lambda view: replace(view, underlay=SILENT),
        ),
        ("security-group-icmp", "security-group-icmp"),
        ("security-groups", "gre"),
        later=True,
    ),
)
OVERLAY: Final = (
    Case(
        "loopback missing",
        lambda s: with_router(
            cut(s, "oslo"),
            "oslo",
            lambda view: replace(view, interfaces=tuple(each for each in view.interfaces if each.name != "Loopback0")),
        ),
        ("loopback-wrong",),
        ("gre",),
        ("Loopback0 of harbour/oslo-router", "is missing"),
    ),
    Case(
        "GRE shut down",
        lambda s: with_router(
            s,
            "oslo",
            both(line_down(GRE), lambda view: replace(view, overlay=SILENT, full_size=SILENT, pim_neighbors=())),
        ),
        ("gre-misconfigured",),
        ("gre", "pim-neighbors"),
        (f"{GRE} of harbour/oslo-router is shut down", "no shutdown"),
    ),
    Case(
        "GRE with another destination",
        lambda s: with_router(
            with_router(s, "aws", with_lines(f"tunnel destination {FAR}", "tunnel destination 10.1.1.1")),
            "oslo",
            lambda view: replace(view, overlay=SILENT, full_size=SILENT),
        ),
        ("gre-misconfigured",),
        ("gre",),
        ("`tunnel destination 10.1.1.1`", f"needs `tunnel destination {FAR}`"),
    ),
    Case(
        "MTU too large",
        lambda s: with_router(s, "oslo", with_lines("ip mtu 1380", "ip mtu 1476")),
        ("mtu-too-large",),
        ("mtu",),
        ("ip mtu 1476", "ip mtu 1380", "1386 octets"),
        later=True,
    ),
    Case(
        "MTU of IOS's own",
        lambda s: with_router(s, "oslo", without_lines("ip mtu 1380")),
        ("mtu-too-large",),
        ("mtu",),
        ("1476",),
        later=True,
    ),
    Case(
        "MTU too small",
        lambda s: with_router(s, "oslo", with_lines("ip mtu 1380", "ip mtu 1200")),
        ("mtu-too-small",),
        ("mtu",),
        ("more than 1172 octets",),
        later=True,
    ),
    Case(
        "DF set",
        lambda s: with_router(
            s,
            "oslo",
            both(
                with_lines("crypto ipsec df-bit clear", "crypto ipsec df-bit set"),
                lambda view: replace(view, full_size=SILENT),
            ),
        ),
        ("df-bit-set",),
        ("mtu",),
        ("crypto ipsec df-bit clear",),
        later=True,
    ),
)
MULTICAST: Final = (
    Case(
        "multicast routing off",
        lambda s: with_router(
            s,
            "oslo",
            both(
                without_lines("ip multicast-routing distributed"),
                lambda view: replace(view, pim_interfaces=(), pim_neighbors=(), igmp_interfaces=(), pim_tunnels=()),
            ),
        ),
        ("multicast-routing-off",),
        ("pim-interfaces", "pim-neighbors"),
        ("harbour/oslo-router does not route multicast",),
    ),
    Case(
        "PIM off on the LAN",
        lambda s: with_router(s, "oslo", without_pim("GigabitEthernet2")),
        ("pim-off",),
        ("pim-interfaces",),
        ("GigabitEthernet2 of harbour/oslo-router", "ip pim sparse-mode"),
    ),
    Case(
        "another RP",
        lambda s: with_router(
            s,
            "oslo",
            lambda view: replace(
                view, rp_mappings=(replace(view.rp_mappings[0], rp=IPv4Address("10.9.9.9")),), pim_tunnels=()
            ),
        ),
        ("rendezvous-point-differs",),
        ("rendezvous-point",),
        ("10.9.9.9", RP),
    ),
    Case(
        "a group that the access list leaves out",
        lambda s: with_router(s, "bergen", without_lines("permit 239.40.0.2")),
        ("rendezvous-point-differs",),
        ("rendezvous-point",),
        ("no rendezvous point for 239.40.0.2", "permit 239.40.0.2"),
    ),
    Case(
        "no mroute for the RP",
        lambda s: with_router(
            s, "oslo", both(without_lines(f"ip mroute {RP} 255.255.255.255 {GRE}"), looks_back(RP, "Tunnel101"))
        ),
        ("reverse-path-wrong",),
        ("reverse-paths",),
        ("points to Tunnel101, where PIM does not run", f"needs `ip mroute {RP} 255.255.255.255 {GRE}`"),
    ),
    Case(
        "a wrong mroute beside the right one",
        lambda s: with_router(
            s,
            "aws",
            both(
                with_lines(
                    f"ip mroute {FAR} 255.255.255.255 {GRE}",
                    f"ip mroute {FAR} 255.255.255.255 {GRE}\nip mroute 172.20.5.20 255.255.255.255 GigabitEthernet1",
                ),
                looks_back("172.20.5.20", "GigabitEthernet1"),
            ),
        ),
        ("reverse-path-wrong",),
        ("reverse-paths",),
        ("no ip mroute 172.20.5.20 255.255.255.255 GigabitEthernet1",),
    ),
    Case(
        "register source",
        lambda s: with_router(
            s,
            "oslo",
            both(
                without_lines("ip pim register-source Loopback0"),
                lambda view: replace(
                    view, pim_tunnels=(replace(view.pim_tunnels[0], source=IPv4Address("169.254.9.2")),)
                ),
            ),
        ),
        ("register-source-wrong",),
        ("register-source",),
        ("169.254.9.2", "ip pim register-source Loopback0"),
    ),
)
ENDS: Final = (
    Case("domain gone", lambda s: with_aws(s, domain=None), ("domain-wrong",), ("domain",), ("is gone",)),
    Case(
        "domain without IGMPv2",
        lambda s: broken.domain(s, igmpv2=False),
        ("domain-wrong",),
        ("domain",),
        ("no IGMPv2 support",),
    ),
    Case(
        "subnet not associated",
        lambda s: broken.domain(s, subnets={}),
        ("subnet-not-associated",),
        ("domain",),
        ("associate-transit-gateway-multicast-domain", "subnet-members"),
    ),
    Case(
        "no join-group",
        lambda s: with_router(
            broken.domain(s, members=s.aws.domain.members[1:] if s.aws.domain else ()),
            "aws",
            without_lines("ip igmp join-group 239.40.0.1"),
        ),
        ("no-join-group",),
        ("domain",),
        ("239.40.0.1",),
    ),
    Case(
        "no static member",
        lambda s: broken.domain(s, members=s.aws.domain.members[:1] if s.aws.domain else ()),
        ("no-static-member",),
        ("domain",),
        ("239.40.0.2", "register-transit-gateway-multicast-group-members"),
    ),
    Case(
        "host at IGMPv3",
        lambda s: with_host(s, "buoy-2", igmp_version=3, igmp_forced=False),
        ("host-igmp-version",),
        ("igmp",),
        ("buoy-2 reports by IGMPv3", "force_igmp_version=2"),
    ),
    Case(
        "host not forced to IGMPv2",
        lambda s: with_host(s, "buoy-2", igmp_forced=False),
        ("host-igmp-version",),
        ("igmp",),
        ("packets still flow",),
        later=True,
    ),
    Case(
        "router at IGMPv3",
        lambda s: with_router(
            s, "aws", lambda view: replace(view, igmp_interfaces=(replace(view.igmp_interfaces[0], version=3),))
        ),
        ("router-igmp-version",),
        ("igmp",),
        ("ip igmp version 2",),
    ),
    Case(
        "no multicast route",
        lambda s: with_host(s, "buoy-1", interface=None, source=None, igmp_version=None, ttl=None),
        ("no-multicast-route",),
        ("senders",),
        ("buoy-1 has no route",),
    ),
    Case(
        "device elsewhere",
        lambda s: with_host(s, "oslo-phone", source=IPv4Address("172.20.9.9")),
        ("sender-elsewhere",),
        ("senders",),
        ("172.20.9.9", "172.20.5.0/24", "src 172.20.5.20"),
    ),
    Case(
        "TTL 1",
        lambda s: with_host(s, "buoy-1", ttl=1),
        ("ttl-too-small",),
        ("senders",),
        ("TTL 1", "3 routers are on the way"),
    ),
    Case("nothing leaves", lambda s: with_host(s, "buoy-1", ttl=0), ("nothing-leaves",), ("senders",), ("drops them",)),
    Case(
        "licence",
        lambda s: with_router(s, "aws", lambda view: replace(view, throughput_kbits=10_000)),
        ("throughput-too-small",),
        ("throughput",),
        ("10 Mbit/s", "250"),
        later=True,
    ),
)
UNEXPLAINED: Final = (
    Case(
        "neighbours lost, nobody knows why",
        lambda s: with_router(s, "oslo", lambda view: replace(view, pim_neighbors=())),
        ("unexplained-pim-neighbors",),
        ("pim-neighbors",),
        ("unexplained", "show ip pim neighbor"),
    ),
    Case(
        "a VPN tunnel that does not come up",
        lambda s: vpn_down(s, "oslo", 1),
        ("unexplained-vpn-tunnels",),
        ("vpn-tunnels",),
        ("Tunnel101",),
    ),
    Case(
        "an answer that cannot be read",
        lambda s: with_router(s, "aws", lambda view: replace(view, unread={"show ip mroute": "cannot read"})),
        ("unexplained-access",),
        ("access",),
        ("show ip mroute",),
    ),
    Case(
        "full size does not pass",
        lambda s: with_router(
            s, "bergen", lambda view: replace(view, full_size=Ping(sent=2, received=0, average_ms=None))
        ),
        ("unexplained-mtu",),
        ("mtu",),
    ),
)
CASES: Final = (*ACCESS, *VPN, *ROUTES, *FILTERS, *OVERLAY, *MULTICAST, *ENDS, *UNEXPLAINED)
