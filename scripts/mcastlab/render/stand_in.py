"""Look at a lab's templates before anything is deployed: they are rendered with values in place of those of AWS."""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Final

from mcastlab.facts import Facts, SiteFacts, TunnelFacts
from mcastlab.lab.design.addresses import inside_addresses
from mcastlab.render.routers import render_all
from mcastlab_base.secret import Secret

if TYPE_CHECKING:
    from mcastlab.lab.model import Lab, Site

_ENDPOINTS: Final = (IPv4Address("198.51.100.1"), IPv4Address("198.51.100.2"))
"""Source: RFC 5737, addresses for documentation."""


def refuse_broken_templates(lab: Lab) -> None:
    """Render every router's configuration and forget it.

    Raises:
        BadInputError: a template is missing or broken, or wants a value that there will not be; the text names file
            and line of each problem.
    """
    render_all(lab, stand_in(lab))


def stand_in(lab: Lab) -> Facts:
    """Return facts of the right shape, each site with two tunnels."""
    return Facts(
        router_instance_id="i-0",
        router_key_pair_id=None,
        host_instance_ids=dict.fromkeys(lab.host_names, "i-0"),
        multicast_domain_id="tgw-mcast-domain-0",
        sites={site.name: SiteFacts(vpn_connection_id="vpn-0", tunnels=_tunnels(lab, site)) for site in lab.sites},
    )


def _tunnels(lab: Lab, site: Site) -> tuple[TunnelFacts, ...]:
    inside = (inside_addresses(network) for network in site.tunnels)
    return tuple(
        TunnelFacts(
            outside_address=outside,
            aws_address=aws,
            customer_address=customer,
            aws_asn=lab.amazon_asn,
            pre_shared_key=Secret("none-is-known-yet"),
        )
        for outside, (aws, customer) in zip(_ENDPOINTS, inside, strict=True)
    )
