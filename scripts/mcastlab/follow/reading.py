"""What a follower reads: the rendezvous point's multicast routes, and the gateway's members. Pure.

A rendezvous point with thousands of groups prints a megabyte. What follows needs of it is looked for entry by entry,
where TextFSM would take seconds.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Final, TypeAlias

from mcastlab.ios.show.tables import UnreadableError
from mcastlab.lab.blocks import block_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mcastlab.lab.model import GroupBlock

MROUTES: Final = "show ip mroute"
_HEAD: Final = "IP Multicast Routing Table"
_ENTRY: Final = re.compile(r"(\*|\d+\.\d+\.\d+\.\d+), ?(\d+\.\d+\.\d+\.\d+)\), ")
_INCOMING: Final = "  Incoming interface: "
_OUTGOING: Final = "  Outgoing interface list:"
_FORWARDS: Final = ", Forward/"
_NO_INTERFACE: Final = "Null"
_address = lru_cache(maxsize=16384)(IPv4Address)
"""The same thousands of groups are read again and again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RouterReading:
    """What the rendezvous point knows of the blocks' groups."""

    receivers: Mapping[IPv4Address, frozenset[str]] = field(default_factory=dict)
    """The outgoing interfaces, besides the VPC's, towards receivers of each group."""
    sources: Mapping[IPv4Address, frozenset[IPv4Address]] = field(default_factory=dict)
    """The remote sources of each group."""
    to_vpc: frozenset[IPv4Address] = frozenset()
    """The groups that are forwarded to the VPC, because the router takes part in them there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayReading:
    """What the gateway knows of the blocks' groups."""

    members: Mapping[IPv4Address, frozenset[str]] = field(default_factory=dict)
    """The network interfaces, besides those of the AWS router, that are members of each group."""
    own: frozenset[IPv4Address] = frozenset()
    """The groups that the AWS router is a member of."""
    registered: frozenset[IPv4Address] = frozenset()
    """Those of them that the API registered it in."""
    total: int = 0
    """Members of all groups of the domain, the router's memberships included."""
    calls: int = 1
    """How often AWS was asked for this: once for each page."""


def read_router(text: str, blocks: Sequence[GroupBlock], vpc_interface: str) -> RouterReading:
    """Return what ``show ip mroute`` says of the blocks' groups.

    Raises:
        UnreadableError: the router does not route multicast, or prints something else.
    """
    if _HEAD not in text:
        raise UnreadableError(MROUTES, text.strip().partition("\n")[0], expected="the multicast routing table")
    _, *entries = text.split("\n(")
    return gathered(filter(None, (_route(entry, blocks) for entry in entries)), vpc_interface)


GroupRoute: TypeAlias = "tuple[str, IPv4Address, str | None, Sequence[str]]"
"""Source or ``*``, group, incoming interface, and the outgoing ones that forward."""


def gathered(routes: Iterable[GroupRoute], vpc_interface: str) -> RouterReading:
    """Return what multicast routes say of their groups.

    A receiver is an interface that the shared tree leads to, or the tree of a source in the VPC. What flows from one
    remote site to another needs no join: its receivers are on the shared tree too.
    """
    receivers: dict[IPv4Address, set[str]] = {}
    sources: dict[IPv4Address, set[IPv4Address]] = {}
    to_vpc: set[IPv4Address] = set()
    for source, group, incoming, outgoing in routes:
        beyond = [name for name in outgoing if name != vpc_interface]
        if len(beyond) < len(outgoing):
            to_vpc.add(group)
        if source == "*" or incoming == vpc_interface:
            if beyond:
                receivers.setdefault(group, set()).update(beyond)
        elif incoming not in {None, _NO_INTERFACE}:
            sources.setdefault(group, set()).add(IPv4Address(source))
    return RouterReading(
        receivers={group: frozenset(names) for group, names in receivers.items()},
        sources={group: frozenset(addresses) for group, addresses in sources.items()},
        to_vpc=frozenset(to_vpc),
    )


def _route(entry: str, blocks: Sequence[GroupBlock]) -> GroupRoute | None:
    """Return an entry of the table, whose bracket is gone; None where its group is in no block."""
    head, _, rest = entry.partition("\n")
    found = _ENTRY.match(head)
    if found is None:
        raise UnreadableError(MROUTES, f"({head}", expected="a source and a group")
    group = _address(found[2])
    if block_of(group, blocks) is None:
        return None
    _, has_incoming, incoming = rest.partition(_INCOMING)
    _, has_outgoing, outgoing = incoming.partition(_OUTGOING)
    if not (has_incoming and has_outgoing):
        raise UnreadableError(MROUTES, f"({head}", expected="the interfaces of every route")
    names = [line.strip().partition(",")[0] for line in outgoing.splitlines()[1:] if _FORWARDS in line]
    return found[1], group, incoming.partition("\n")[0].partition(",")[0], names


MROUTE_COUNTS: Final = "show ip mroute count"
_COUNTED_GROUP: Final = re.compile(r"^Group: (\d+\.\d+\.\d+\.\d+),")
_COUNTED: Final = re.compile(r"^ .*\bForwarding: (\d+)/")


def read_packets(text: str, blocks: Sequence[GroupBlock]) -> Mapping[IPv4Address, int]:
    """Return how many packets ``show ip mroute count`` says that the router has forwarded of the blocks' groups.

    What it does not say in this form is left out: no join depends on it.
    """
    found: dict[IPv4Address, int] = {}
    group: IPv4Address | None = None
    for line in text.splitlines():
        head = _COUNTED_GROUP.match(line)
        if head is not None:
            group = IPv4Address(head[1])
            group = None if block_of(group, blocks) is None else group
        elif group is not None and (counted := _COUNTED.match(line)) is not None:
            found[group] = found.get(group, 0) + int(counted[1])
    return found


_JOINED: Final = re.compile(r"^ ip igmp (join|static)-group (\d+\.\d+\.\d+\.\d+)\s*$", re.MULTILINE)


@dataclass(frozen=True, slots=True, order=True)
class IgmpLine:
    """A line of the VPC's interface by which the AWS router takes part in a group."""

    group: IPv4Address
    via: str
    """``join`` or ``static``."""

    @property
    def text(self) -> str:
        """The line as the router prints it."""
        return f"ip igmp {self.via}-group {self.group}"


def read_lines(text: str, blocks: Sequence[GroupBlock]) -> frozenset[IgmpLine]:
    """Return the lines of an interface's configuration that are about groups of the blocks.

    Raises:
        UnreadableError: the router does not show the whole section.
    """
    if text.rstrip().rpartition("\n")[2].strip() != "end":
        raise UnreadableError("show running-config interface", text.strip().rpartition("\n")[2], expected="its end")
    found = (IgmpLine(IPv4Address(group), via) for via, group in _JOINED.findall(text))
    return frozenset(line for line in found if block_of(line.group, blocks) is not None)
