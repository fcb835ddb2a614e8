"""pimd's JSON read into the values that the show commands print, with IOS's flags. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Any, Final

from iosxe.state import LiveIgmpGroup, LiveMroute, LiveOutgoingInterface, LivePimNeighbor, RpfResult

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from iosxe.intent import RendezvousPoint

Json = dict[str, Any]

_REGISTER_INTERFACE: Final = "pimreg"
_UNKNOWN: Final = IPv4Address(0)
_address = lru_cache(maxsize=16384)(IPv4Address)
"""The same thousands of groups are read again and again."""
_CLOCKS: Final = 4096
"""Of thousands of routes, most were made at a few moments."""


@lru_cache(maxsize=_CLOCKS)
def seconds(clock: str) -> float | None:
    """Return the seconds of ``HH:MM:SS``, ``MM:SS`` or ``1d02h03m``; None for ``--:--:--``.

    >>> seconds("01:02:03"), seconds("03:27"), seconds("1d02h03m"), seconds("--:--:--")
    (3723.0, 207.0, 93780.0, None)
    """
    if "-" in clock:
        return None
    if ":" not in clock:
        units = {"w": 604800, "d": 86400, "h": 3600, "m": 60}
        total, digits = 0, ""
        for character in clock:
            if character.isdigit():
                digits += character
            else:
                total, digits = total + int(digits) * units[character], ""
        return float(total)
    total = 0
    for part in clock.split(":"):
        total = total * 60 + int(part)
    return float(total)


def pim_neighbors(
    shown: Json, name: Callable[[str], str], is_lan: Callable[[str], bool]
) -> tuple[LivePimNeighbor, ...]:
    """Return the neighbours in ``show ip pim neighbor json``.

    The designated router among them is named on a LAN only: a point-to-point interface of IOS has none.
    """
    found = []
    for device, neighbors in shown.items():
        highest = max(
            ((each.get("drPriority", 1), IPv4Address(address)) for address, each in neighbors.items()), default=None
        )
        for address, each in neighbors.items():
            rank = (each.get("drPriority", 1), IPv4Address(address))
            found.append(
                LivePimNeighbor(
                    address=IPv4Address(address),
                    interface=name(device),
                    uptime_s=seconds(each["upTime"]) or 0,
                    expires_s=seconds(each["holdTime"]) or 0,
                    dr_priority=rank[0],
                    is_dr=is_lan(device) and rank == highest,
                )
            )
    return tuple(sorted(found, key=lambda each: (each.interface, each.address)))


def igmp_groups(
    shown: Json, name: Callable[[str], str], reporter: Callable[[str, IPv4Address], IPv4Address | None]
) -> tuple[LiveIgmpGroup, ...]:
    """Return the groups in ``show ip igmp groups json``.

    pimd does not tell who reported last; where `reporter` does not either, it is 0.0.0.0.
    """
    found = []
    for device, interface in shown.items():
        if not isinstance(interface, dict):
            continue
        for each in interface.get("groups", ()):
            group = IPv4Address(each["group"])
            found.append(
                LiveIgmpGroup(
                    group=group,
                    interface=name(device),
                    uptime_s=seconds(each["uptime"]) or 0,
                    expires_s=seconds(each["timer"]),
                    last_reporter=reporter(device, group) or _UNKNOWN,
                )
            )
    return tuple(sorted(found, key=lambda each: (each.group, each.interface)))


def igmp_queriers(shown: Json, name: Callable[[str], str]) -> dict[str, IPv4Address]:
    """Return the queriers in ``show ip igmp interface json``, by interface."""
    return {
        name(device): IPv4Address(each["querierIp"] if "querierIp" in each else each["address"])
        for device, each in shown.items()
        if isinstance(each, dict) and ("querierIp" in each or each.get("querier") == "local")
    }


@dataclass(frozen=True, kw_only=True)
class MrouteContext:
    """What the multicast routing table needs besides pimd's own tables."""

    name: Callable[[str], str]
    """An interface's IOS name by its kernel name."""
    own_addresses: frozenset[IPv4Address]
    rendezvous_points: tuple[RendezvousPoint, ...]
    local_groups: frozenset[IPv4Address]
    """The groups that the router itself joined."""
    rpf: Mapping[IPv4Address, RpfResult | None]
    """The reverse path of every source and rendezvous point, see `lookups`."""

    @cached_property
    def _ranges(self) -> tuple[tuple[int, Mapping[int, IPv4Address]], ...]:
        """The ranges' masks, longest first, with the RP of each range by its address."""
        found: dict[int, dict[int, IPv4Address]] = {}
        for point in self.rendezvous_points:
            for prefix in point.groups:
                ranges = found.setdefault(int(prefix.netmask), {})
                start = int(prefix.network_address)
                ranges[start] = max(point.address, ranges.get(start, point.address))
        return tuple(sorted(found.items(), reverse=True))

    def rendezvous_point(self, group: IPv4Address) -> IPv4Address | None:
        """Return the RP of a group: the one with the longest range that holds it, the highest of several."""
        number = int(group)
        return next((ranges[number & mask] for mask, ranges in self._ranges if number & mask in ranges), None)


