"""A host or a device as it shows itself at one time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ipaddress import IPv4Address


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedHost:
    """An EC2 host or a far device as it shows itself."""

    name: str
    site: str | None = None
    """None for an EC2 host."""
    kernel: str = ""
    interface: str | None = None
    """Where its multicast leaves."""
    source: IPv4Address | None = None
    """The address that its multicast has."""
    mtu: int | None = None
    igmp_version: int | None = None
    """The IGMP version of its first report: what is forced, else what the kernel heard last, else 3."""
    igmp_forced: bool = False
    ttl: int | None = None
    """The TTL with which a datagram left that was given `ttl_given`; None where it was not measured."""
    ttl_given: int | None = None
