"""What exists only after deployment: ids and addresses that AWS made, and the VPN's keys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from ipaddress import IPv4Address, IPv4Interface

    from mcastlab_base.secret import Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class TunnelFacts:
    """One tunnel of a Site-to-Site VPN connection, as the customer's side needs it."""

    outside_address: IPv4Address
    """Of the AWS endpoint."""
    aws_address: IPv4Interface
    """Inside address of the AWS endpoint."""
    customer_address: IPv4Interface
    """Inside address of the customer gateway."""
    aws_asn: int
    pre_shared_key: Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteFacts:
    """What deployment made for one remote site."""

    vpn_connection_id: str
    tunnels: tuple[TunnelFacts, ...]
    """In the order of the lab file's inside CIDRs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What deployment made of a lab."""

    router_instance_id: str
    router_key_pair_id: str | None
    """None where the user's own key logs in."""
    host_instance_ids: Mapping[str, str]
    """By host name."""
    multicast_domain_id: str
    sites: Mapping[str, SiteFacts]
    """By site name."""
