"""Which rendezvous point a router has for a group, by its mappings and access lists. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcastlab.ios.access_lists import permits

if TYPE_CHECKING:
    from ipaddress import IPv4Address

    from mcastlab.verify.snapshot.routers import ObservedRouter


def rendezvous_point_of(router: ObservedRouter, address: IPv4Address) -> IPv4Address | None:
    """Return the rendezvous point of a group: the mapping with the longest match, an access list's in its order.

    Source: Cisco IOS IP Multicast Command Reference, ip pim rp-address: of several the one with the highest address.
    """
    serving: list[tuple[int, IPv4Address]] = []
    for mapping in router.rp_mappings:
        if mapping.groups is not None:
            if address in mapping.groups:
                serving.append((mapping.groups.prefixlen, mapping.rp))
        elif permits(router.tree, mapping.access_list, address):
            serving.append((32, mapping.rp))
    return max(serving)[1] if serving else None
