"""Which groups of the blocks are wanted, and by whom. Pure.

Demand is receivers, never sources: a group is wanted while the rendezvous point leads it to a remote site, or the
gateway lists a member that is not the AWS router. The router's own membership, and what follows from it, is none.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from ipaddress import IPv4Address

    from mcastlab.follow.reading import GatewayReading, RouterReading


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """What devices want at one moment."""

    wanted: Mapping[IPv4Address, frozenset[str]] = field(default_factory=dict)
    """Who wants each group: sites, and hosts by name; interfaces where a name is not known."""
    sending: Mapping[IPv4Address, frozenset[str]] = field(default_factory=dict)
    """Remote sources of the groups that nobody wants."""


def demand_of(router: RouterReading, gateway: GatewayReading, names: Mapping[str, str]) -> Demand:
    """Return what devices want.

    Args:
        router: what the rendezvous point knows.
        gateway: what the gateway knows.
        names: the names of sites by their tunnel's interface, and of hosts by their network interface.
    """
    wanted: dict[IPv4Address, frozenset[str]] = {}
    for seen in (router.receivers, gateway.members):
        for group, interfaces in seen.items():
            who = frozenset(names.get(each, each) for each in interfaces)
            if who:
                wanted[group] = wanted.get(group, frozenset()) | who
    sending = {group: frozenset(map(str, sources)) for group, sources in router.sources.items() if group not in wanted}
    return Demand(wanted=wanted, sending=sending)
