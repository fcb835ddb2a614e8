"""A host or a device as it shows itself at one time."""

from __future__ import annotations

from ipaddress import IPv4Address  # noqa: TC003  (pydantic reads it)

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True, config=ConfigDict(extra="forbid", hide_input_in_errors=True))
class ObservedHost:
    """An EC2 host or a device as it shows itself; all but its name and site are what `host_inspector` prints."""

    name: str
    site: str | None = None
    """None for an EC2 host."""
    kernel: str = ""
    interface: str | None = None
    """Where its multicast leaves."""
    source: IPv4Address | None = None
    """The address that its multicast has."""
    mtu_octets: int | None = None
    igmp_version: int | None = None
    """The IGMP version of its first report: what is forced, else what the kernel heard last, else 3."""
    igmp_forced: bool = False
    ttl: int | None = None
    """The TTL with which a datagram left that was given `ttl_given`; None where it was not measured."""
    ttl_given: int | None = None
