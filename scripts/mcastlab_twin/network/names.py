"""Names and numbers in the sandbox, each a function of what it stands for: the same state has the same names."""

from __future__ import annotations

import re
from hashlib import blake2s
from ipaddress import IPv4Address
from typing import Final

INTERNET: Final = "internet"
"""The namespace between the VPN endpoints and the remote sites."""

_LONGEST_HOSTNAME: Final = 63

NEAR: Final = IPv4Address("169.254.0.1")
FAR: Final = IPv4Address("169.254.0.2")
"""The ends of every inner link. Nobody else has them: AWS keeps 169.254.0.0/30 out of its tunnels' inside addresses."""

INTERFACES_TABLE: Final = 10
"""A VPC's own table: a host route to every network interface."""


def tail(identity: str) -> str:
    """Return the end of an AWS id: short enough for a kernel interface's name (15 characters) with a prefix."""
    return identity[-12:]


def port(interface_id: str) -> str:
    """The VPC's end of a network interface's link."""
    return f"p{tail(interface_id)}"


def leg(interface_id: str) -> str:
    """The VPC's end of a network interface's link to its multicast domain."""
    return f"m{tail(interface_id)}"


def domain_port(interface_id: str) -> str:
    """The domain's end of that link: a port of the domain's bridge."""
    return f"b{tail(interface_id)}"


def domain_bridge(domain_id: str) -> str:
    """The bridge of a multicast domain."""
    return f"d{tail(domain_id)}"


def attachment_link(attachment_id: str) -> str:
    """Either end of the link of a VPC attachment."""
    return f"a{tail(attachment_id)}"


def tunnel_device(connection_id: str, number: int) -> str:
    """The gateway's end of a VPN tunnel; `number` counts from 1."""
    return f"v{tail(connection_id)[-11:]}-{number}"


def endpoint(connection_id: str, number: int) -> str:
    """The namespace of a VPN tunnel's AWS endpoint."""
    return f"{connection_id}-{number}"


def site_router(site: str) -> str:
    """The namespace of a remote site's router."""
    return f"site.{site}.router"


def site_lan(site: str) -> str:
    """The namespace of a remote site's LAN switch."""
    return f"site.{site}.lan"


def hostname(ssh: str) -> str:
    """Return the host name that the owner of a router gave it: its SSH name's first label, as IOS takes it.

    It begins with a letter, ends in a letter or digit, and has letters, digits and hyphens between, 63 characters in
    all. Source: Cisco IOS, hostname command (RFC 1035).

    >>> hostname("r1.berlin.example.com"), hostname("core_router"), hostname("192.0.2.1"), hostname("2001:db8::1")
    ('r1', 'core-router', 'router-192-0-2-1', 'router-2001-db8-1')
    """
    address = ":" in ssh or not any(character.isalpha() for character in ssh)
    first = ssh if address else next(label for label in ssh.split(".") if label)
    plain = re.sub(r"[^A-Za-z0-9]+", "-", first).strip("-")
    return (plain if plain[:1].isalpha() and not address else f"router-{plain}")[:_LONGEST_HOSTNAME].rstrip("-")


def device(name: str) -> str:
    """The namespace of a remote site's device."""
    return f"device.{name}"


def detour(site_number: int) -> str:
    """The device on the internet through which an impaired site's packets pass."""
    return f"detour-{site_number}"


def table_number(table_id: str) -> int:
    """The kernel's number of a route table: 31 bits of its id's digest, clear of the numbers that are used by hand."""
    return 0x10000 + int.from_bytes(blake2s(table_id.encode(), digest_size=4).digest()) % 0x7FFE0000