@dataclass(frozen=True, kw_only=True)
class Shown:
    """pimd's tables as JSON: ``show ip mroute``, ``pim upstream``, ``pim join``, ``igmp groups``, ``mroute count``."""

    mroute: Json
    upstream: Json
    join: Json
    igmp: Json
    count: Json = field(default_factory=dict)
    """``show ip mroute count``."""

    @cached_property
    def members(self) -> Mapping[str, Mapping[str, Json]]:
        """The groups with members, by interface: each route of thousands looks here for its own."""
        return {
            device: {each["group"]: each for each in interface.get("groups", ())}
            for device, interface in self.igmp.items()
            if isinstance(interface, dict)
        }

    @cached_property
    def connected(self) -> frozenset[str]:
        """The groups that have members on some interface."""
        return frozenset(group for groups in self.members.values() for group in groups)


def sent_to(mroute: Json, own: frozenset[IPv4Address]) -> list[str]:
    """Return the groups to which somebody sends; what the router itself sends there does not count."""
    none = {"*", *map(str, own)}
    return [group for group, entries in mroute.items() if entries.keys() - none]


def lookups(shown: Shown, points: Iterable[RendezvousPoint]) -> frozenset[IPv4Address]:
    """Return the addresses whose reverse path `mroutes` needs."""
    sources = {_address(source) for entries in shown.mroute.values() for source in entries if source != "*"}
    return frozenset(sources | {point.address for point in points})


def mroutes(shown: Shown, context: MrouteContext) -> tuple[LiveMroute, ...]:
    """Return the multicast routing table, each (*, G) before its (S, G).

    IOS has a (*, G) for every (S, G); where pimd has none, it is added, without outgoing interfaces. pimd makes an
    (S, G) of its own IGMP reports, which IOS does not; those of own addresses are left out.
    """
    found: list[LiveMroute] = []
    for group, text in sorted((_address(text), text) for text in shown.mroute):
        entries: Json = shown.mroute[text]
        sources = sorted(_address(each) for each in entries if each != "*")
        specific = [
            _specific(source, group, shown, context) for source in sources if source not in context.own_addresses
        ]
        if "*" in entries or specific:
            found.append(_shared(group, text, specific, shown, context))
        found += specific
    return tuple(found)


def _upstream(shown: Shown, group: IPv4Address, source: str) -> Json:
    entry: Json = shown.upstream.get(str(group), {}).get(source, {})
    return entry


def _outgoing(
    entry: Json, group: str, source: str, shown: Shown, name: Callable[[str], str]
) -> tuple[LiveOutgoingInterface, ...]:
    return tuple(
        LiveOutgoingInterface(
            interface=name(device),
            uptime_s=seconds(each["upTime"]) or 0,
            expires_s=_expires(device, group, source, shown),
        )
        for device, each in sorted(entry.get("oil", {}).items())
        if device not in (_REGISTER_INTERFACE, entry.get("iif"))
    )


