"""Which rendezvous point a router has for a group.

Sources: Cisco IOS IP Multicast Command Reference, ip pim rp-address and ip pim rp-candidate; RFC 5059, section 3.1, and
RFC 7761, section 4.7.2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcastlab.ios.access_lists import permits

if TYPE_CHECKING:
    from collections.abc import Iterable
    from ipaddress import IPv4Address

    from mcastlab.ios.configuration import Tree
    from mcastlab.ios.show.multicast import RpMapping


def rp_of(mappings: Iterable[RpMapping], tree: Tree, group: IPv4Address) -> IPv4Address | None:
    """Return the rendezvous point of a group, or None.

    What a router learns goes before a static one, unless that says ``override``, even where the static one's access
    list is narrower. Of what is learnt the longest match counts, then Auto-RP before the bootstrap router, whose lowest
    priority and highest hash come next. Of static ones that serve a group the highest address counts.

    Args:
        mappings: what ``show ip pim rp mapping`` says.
        tree: the configuration, which has the access lists.
        group: the group's address.
    """
    serving = [
        mapping
        for mapping in mappings
        if (group in mapping.groups if mapping.groups is not None else permits(tree, mapping.access_list, group))
    ]
    static = [mapping for mapping in serving if mapping.static]
    for decisive in ([each for each in static if each.override], [each for each in serving if not each.static]):
        if decisive:
            best = max(decisive, key=_address if decisive[0].static else _learnt)
            return None if best.negative else best.rp
    return max((mapping.rp for mapping in static), default=None)


def _address(mapping: RpMapping) -> tuple[int, ...]:
    return (int(mapping.rp),)


def _learnt(mapping: RpMapping) -> tuple[int, ...]:
    length = 0 if mapping.groups is None else mapping.groups.prefixlen
    return (length, mapping.negative, mapping.auto_rp, -mapping.priority, _hash(mapping.rp), int(mapping.rp))


def _hash(candidate: IPv4Address) -> int:
    """Return the value by which a candidate is chosen; the hash mask is IOS's own default, of no bits of the group."""
    return (1103515245 * ((1103515245 * 0 + 12345) ^ int(candidate)) + 12345) % 2**31
