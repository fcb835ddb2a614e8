"""Which rendezvous point a router has for a group.

Source: Cisco IOS IP Multicast Command Reference, ip pim rp-address: what a router learns by Auto-RP or BSR goes before
a static one, unless that says ``override``, even where the static one's access list is narrower; then the longest
match counts, and of several the highest address.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mcastlab.ios.access_lists import permits

if TYPE_CHECKING:
    from collections.abc import Iterable
    from ipaddress import IPv4Address

    from mcastlab.ios.configuration import Tree
    from mcastlab.ios.show.multicast import RpMapping

_HOST: Final = 32


def rp_of(mappings: Iterable[RpMapping], tree: Tree, group: IPv4Address) -> IPv4Address | None:
    """Return the rendezvous point of a group, or None.

    Args:
        mappings: what ``show ip pim rp mapping`` says.
        tree: the configuration, which has the access lists.
        group: the group's address.
    """
    serving = [
        (_rank(mapping), _HOST if mapping.groups is None else mapping.groups.prefixlen, mapping.negative, mapping.rp)
        for mapping in mappings
        if (group in mapping.groups if mapping.groups is not None else permits(tree, mapping.access_list, group))
    ]
    _, _, negative, point = max(serving, default=(0, 0, True, None))
    return None if negative else point


def _rank(mapping: RpMapping) -> int:
    if not mapping.static:
        return 1
    return 2 if mapping.override else 0
