"""What a lab file may leave out or write shorter: blocks among the groups, the first subnet, the router's loopback."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import TYPE_CHECKING, Any

from mcastlab.lab import generated
from mcastlab.lab.blocks import FOLLOW

if TYPE_CHECKING:
    from ipaddress import IPv4Address


def with_blocks(document: dict[str, Any]) -> dict[str, Any]:
    """Return a document whose groups and blocks of groups stand apart.

    >>> with_blocks({"groups": [{"name": "page"}, {"name": "calls", "bridge": "follow"}]})
    {'groups': [{'name': 'page'}], 'blocks': [{'name': 'calls', 'bridge': 'follow'}]}
    """
    entries = document.get("groups")
    if not isinstance(entries, list | tuple):
        return document
    blocks = [entry for entry in entries if _is_block(entry)]
    groups = [entry for entry in entries if not _is_block(entry)]
    return {**document, "groups": groups, "blocks": [*document.get("blocks", ()), *blocks]} if blocks else document


def _is_block(entry: object) -> bool:
    bridge = entry.get("bridge") if isinstance(entry, dict) else getattr(entry, "bridge", None)
    return bridge == FOLLOW


FIRST_SUBNET = "members"


SUBNET_PREFIX = 24


def first_subnet_of(vpc: object) -> str:
    """Return the name of the first subnet of a VPC, which may be a document's."""
    subnets = vpc.get("subnets") if isinstance(vpc, dict) else None
    first = subnets[0] if isinstance(subnets, list | tuple) and subnets else None
    name = first.get("name") if isinstance(first, dict) else getattr(first, "name", None)
    return name if isinstance(name, str) else FIRST_SUBNET


def loopback_beside(vpc: object) -> IPv4Address:
    """Return the loopback of the router of a VPC whose document names none: an address outside of the VPC."""
    cidr = vpc.get("cidr") if isinstance(vpc, dict) else None
    try:
        return generated.router_loopback(IPv4Network(cidr)) if isinstance(cidr, str) else generated.ROUTER_LOOPBACK
    except ValueError:
        return generated.ROUTER_LOOPBACK
