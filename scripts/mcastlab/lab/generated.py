"""Addresses that the lab file does not give: a plan that each site takes its share of by its own number.

A site's number follows from its name alone, so that no site's addresses change when another comes or goes. Two names
may meet on one number; a design check then asks for a number in the lab file.
"""

from __future__ import annotations

from hashlib import sha256
from ipaddress import IPv4Address, IPv4Network
from typing import Final

from mcastlab.lab.design.addresses import LOOPBACK_BLOCK_PREFIX

SITES: Final = 4096
"""How many shares the plan has."""

VPN_TUNNELS: Final = (101, 102)
"""The numbers of a remote router's interfaces for the VPN, where the lab file gives no others."""

GRE_SPACE: Final = IPv4Network("172.30.0.0/16")
"""One /30 a site. Source: RFC 1918, section 3."""

FIRST_GRE_TUNNEL: Final = 200
"""PIM makes tunnels of its own for registering, with the lowest free numbers; the VPN's are 101 and 102."""

LOOPBACK_SPACE: Final = IPv4Network("10.254.0.0/19")
"""One address a remote router. Source: RFC 1918, section 3."""

ROUTER_LOOPBACK: Final = IPv4Address("10.255.0.10")
"""Of the AWS router: not among the addresses of its /28 that AWS keeps in a subnet, the first four and the last."""

_LOOPBACK_OF_RANGE: Final = (
    (IPv4Network("10.0.0.0/8"), ROUTER_LOOPBACK),
    (IPv4Network("172.16.0.0/12"), IPv4Address("172.31.255.10")),
    (IPv4Network("192.168.0.0/16"), IPv4Address("192.168.255.10")),
)
"""A VPC takes a secondary block from its own private range only. Source: AWS VPC user guide, IPv4 CIDR block
association restrictions."""

_LOOPBACK_ELSEWHERE: Final = IPv4Address("100.127.255.10")
"""Every VPC takes a block from here. Source: RFC 6598, section 7; AWS, as above."""

FIRST_INSIDE: Final = IPv4Address("169.254.8.0")
"""Where the /30s of VPN tunnels begin, two a site: clear of 169.254.0.0/30 to 169.254.5.0/30 and, as the last ends at
169.254.135.255, of 169.254.169.252/30, which AWS keeps. Source: AWS Site-to-Site VPN, Tunnel options."""


def site_number(name: str) -> int:
    """Return a site's number, 0 to 4095, from its name.

    >>> site_number("lab") == site_number("lab") != site_number("berlin")
    True
    """
    return int.from_bytes(sha256(name.encode()).digest()[:4]) % SITES


def router_loopback(vpc: IPv4Network) -> IPv4Address:
    """Return an AWS router's loopback whose block a VPC can take as a secondary one.

    >>> router_loopback(IPv4Network("10.10.0.0/16")), router_loopback(IPv4Network("172.20.0.0/16"))
    (IPv4Address('10.255.0.10'), IPv4Address('172.31.255.10'))
    """
    for private, loopback in _LOOPBACK_OF_RANGE:
        block = IPv4Network((loopback, LOOPBACK_BLOCK_PREFIX), strict=False)
        if vpc.subnet_of(private) and not vpc.overlaps(block):
            return loopback
    return _LOOPBACK_ELSEWHERE


def gre_network(number: int) -> IPv4Network:
    """Return the /30 of a site's GRE tunnel.

    >>> gre_network(1)
    IPv4Network('172.30.0.4/30')
    """
    return IPv4Network((int(GRE_SPACE.network_address) + 4 * number, 30))


def gre_tunnel(number: int) -> int:
    """Return the number of a site's GRE tunnel interface, clear of the low ones that PIM takes for registering.

    >>> gre_tunnel(0)
    200
    """
    return FIRST_GRE_TUNNEL + number


def remote_loopback(number: int) -> IPv4Address:
    """Return the loopback of a site's router; the space's first address stays free.

    >>> remote_loopback(0)
    IPv4Address('10.254.0.1')
    """
    return LOOPBACK_SPACE.network_address + 1 + number


def inside_networks(number: int) -> tuple[IPv4Network, IPv4Network]:
    """Return the /30s inside a site's two VPN tunnels.

    >>> inside_networks(0)
    (IPv4Network('169.254.8.0/30'), IPv4Network('169.254.8.4/30'))
    """
    first = int(FIRST_INSIDE) + 8 * number
    return IPv4Network((first, 30)), IPv4Network((first + 4, 30))
