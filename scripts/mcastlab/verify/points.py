"""Which rendezvous point a router has for a group, by its mappings and access lists. Pure."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network
from typing import TYPE_CHECKING

from mcastlab.ios.configuration import section

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcastlab.ios.configuration import Line
    from mcastlab.lab.model import Group, Lab
    from mcastlab.verify.observations import RouterView


def points_of(lab: Lab, view: RouterView) -> Iterator[tuple[Group, IPv4Address | None]]:
    """Yield each group of the lab with the rendezvous point that the router has for it."""
    for group in lab.groups:
        yield group, point_of(view, group.address)


def point_of(view: RouterView, address: IPv4Address) -> IPv4Address | None:
    """Return the rendezvous point of a group: the mapping with the longest match, an access list's in its order.

    Source: Cisco IOS IP Multicast Command Reference, ip pim rp-address: of several the one with the highest address.
    """
    serving: list[tuple[int, IPv4Address]] = []
    for mapping in view.rp_mappings:
        if mapping.groups is not None:
            if address in mapping.groups:
                serving.append((mapping.groups.prefixlen, mapping.rp))
        elif permits(section(view.tree, f"ip access-list standard {mapping.access_list}"), address):
            serving.append((32, mapping.rp))
    return max(serving)[1] if serving else None


def permits(access_list: Line | None, address: IPv4Address) -> bool:
    """Say whether a standard access list permits an address; one that is empty or missing permits all.

    Source: Cisco IOS Security Configuration Guide, Access lists: an empty list permits everything.
    """
    if access_list is None or not access_list.below:
        return True
    for line in access_list.below:
        words = line.text.split()
        if words[:1] in (["permit"], ["deny"]) and address in _network(words[1:]):
            return words[0] == "permit"
    return False


def _network(words: list[str]) -> IPv4Network:
    """Return what an entry matches: ``any``, ``host A``, ``A``, ``A WILDCARD``; what cannot be read, nothing."""
    if words[:1] == ["any"]:
        return IPv4Network("0.0.0.0/0")
    if words[:1] == ["host"]:
        words = words[1:2]
    try:
        if len(words) > 1 and words[1][0].isdigit():
            # A wildcard is what ipaddress calls a host mask.
            return IPv4Network(f"{words[0]}/{words[1]}", strict=False)
        return IPv4Network(words[0])
    except (ValueError, IndexError):
        return IPv4Network("0.0.0.0/32")
