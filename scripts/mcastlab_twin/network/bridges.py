"""Bridges with IGMP snooping, their ports and registered members, and packet filters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from mcastlab_twin.network.piece import Line, Phase, Place

if TYPE_CHECKING:
    from collections.abc import Hashable
    from ipaddress import IPv4Address


@dataclass(frozen=True, slots=True, kw_only=True)
class Bridge:
    """A bridge. `setup` are further ``ip link set ... type bridge`` arguments, one command each, in order."""

    phase: ClassVar = Phase.SETUP
    in_place: ClassVar = False
    netns: str
    name: str
    options: str = ""
    setup: tuple[str, ...] = ()

    @property
    def key(self) -> Hashable:
        """Identity."""
        return Bridge, self.netns, self.name

    @property
    def needs(self) -> frozenset[Place]:
        """It stands on no link."""
        return frozenset()

    def up(self) -> tuple[Line, ...]:
        """How it is made."""
        return (
            Line("ip", f"link add {self.name} type bridge {self.options}".rstrip()),
            *(Line("ip", f"link set {self.name} type bridge {options}") for options in self.setup),
            Line("ip", f"link set {self.name} up"),
        )

    def down(self) -> tuple[Line, ...]:
        """How it is unmade."""
        return (Line("ip", f"link del {self.name}"),)


@dataclass(frozen=True, slots=True, kw_only=True)
class BridgePort:
    """A link that is a port of a bridge, and up."""

    phase: ClassVar = Phase.SETUP
    in_place: ClassVar = False
    netns: str
    link: str
    bridge: str
    options: str = ""

    @property
    def key(self) -> Hashable:
        """Identity."""
        return BridgePort, self.netns, self.link

    @property
    def needs(self) -> frozenset[Place]:
        """The links that it stands on: it goes with them."""
        return frozenset({(self.netns, self.link)})

    def up(self) -> tuple[Line, ...]:
        """How it is made."""
        slave = (Line("ip", f"link set {self.link} type bridge_slave {self.options}"),) if self.options else ()
        return (
            Line("ip", f"link set {self.link} master {self.bridge}"),
            *slave,
            Line("ip", f"link set {self.link} up"),
        )

    def down(self) -> tuple[Line, ...]:
        """How it is unmade."""
        return (Line("ip", f"link set {self.link} nomaster"),)


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupPort:
    """A bridge port that a multicast group is forwarded to, whether or not it reports membership."""

    phase: ClassVar = Phase.SETUP
    in_place: ClassVar = False
    netns: str
    bridge: str
    link: str
    group: IPv4Address

    @property
    def key(self) -> Hashable:
        """Identity."""
        return GroupPort, self.netns, self.link, self.group

    @property
    def needs(self) -> frozenset[Place]:
        """The links that it stands on: it goes with them."""
        return frozenset({(self.netns, self.link)})

    def up(self) -> tuple[Line, ...]:
        """How it is made."""
        return (Line("bridge", f"mdb add dev {self.bridge} port {self.link} grp {self.group} permanent"),)

    def down(self) -> tuple[Line, ...]:
        """How it is unmade."""
        return (Line("bridge", f"mdb del dev {self.bridge} port {self.link} grp {self.group}"),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """An nftables table; a change replaces it in one transaction, and what conntrack knows stays known."""

    phase: ClassVar = Phase.SETUP
    in_place: ClassVar = True
    netns: str
    family: Literal["ip", "inet", "netdev", "bridge"]
    name: str
    links: tuple[str, ...] = ()
    """The links that it hooks into or hands packets to."""
    body: str
    """Its chains, one line each; nftables 1.0.6 wants a newline before a closing brace."""

    @property
    def key(self) -> Hashable:
        """Identity."""
        return Filter, self.netns, self.family, self.name

    @property
    def needs(self) -> frozenset[Place]:
        """The links that it stands on: it goes with them."""
        return frozenset((self.netns, link) for link in self.links)

    def up(self) -> tuple[Line, ...]:
        """How it is made."""
        table = f"table {self.family} {self.name}"
        return (Line("nft", f"{table} {{\n}}\ndelete {table}\n{table} {{\n{self.body}\n}}"),)

    def down(self) -> tuple[Line, ...]:
        """How it is unmade."""
        return (Line("nft", f"delete table {self.family} {self.name}"),)
