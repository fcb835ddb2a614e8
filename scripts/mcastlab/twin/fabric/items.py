"""The pieces of the fabric that the kernel holds, as values that say how they are made and unmade.

A piece has an identity (`key`) and a content. Pieces of equal key and other content are one piece that changed: it is
made anew in place where the kernel can replace it in one step, else unmade and made.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, ClassVar, Literal

if TYPE_CHECKING:
    from collections.abc import Hashable
    from ipaddress import IPv4Address, IPv4Interface, IPv4Network

Tool = Literal["sysctl", "nft", "ip", "bridge"]
Place = tuple[str, str]
"""A namespace and a link in it."""


class Phase(IntEnum):
    """What must stand before what: namespaces, then the links between them, then all within a namespace."""

    NAMESPACE = 0
    LINK = 1
    SETUP = 2


@dataclass(frozen=True, slots=True)
class Line:
    """A line for one of the tools: ``ip -batch``, ``bridge -batch``, ``nft -f``, or ``KEY=VALUE`` for a sysctl."""

    tool: Tool
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Namespace:
    """A network namespace of the vessel, with settings that do not depend on the machine's."""

    phase: ClassVar = Phase.NAMESPACE
    in_place: ClassVar = False
    name: str
    forwards: bool = False
    bridges: bool = False

    @property
    def key(self) -> Hashable:
        """Identity."""
        return Namespace, self.name

    @property
    def netns(self) -> str | None:
        """Namespaces are made from the vessel's own."""
        return None

    @property
    def needs(self) -> frozenset[Place]:
        """It stands on no link."""
        return frozenset()

    def up(self) -> tuple[Line, ...]:
        """How it is made."""
        return (Line("ip", f"netns add {self.name}"),)

    def down(self) -> tuple[Line, ...]:
        """How it is unmade."""
        return (Line("ip", f"netns del {self.name}"),)

    def settings(self) -> tuple[Line, ...]:
        """Settings to make before any link stands in it: new links inherit them, and the machine's leak in else."""
        names = [
            ("ipv4/ip_forward", int(self.forwards)),
            *((f"ipv4/conf/{scope}/rp_filter", 0) for scope in ("all", "default")),
            *((f"ipv4/conf/{scope}/send_redirects", 0) for scope in ("all", "default")),
            *((f"ipv4/conf/{scope}/accept_redirects", 0) for scope in ("all", "default")),
            *((f"ipv6/conf/{scope}/disable_ipv6", 1) for scope in ("all", "default")),
            # GRE flows of an idle lab live on between PIM hellos.
            ("netfilter/nf_conntrack_gre_timeout", 600),
            ("netfilter/nf_conntrack_gre_timeout_stream", 600),
        ]
        if self.bridges:
            names.append(("bridge/bridge-nf-call-iptables", 0))
        return (*(Line("sysctl", f"{name}={value}") for name, value in names), Line("ip", "link set lo up"))


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """One end of a link. MTU in bytes of the IP packet."""

    netns: str
    name: str
    mtu: int = 1500


