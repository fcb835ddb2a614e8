"""Addresses that follow from the lab file."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from mcastlab.lab.model import Lab, Site

MULTICAST: Final = IPv4Network("224.0.0.0/4")
"""Source: RFC 5771, section 3."""

ALL_ROUTERS: Final = IPv4Address("224.0.0.2")
"""Where IGMPv2 sends a leave. Source: RFC 2236, section 9."""

GRE_PREFIX: Final = 30
"""Of a GRE tunnel's network: RFC 3021 allows /31, which older IOS-XE tunnels do not take."""

LOOPBACK_SUBNET_PREFIX: Final = 28
"""The smallest subnet that a VPC takes. Source: AWS VPC user guide, Subnet CIDR blocks."""

LOOPBACK_BLOCK_PREFIX: Final = 27
"""One bit wider than its subnet: a route may be more specific than the local route, not equal to it."""


def gre_addresses(site: Site) -> tuple[IPv4Interface, IPv4Interface]:
    """Return the GRE tunnel's addresses: on the AWS router, on the remote router.

    >>> from types import SimpleNamespace
    >>> [str(end) for end in gre_addresses(SimpleNamespace(gre=IPv4Network("172.16.200.0/30")))]
    ['172.16.200.1/30', '172.16.200.2/30']
    """
    near, far = list(site.gre.hosts())[:2]
    prefix = site.gre.prefixlen
    return IPv4Interface((near, prefix)), IPv4Interface((far, prefix))


def inside_addresses(inside: IPv4Network) -> tuple[IPv4Interface, IPv4Interface]:
    """Return the addresses inside a VPN tunnel: AWS's, the customer gateway's.

    Source: AWS Site-to-Site VPN user guide, Tunnel options, Inside tunnel IPv4 CIDR: the first host is AWS's.

    >>> [str(end) for end in inside_addresses(IPv4Network("169.254.10.0/30"))]
    ['169.254.10.1/30', '169.254.10.2/30']
    """
    first, prefix = inside.network_address, inside.prefixlen
    return IPv4Interface((first + 1, prefix)), IPv4Interface((first + 2, prefix))


def loopback_subnet(lab: Lab) -> IPv4Network:
    """Return the subnet around the AWS router's loopback, in which nothing lives and which routes send to the router.

    Source: AWS VPC user guide, Route tables: a route more specific than the local route matches a whole subnet.

    >>> from types import SimpleNamespace
    >>> loopback_subnet(SimpleNamespace(router=SimpleNamespace(loopback=IPv4Address("10.255.0.10"))))
    IPv4Network('10.255.0.0/28')
    """
    return IPv4Network((lab.router.loopback, LOOPBACK_SUBNET_PREFIX), strict=False)


def loopback_block(lab: Lab) -> IPv4Network:
    """Return the secondary CIDR block of the VPC that holds that subnet; the gateway learns it from the attachment.

    >>> from types import SimpleNamespace
    >>> loopback_block(SimpleNamespace(router=SimpleNamespace(loopback=IPv4Address("10.255.0.10"))))
    IPv4Network('10.255.0.0/27')
    """
    return IPv4Network((lab.router.loopback, LOOPBACK_BLOCK_PREFIX), strict=False)


def subnet_of_each_zone(lab: Lab) -> dict[str, str]:
    """Return the first subnet of each availability zone by the zone's letter, in order: attachments have one a zone."""
    first = {subnet.zone: subnet.name for subnet in reversed(lab.vpc.subnets)}
    return dict(sorted(first.items()))


def host_route(address: IPv4Address) -> IPv4Network:
    """Return the /32 of an address.

    >>> host_route(IPv4Address("10.254.0.10"))
    IPv4Network('10.254.0.10/32')
    """
    return IPv4Network(int(address))  # an integer spares to write the address down and read it again