def _expires(device: str, group: str, source: str, shown: Shown) -> float | None:
    """When an outgoing interface runs out: its join's timer, else the shared tree's, else its members'."""
    joins = shown.join.get(device, {}).get(group, {})
    for each in (source, "*"):
        if each in joins and (time := seconds(joins[each]["expire"])) is not None:
            return time
    member = shown.members.get(device, {}).get(group)
    return None if member is None else seconds(member["timer"])


def _shared(
    group: IPv4Address, text: str, specific: list[LiveMroute], shown: Shown, context: MrouteContext
) -> LiveMroute:
    entry: Json | None = shown.mroute[text].get("*")
    point = context.rendezvous_point(group)
    outgoing = () if entry is None else _outgoing(entry, text, "*", shown, context.name)
    connected = text in shown.connected
    flags = "S"
    # The threshold for the shortest-path tree is 0, so whoever has members joins it with the first packet.
    flags += "J" if connected else ""
    flags += "" if outgoing else "P"
    flags += "C" if connected else ""
    flags += "L" if group in context.local_groups else ""
    flags += "F" if any("F" in each.flags for each in specific) else ""
    own = point is not None and point in context.own_addresses
    path = None if point is None or own else context.rpf.get(point)
    uptime = max((each.uptime_s for each in specific), default=0.0) if entry is None else seconds(entry["upTime"]) or 0
    return LiveMroute(
        source=None,
        group=group,
        rendezvous_point=point,
        flags=flags,
        uptime_s=uptime,
        expires_s=max((each.expires_s for each in outgoing if each.expires_s is not None), default=None),
        incoming_interface=None if path is None else path.interface,
        rpf_neighbor=None if path is None else path.neighbor,
        rpf_is_mroute=path is not None and path.kind == "multicast (static)",
        registering=False,
        outgoing=outgoing,
        **_counted(text, "*", shown),
    )


def _counted(group: str, source: str, shown: Shown) -> dict[str, int]:
    if not shown.count:
        return {}
    counted: Json = shown.count.get(group, {}).get(source, {})
    names = {"packets": "packets", "bytes": "bytes", "wrong_interface": "wrongIf"}
    return {ours: int(counted.get(theirs, 0)) for ours, theirs in names.items()}


def _specific(source: IPv4Address, group: IPv4Address, shown: Shown, context: MrouteContext) -> LiveMroute:
    entry: Json = shown.mroute[str(group)][str(source)]
    upstream = _upstream(shown, group, str(source))
    outgoing = _outgoing(entry, str(group), str(source), shown, context.name)
    first_hop = bool(upstream.get("firstHopRouter")) or "F" in entry.get("flags", "")
    point = context.rendezvous_point(group)
    is_rp = point is not None and point in context.own_addresses
    path = context.rpf.get(source)
    flags = "" if outgoing else "P"
    flags += "L" if group in context.local_groups else ""
    flags += "F" if first_hop and not is_rp else ""
    flags += "J" if upstream.get("lastHopRouter") and not first_hop else ""
    # A first hop has nothing nearer to the source to wait for; for a joined one, data set the keepalive timer.
    joined = upstream.get("joinState") == "Joined" and seconds(upstream.get("keepaliveTimer", "--:--:--")) is not None
    flags += "T" if first_hop or joined or upstream.get("sptBit") else ""
    incoming = entry.get("iif")
    return LiveMroute(
        source=source,
        group=group,
        rendezvous_point=point,
        flags=flags,
        uptime_s=seconds(entry["upTime"]) or 0,
        expires_s=seconds(upstream.get("keepaliveTimer", "--:--:--")),
        incoming_interface=context.name(incoming) if incoming and incoming != "<iif?>" else None,
        rpf_neighbor=None if path is None else path.neighbor,
        rpf_is_mroute=path is not None and path.kind == "multicast (static)",
        registering=upstream.get("regState") == "RegJoined" and not is_rp,
        outgoing=outgoing,
        **_counted(str(group), str(source), shown),
    )