@dataclass(frozen=True, slots=True, kw_only=True)
class Veth:
    """A link between two namespaces."""

    phase: ClassVar = Phase.LINK
    in_place: ClassVar = False
    near: End
    far: End

    @property
    def key(self) -> Hashable:
        """Identity."""
        return Veth, self.near.netns, self.near.name

    @property
    def netns(self) -> str | None:
        """Where it is unmade; it is made from the vessel's own namespace."""
        return self.near.netns

    @property
    def needs(self) -> frozenset[Place]:
        """It stands on no link."""
        return frozenset()

    def up(self) -> tuple[Line, ...]:
        """How it is made."""
        near, far = self.near, self.far
        return (
            Line(
                "ip",
                f"link add {near.name} mtu {near.mtu} netns {near.netns} type veth"
                f" peer name {far.name} mtu {far.mtu} netns {far.netns}",
            ),
        )

    def down(self) -> tuple[Line, ...]:
        """How it is unmade: in the near namespace, which both ends leave together."""
        return (Line("ip", f"link del {self.near.name}"),)


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkUp:
    """An end of a link that is up; `noarp` where packets come and go by nftables alone."""

    phase: ClassVar = Phase.SETUP
    in_place: ClassVar = False
    netns: str
    link: str
    noarp: bool = False

    @property
    def key(self) -> Hashable:
        """Identity."""
        return LinkUp, self.netns, self.link

    @property
    def needs(self) -> frozenset[Place]:
        """The links that it stands on: it goes with them."""
        return frozenset({(self.netns, self.link)})

    def up(self) -> tuple[Line, ...]:
        """How it is made."""
        return (Line("ip", f"link set {self.link} up{' arp off' if self.noarp else ''}"),)

    def down(self) -> tuple[Line, ...]:
        """How it is unmade."""
        return (Line("ip", f"link set {self.link} down"),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sysctl:
    """A setting of one link; goes with the link."""

    phase: ClassVar = Phase.SETUP
    in_place: ClassVar = True
    netns: str
    link: str
    name: str
    value: int

    @property
    def key(self) -> Hashable:
        """Identity."""
        return Sysctl, self.netns, self.name

    @property
    def needs(self) -> frozenset[Place]:
        """The links that it stands on: it goes with them."""
        return frozenset({(self.netns, self.link)})

    def up(self) -> tuple[Line, ...]:
        """How it is made."""
        return (Line("sysctl", f"{self.name}={self.value}"),)

    def down(self) -> tuple[Line, ...]:
        """Nothing: the link that it belongs to goes too."""
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """An address of a link."""

    phase: ClassVar = Phase.SETUP
    in_place: ClassVar = False
    netns: str
    link: str
    address: IPv4Interface

    @property
    def key(self) -> Hashable:
        """Identity."""
        return Address, self.netns, self.link, self.address

    @property
    def needs(self) -> frozenset[Place]:
        """The links that it stands on: it goes with them."""
        return frozenset({(self.netns, self.link)})

    def up(self) -> tuple[Line, ...]:
        """How it is made."""
        return (Line("ip", f"addr add {self.address} dev {self.link}"),)

    def down(self) -> tuple[Line, ...]:
        """How it is unmade."""
        return (Line("ip", f"addr del {self.address} dev {self.link}"),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A route of a kernel table. A next hop is taken as on the link, whatever the link's addresses are."""

    phase: ClassVar = Phase.SETUP
    in_place: ClassVar = True
    netns: str
    prefix: IPv4Network
    table: int | Literal["main"] = "main"
    kind: Literal["unicast", "blackhole", "throw"] = "unicast"
    via: IPv4Address | None = None
    link: str | None = None
    metric: int = 0

    @property
    def key(self) -> Hashable:
        """Identity: what the kernel replaces."""
        return Route, self.netns, self.table, self.prefix, self.metric

    @property
    def needs(self) -> frozenset[Place]:
        """The links that it stands on: it goes with them."""
        return frozenset({(self.netns, self.link)}) if self.link else frozenset()

    def up(self) -> tuple[Line, ...]:
        """How it is made."""
        hop = f" via {self.via}" if self.via else ""
        link = f" dev {self.link}" if self.link else ""
        onlink = " onlink" if self.via and self.link else ""
        return (Line("ip", f"route replace {self._what}{hop}{link}{onlink}"),)

    def down(self) -> tuple[Line, ...]:
        """How it is unmade."""
        return (Line("ip", f"route del {self._what}"),)

    @property
    def _what(self) -> str:
        kind = "" if self.kind == "unicast" else f"{self.kind} "
        metric = f" metric {self.metric}" if self.metric else ""
        return f"{kind}{self.prefix} table {self.table}{metric}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyRule:
    """A routing policy rule: in order of preference, what arrives by `iif` is looked up in `table`.

    No table drops; `forwarded` leaves out what the namespace itself sends.
    """

    phase: ClassVar = Phase.SETUP
    in_place: ClassVar = False
    netns: str
    preference: int
    iif: str | None = None
    forwarded: bool = False
    table: int | None = None

    @property
    def key(self) -> Hashable:
        """Identity."""
        return PolicyRule, self.netns, self.preference, self.iif, self.table

    @property
    def needs(self) -> frozenset[Place]:
        """It stands on no link."""
        return frozenset()

    def up(self) -> tuple[Line, ...]:
        """How it is made."""
        return (Line("ip", f"rule add {self._what}"),)

    def down(self) -> tuple[Line, ...]:
        """How it is unmade."""
        return (Line("ip", f"rule del {self._what}"),)

    @property
    def _what(self) -> str:
        who = f" iif {self.iif}" if self.iif else (" not iif lo" if self.forwarded else "")
        what = "blackhole" if self.table is None else f"lookup {self.table}"
        return f"pref {self.preference}{who} {what}"


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


Item = Namespace | Veth | LinkUp | Sysctl | Address | Route | PolicyRule | Bridge | BridgePort | GroupPort | Filter
