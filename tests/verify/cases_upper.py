"""Breaks of GRE, of PIM and at the ends, each with what it must give."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address
from typing import Final

from verify import broken
from verify.broken import (
    FAR,
    GRE,
    RP,
    SILENT,
    Case,
    both,
    cut,
    line_down,
    line_protocol_down,
    looks_back,
    static_route,
    vpn_down,
    without_pim,
)
from verify.sound import with_aws, with_host, with_lines, with_router, without_lines

from mcastlab.ios.show.system import Ping

OVERLAY: Final = (
    Case(
        "loopback missing",
        lambda s: with_router(
            cut(s, "oslo"),
            "oslo",
            lambda view: replace(view, interfaces=tuple(each for each in view.interfaces if each.name != "Loopback0")),
        ),
        ("loopback_wrong",),
        ("gre",),
        ("Loopback0 of harbour/oslo-router", "is missing"),
    ),
    Case(
        "the AWS router's loopback by a static route",
        lambda s: with_router(cut(s, "oslo"), "oslo", static_route("GigabitEthernet1")),
        ("gre_end_elsewhere",),
        ("gre",),
        ("past the VPN", f"no ip route {RP} 255.255.255.255 GigabitEthernet1"),
    ),
    Case(
        "GRE through itself",
        lambda s: with_router(cut(s, "oslo"), "oslo", both(static_route(GRE), line_protocol_down(GRE))),
        ("gre_end_elsewhere",),
        ("gre",),
        ("into the tunnel itself",),
    ),
    Case(
        "GRE missing, and its mroutes with it",
        lambda s: with_router(s, "oslo", broken.without_gre),
        ("gre_misconfigured",),
        ("gre", "pim_interfaces", "pim_neighbors", "reverse_paths"),
        (f"{GRE} of harbour/oslo-router is missing", "configure --site oslo"),
    ),
    Case(
        "GRE shut down",
        lambda s: with_router(
            s,
            "oslo",
            both(line_down(GRE), lambda view: replace(view, overlay=SILENT, full_size=SILENT, pim_neighbors=())),
        ),
        ("gre_misconfigured",),
        ("gre", "pim_neighbors"),
        (f"{GRE} of harbour/oslo-router is shut down", "no shutdown"),
    ),
    Case(
        "GRE with another destination",
        lambda s: with_router(
            with_router(s, "aws", with_lines(f"tunnel destination {FAR}", "tunnel destination 10.1.1.1")),
            "oslo",
            lambda view: replace(view, overlay=SILENT, full_size=SILENT),
        ),
        ("gre_misconfigured",),
        ("gre",),
        ("`tunnel destination 10.1.1.1`", f"needs `tunnel destination {FAR}`"),
    ),
    Case(
        "MTU too large",
        lambda s: with_router(s, "oslo", with_lines("ip mtu 1380", "ip mtu 1476")),
        ("mtu_too_large",),
        ("mtu",),
        ("ip mtu 1476", "ip mtu 1380", "1386 octets"),
        later=True,
    ),
    Case(
        "MTU of IOS's own",
        lambda s: with_router(s, "oslo", without_lines("ip mtu 1380")),
        ("mtu_too_large",),
        ("mtu",),
        ("1476",),
        later=True,
    ),
    Case(
        "MTU too small",
        lambda s: with_router(s, "oslo", with_lines("ip mtu 1380", "ip mtu 1200")),
        ("mtu_too_small",),
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
        ("df_bit_set",),
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
        ("multicast_routing_off",),
        ("pim_interfaces", "pim_neighbors"),
        ("harbour/oslo-router does not route multicast",),
    ),
    Case(
        "PIM off on the LAN",
        lambda s: with_router(s, "oslo", without_pim("GigabitEthernet2")),
        ("pim_off",),
        ("pim_interfaces",),
        ("GigabitEthernet2 of harbour/oslo-router", "ip pim sparse-mode"),
    ),
    Case(
        "no mroute for the RP",
        lambda s: with_router(
            s, "oslo", both(without_lines(f"ip mroute {RP} 255.255.255.255 {GRE}"), looks_back(RP, "Tunnel101"))
        ),
        ("reverse_path_wrong",),
        ("reverse_paths",),
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
        ("reverse_path_wrong",),
        ("reverse_paths",),
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
        ("register_source_wrong",),
        ("register_source",),
        ("169.254.9.2", "ip pim register-source Loopback0"),
    ),
)
ENDS: Final = (
    Case("domain gone", lambda s: with_aws(s, domain=None), ("domain_wrong",), ("domain",), ("is gone",)),
    Case(
        "domain without IGMPv2",
        lambda s: broken.domain(s, igmpv2=False),
        ("domain_wrong",),
        ("domain",),
        ("no IGMPv2 support",),
    ),
    Case(
        "subnet not associated",
        lambda s: broken.domain(s, subnets={}),
        ("subnet_not_associated",),
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
        ("no_join_group",),
        ("domain",),
        ("239.40.0.1",),
    ),
    Case(
        "no static-group",
        lambda s: with_router(s, "aws", without_lines("ip igmp static-group 239.40.0.2")),
        ("no_static_group",),
        (),
        ("ip igmp static-group 239.40.0.2",),
    ),
    Case(
        "no static member",
        lambda s: broken.domain(s, members=s.aws.domain.members[:1] if s.aws.domain else ()),
        ("no_static_member",),
        ("domain",),
        ("239.40.0.2", "register-transit-gateway-multicast-group-members"),
    ),
    Case(
        "host at IGMPv3",
        lambda s: with_host(s, "buoy-2", igmp_version=3, igmp_forced=False),
        ("host_igmp_version",),
        ("igmp",),
        ("buoy-2 reports by IGMPv3", "force_igmp_version=2"),
    ),
    Case(
        "host not forced to IGMPv2",
        lambda s: with_host(s, "buoy-2", igmp_forced=False),
        ("host_igmp_version",),
        ("igmp",),
        ("packets still flow",),
        later=True,
    ),
    Case(
        "router at IGMPv3",
        lambda s: with_router(
            s, "aws", lambda view: replace(view, igmp_interfaces=(replace(view.igmp_interfaces[0], version=3),))
        ),
        ("router_igmp_version",),
        ("igmp",),
        ("ip igmp version 2",),
    ),
    Case(
        "no multicast route",
        lambda s: with_host(s, "buoy-1", interface=None, source=None, igmp_version=None, ttl=None),
        ("no_multicast_route",),
        ("senders",),
        ("buoy-1 has no route",),
    ),
    Case(
        "device elsewhere",
        lambda s: with_host(s, "oslo-phone", source=IPv4Address("172.20.9.9")),
        ("sender_elsewhere",),
        ("senders",),
        ("172.20.9.9", "172.20.5.0/24", "src 172.20.5.20"),
    ),
    Case(
        "TTL 1",
        lambda s: with_host(s, "buoy-1", ttl=1),
        ("ttl_too_small",),
        ("senders",),
        ("TTL 1", "3 routers are on the way"),
    ),
    Case("nothing leaves", lambda s: with_host(s, "buoy-1", ttl=0), ("nothing_leaves",), ("senders",), ("drops them",)),
    Case(
        "licence",
        lambda s: with_router(s, "aws", lambda view: replace(view, throughput_kbits=10_000)),
        ("throughput_too_small",),
        ("throughput",),
        ("10 Mbit/s", "250"),
        later=True,
    ),
)
UNEXPLAINED: Final = (
    Case(
        "neighbours lost, nobody knows why",
        lambda s: with_router(s, "oslo", lambda view: replace(view, pim_neighbors=())),
        ("unexplained_pim_neighbors",),
        ("pim_neighbors",),
        ("unexplained", "show ip pim neighbor"),
    ),
    Case(
        "a VPN tunnel that does not come up",
        lambda s: vpn_down(s, "oslo", 1),
        ("unexplained_vpn_tunnels",),
        ("vpn_tunnels",),
        ("Tunnel101",),
    ),
    Case(
        "an answer that cannot be read",
        lambda s: with_router(s, "aws", lambda view: replace(view, unread={"show ip mroute": "cannot read"})),
        ("unexplained_access",),
        ("access",),
        ("show ip mroute",),
    ),
    Case(
        "full size does not pass",
        lambda s: with_router(
            s, "bergen", lambda view: replace(view, full_size=Ping(sent=2, received=0, average_ms=None))
        ),
        ("unexplained_mtu",),
        ("mtu",),
    ),
)
