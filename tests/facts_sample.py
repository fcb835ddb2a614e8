"""Facts as a deployment of the default lab would give them."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address, IPv4Interface
from typing import TYPE_CHECKING

from mcastlab.facts import Facts, SiteFacts, TunnelFacts
from mcastlab_base.secret import Secret

if TYPE_CHECKING:
    from mcastlab.lab.model import Lab

KEY = "k3y.that_must_not_be_seen"

TUNNEL = TunnelFacts(
    outside_address=IPv4Address("198.51.100.10"),
    aws_address=IPv4Interface("169.254.10.1/30"),
    customer_address=IPv4Interface("169.254.10.2/30"),
    aws_asn=64512,
    pre_shared_key=Secret(KEY),
)

FACTS = Facts(
    router_instance_id="i-0aaaaaaaaaaaaaaaa",
    router_key_pair_id="key-0bbbbbbbbbbbbbbbb",
    host_instance_ids={"doppel-1": "i-01111111111111111", "doppel-2": "i-02222222222222222"},
    multicast_domain_id="tgw-mcast-domain-0cccccccccccccccc",
    sites={"lab": SiteFacts(vpn_connection_id="vpn-0dddddddddddddddd", tunnels=(TUNNEL,))},
)


def facts_for(lab: Lab) -> Facts:
    """Return facts for each site of a lab, a pair of tunnels each, with the lab file's inside addresses."""
    sites = {}
    for number, site in enumerate(lab.sites):
        tunnels = tuple(
            TunnelFacts(
                outside_address=IPv4Address(f"198.51.100.{10 + 2 * number + index}"),
                aws_address=IPv4Interface((inside.network_address + 1, inside.prefixlen)),
                customer_address=IPv4Interface((inside.network_address + 2, inside.prefixlen)),
                aws_asn=64512,
                pre_shared_key=Secret(f"{KEY}.{number}.{index}"),
            )
            for index, inside in enumerate(site.tunnels)
        )
        sites[site.name] = SiteFacts(vpn_connection_id=f"vpn-{number}", tunnels=tunnels)
    return replace(FACTS, sites=sites)
