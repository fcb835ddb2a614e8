"""Cases of far sites, their networks and tunnels."""

from __future__ import annotations

from check_cases.case import SITE, Case, site
from mcastlab.lab.checks import Severity

FAR = (
    Case(
        check="site-numbers-differ",
        change={"sites.0.number": 5, "sites.1": {**SITE, "number": 5}},
        at="sites[lyon].number",
        says="5 is also the number of berlin",
        hint="write number: 0",
    ),
    Case(
        check="networks-do-not-overlap",
        change={"sites.1": site(lan="192.168.50.129/25")},
        at="sites[lyon].router.lan",
        says="192.168.50.128/25 overlaps 192.168.50.0/24 of sites[berlin].router.lan",
    ),
    Case(
        check="networks-do-not-overlap",
        change={"sites.0.router.lan": "10.10.1.1/24"},
        at="sites[berlin].router.lan",
        says="overlaps 10.10.0.0/16 of vpc.cidr",
    ),
    Case(
        check="networks-do-not-overlap",
        change={"sites.0.gre": "192.168.50.4/30"},
        at="sites[berlin].gre",
        says="overlaps 192.168.50.0/24 of sites[berlin].router.lan",
    ),
    Case(
        check="networks-do-not-overlap",
        change={"sites.0.tunnels": ["169.254.20.0/30", "169.254.20.0/30"]},
        at="sites[berlin].tunnels[1]",
        says="of sites[berlin].tunnels[0]",
    ),
    Case(
        check="networks-do-not-overlap",
        change={"sites.0.router.loopback": "10.255.0.20"},
        at="sites[berlin].router.loopback",
        says="10.255.0.20/32 overlaps 10.255.0.0/27 of router.loopback",
    ),
    Case(
        check="wan-networks-are-no-others",
        change={"sites.0.router.wan": "192.168.50.130/25", "sites.0.router.public_address": "203.0.113.2"},
        at="sites[berlin].router.lan",
        says="192.168.50.0/24 overlaps 192.168.50.128/25 of sites[berlin].router.wan",
    ),
    Case(
        check="wan-networks-are-no-others",
        change={"sites.0.router.wan": "10.10.7.2/24", "sites.0.router.public_address": "203.0.113.2"},
        at="sites[berlin].router.wan",
        says="10.10.7.0/24 overlaps 10.10.0.0/16 of vpc.cidr",
    ),
    Case(
        check="wan-networks-are-no-others",
        change={"sites.1": site(wan="192.168.50.2/30", public_address="203.0.113.6")},
        at="sites[lyon].router.wan",
        says="unicast from lyon to addresses in both leaves by the WAN interface",
        severity=Severity.WARNING,
    ),
    Case(
        check="router-addresses-are-hosts",
        change={"sites.0.router.lan": "192.168.50.0/24"},
        at="sites[berlin].router.lan.address",
        says="no host's address",
    ),
    Case(
        check="wan-and-lan-are-two-interfaces",
        change={"sites.0.router.lan": {"interface": "GigabitEthernet1", "address": "192.168.50.1/24"}},
        at="sites[berlin].router.lan.interface",
        says="is also the WAN interface",
    ),
    Case(
        check="devices-stand-in-their-lan",
        change={"sites.0.devices.0.address": "192.168.51.20"},
        at="sites[berlin].devices[phone-1].address",
        says="no host's address in the LAN 192.168.50.0/24",
    ),
    Case(
        check="devices-stand-in-their-lan",
        change={"sites.0.devices.0.address": "192.168.50.1"},
        at="sites[berlin].devices[phone-1].address",
        says="is the address of the router",
    ),
    Case(
        check="devices-stand-in-their-lan",
        change={"sites.0.devices.1": {"name": "phone-2", "address": "192.168.50.20"}},
        at="sites[berlin].devices[phone-2].address",
        says="is the address of phone-1",
    ),
    Case(
        check="customer-address-is-public",
        change={"sites.0.router.wan": "192.168.1.2/24"},
        at="sites[berlin].router.public_address",
        says="AWS cannot reach the router at 192.168.1.2",
    ),
    Case(
        check="customer-address-is-public",
        change={"sites.1": site(wan="192.168.1.2/24", public_address="203.0.113.2")},
        at="sites[lyon].router.public_address",
        says="203.0.113.2 is the address of berlin too",
        severity=Severity.WARNING,
    ),
    Case(check="gateway-asn-is-private", change={"amazon_asn": 64000}, at="amazon_asn", says="AWS does not take 64000"),
    Case(
        check="gateway-asn-is-private",
        change={"sites.0.router.asn": 64512},
        at="sites[berlin].router.asn",
        says="is the gateway's own number",
    ),
    Case(
        check="far-asns-can-be-used",
        change={"sites.0.router.asn": 7224},
        at="sites[berlin].router.asn",
        says="7224 is reserved",
    ),
    Case(
        check="far-asns-can-be-used",
        change={"sites.0.router.asn": 3333},
        at="sites[berlin].router.asn",
        says="3333 is a public number",
        severity=Severity.WARNING,
    ),
    Case(
        check="far-asns-differ",
        change={"sites.1": site(asn=65000)},
        at="sites[lyon].router.asn",
        says="65000 is the number of berlin too",
        severity=Severity.NOTE,
    ),
    Case(
        check="gre-network-has-two-ends",
        change={"sites.0.gre": "172.16.0.0/29"},
        at="sites[berlin].gre",
        says="172.16.0.0/29 is no /30",
        hint="write gre: 172.16.0.0/30",
    ),
    Case(
        check="tunnel-numbers-are-free",
        change={"sites.0.gre_tunnel": 0},
        at="sites[berlin].gre_tunnel",
        says="PIM may take Tunnel0",
    ),
    Case(
        check="tunnel-numbers-are-free",
        change={"sites.0.gre_tunnel": 102},
        at="sites[berlin].gre_tunnel",
        says="the VPN's own interface",
    ),
    Case(
        check="tunnel-numbers-are-free",
        change={"sites.0.gre_tunnel": 300, "sites.1": {**SITE, "gre_tunnel": 300}},
        at="sites[lyon].gre_tunnel",
        says="the AWS router has Tunnel300 for berlin",
    ),
    Case(
        check="inside-networks-can-be-had",
        change={"sites.0.tunnels": ["169.254.5.0/30", "169.254.6.0/30"]},
        at="sites[berlin].tunnels[0]",
        says="AWS keeps 169.254.5.0/30",
    ),
    Case(
        check="inside-networks-can-be-had",
        change={"sites.0.tunnels": ["169.254.6.0/30", "10.99.0.0/30"]},
        at="sites[berlin].tunnels[1]",
        says="no /30 of 169.254.0.0/16",
    ),
    Case(
        check="gre-ends-are-reached-outside-gre",
        change={"sites.0.gre": "10.255.0.8/30"},
        at="router.loopback",
        says="by Tunnel2567 (10.255.0.8/30): through GRE itself",
    ),
    Case(
        check="gre-ends-are-reached-outside-gre",
        change={"sites.0.gre": "172.16.0.0/30", "sites.0.router.loopback": "172.16.0.2"},
        at="sites[berlin].router.loopback",
        says="aws-router reaches the GRE end 172.16.0.2 by Tunnel2567 (172.16.0.0/30): through GRE itself",
    ),
    Case(
        check="gre-ends-are-reached-outside-gre",
        change={"sites.0.router.lan": "10.255.0.1/28"},
        at="router.loopback",
        says="by GigabitEthernet2 (10.255.0.0/28): not over the VPN",
    ),
    Case(
        check="reverse-paths-are-the-tunnels",
        change={"sites.0.router.lan": "10.10.7.1/24", "sites.0.devices.0.address": "10.10.7.20"},
        at="sites[berlin].router",
        says="(phone-1) gives Tunnel2567 (static multicast route, 10.10.0.0/16), not GigabitEthernet2",
    ),
    Case(
        check="reverse-paths-are-the-tunnels",
        change={"sites.0.devices.0.address": "192.168.99.20"},
        at="router",
        says="towards 192.168.99.20 (phone-1) gives GigabitEthernet1 (default route, 0.0.0.0/0), not Tunnel2567",
    ),
)
