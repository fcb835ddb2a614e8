"""The pieces of the network that the kernel holds, as values that say how they are made and unmade. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from mcastlab_twin.network.piece import Phase, Piece, Place, ToolLine

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator
    from ipaddress import IPv4Address, IPv4Interface, IPv4Network


@dataclass(frozen=True, slots=True, kw_only=True)
class _InNamespace(Piece):
    netns: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _OnLink(_InNamespace):
    link: str

    @property
    def needs(self) -> frozenset[Place]:
        """The link that it stands on."""
        return frozenset({(self.netns, self.link)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Namespace(Piece):
    """A network namespace of the sandbox, with settings that do not depend on the machine's.

    It belongs to a user namespace of its own, so that a node's root can be given it, and nothing else.
    """

    phase: ClassVar = Phase.NAMESPACE
    identity: ClassVar = ("name",)
    name: str
    forwards: bool = False
    bridges: bool = False

    @property
    def netns(self) -> None:
        """Namespaces are made from the sandbox's own."""
        return

    def _up(self) -> Iterator[ToolLine]:
        yield ToolLine("netns", f"add {self.name}")

    def _down(self) -> Iterator[ToolLine]:
        yield ToolLine("netns", f"del {self.name}")

    def settings(self) -> tuple[ToolLine, ...]:
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
        return (*(ToolLine("sysctl", f"{name}={value}") for name, value in names), ToolLine("ip", "link set lo up"))


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkEnd:
    """One end of a link. MTU in bytes of the IP packet."""

    netns: str
    name: str
    mtu: int = 1500


@dataclass(frozen=True, slots=True, kw_only=True)
class Veth(Piece):
    """A link between two namespaces, made from the sandbox's own and unmade in the near one, which both ends leave."""

    phase: ClassVar = Phase.LINK
    near: LinkEnd
    far: LinkEnd

    @property
    def key(self) -> Hashable:
        """Identity."""
        return Veth, self.near.netns, self.near.name

    @property
    def netns(self) -> str:
        """Where it is unmade."""
        return self.near.netns

    def _up(self) -> Iterator[ToolLine]:
        near, far = self.near, self.far
        yield ToolLine(
            "ip",
            f"link add {near.name} mtu {near.mtu} netns {near.netns} type veth"
            f" peer name {far.name} mtu {far.mtu} netns {far.netns}",
        )

    def _down(self) -> Iterator[ToolLine]:
        yield ToolLine("ip", f"link del {self.near.name}")


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkUp(_OnLink):
    """An end of a link that is up; `noarp` where packets come and go by nftables alone."""

    identity: ClassVar = ("netns", "link")
    noarp: bool = False

    def _up(self) -> Iterator[ToolLine]:
        yield ToolLine("ip", f"link set {self.link} up{' arp off' if self.noarp else ''}")

    def _down(self) -> Iterator[ToolLine]:
        yield ToolLine("ip", f"link set {self.link} down")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sysctl(_OnLink):
    """A setting of one link; goes with the link."""

    in_place: ClassVar = True
    identity: ClassVar = ("netns", "name")
    name: str
    value: int

    def _up(self) -> Iterator[ToolLine]:
        yield ToolLine("sysctl", f"{self.name}={self.value}")

    def _down(self) -> Iterator[ToolLine]:
        yield from ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Address(_OnLink):
    """An address of a link."""

    identity: ClassVar = ("netns", "link", "address")
    address: IPv4Interface

    def _up(self) -> Iterator[ToolLine]:
        yield ToolLine("ip", f"addr add {self.address} dev {self.link}")

    def _down(self) -> Iterator[ToolLine]:
        yield ToolLine("ip", f"addr del {self.address} dev {self.link}")


@dataclass(frozen=True, slots=True, kw_only=True)
class FabricRoute(_InNamespace):
    """A route of a kernel table. A next hop is taken as on the link, whatever the link's addresses are."""

    in_place: ClassVar = True
    identity: ClassVar = ("netns", "table", "prefix", "metric")
    """What the kernel replaces."""
    prefix: IPv4Network
    table: int | Literal["main"] = "main"
    kind: Literal["unicast", "blackhole", "throw"] = "unicast"
    via: IPv4Address | None = None
    link: str | None = None
    metric: int = 0

    @property
    def needs(self) -> frozenset[Place]:
        """The link that it leads to, if any."""
        return frozenset({(self.netns, self.link)}) if self.link else frozenset()

    def _up(self) -> Iterator[ToolLine]:
        hop = f" via {self.via}" if self.via else ""
        link = f" dev {self.link}" if self.link else ""
        onlink = " onlink" if self.via and self.link else ""
        yield ToolLine("ip", f"route replace {self._what}{hop}{link}{onlink}")

    def _down(self) -> Iterator[ToolLine]:
        yield ToolLine("ip", f"route del {self._what}")

    @property
    def _what(self) -> str:
        kind = "" if self.kind == "unicast" else f"{self.kind} "
        metric = f" metric {self.metric}" if self.metric else ""
        return f"{kind}{self.prefix} table {self.table}{metric}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyRule(_InNamespace):
    """A routing policy rule: in order of preference, what arrives by `iif`, and goes `to`, is looked up in `table`.

    No table drops; `forwarded` leaves out what the namespace itself sends.
    """

    identity: ClassVar = ("netns", "preference", "iif", "to", "table")
    preference: int
    iif: str | None = None
    to: IPv4Network | None = None
    forwarded: bool = False
    table: int | None = None

    def _up(self) -> Iterator[ToolLine]:
        yield ToolLine("ip", f"rule add {self._what}")

    def _down(self) -> Iterator[ToolLine]:
        yield ToolLine("ip", f"rule del {self._what}")

    @property
    def _what(self) -> str:
        who = f" iif {self.iif}" if self.iif else (" not iif lo" if self.forwarded else "")
        what = "blackhole" if self.table is None else f"lookup {self.table}"
        where = f" to {self.to}" if self.to else ""
        return f"pref {self.preference}{who}{where} {what}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bridge(_InNamespace):
    """A bridge. `setup` are further ``ip link set ... type bridge`` arguments, one command each, in order."""

    identity: ClassVar = ("netns", "name")
    name: str
    options: str = ""
    setup: tuple[str, ...] = ()

    def _up(self) -> Iterator[ToolLine]:
        yield ToolLine("ip", f"link add {self.name} type bridge {self.options}".rstrip())
        yield from (ToolLine("ip", f"link set {self.name} type bridge {options}") for options in self.setup)
        yield ToolLine("ip", f"link set {self.name} up")

    def _down(self) -> Iterator[ToolLine]:
        yield ToolLine("ip", f"link del {self.name}")


@dataclass(frozen=True, slots=True, kw_only=True)
class BridgePort(_OnLink):
    """A link that is a port of a bridge, and up."""

    identity: ClassVar = ("netns", "link")
    bridge: str
    options: str = ""

    def _up(self) -> Iterator[ToolLine]:
        yield ToolLine("ip", f"link set {self.link} master {self.bridge}")
        if self.options:
            yield ToolLine("ip", f"link set {self.link} type bridge_slave {self.options}")
        yield ToolLine("ip", f"link set {self.link} up")

    def _down(self) -> Iterator[ToolLine]:
        yield ToolLine("ip", f"link set {self.link} nomaster")


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupPort(_OnLink):
    """A bridge port that a multicast group is forwarded to, whether or not it reports membership."""

    identity: ClassVar = ("netns", "link", "group")
    bridge: str
    group: IPv4Address

    def _up(self) -> Iterator[ToolLine]:
        yield ToolLine("bridge", f"mdb add dev {self.bridge} port {self.link} grp {self.group} permanent")

    def _down(self) -> Iterator[ToolLine]:
        yield ToolLine("bridge", f"mdb del dev {self.bridge} port {self.link} grp {self.group}")


@dataclass(frozen=True, slots=True, kw_only=True)
class PacketFilter(_InNamespace):
    """An nftables table; a change replaces it in one transaction, and what conntrack knows stays known."""

    in_place: ClassVar = True
    identity: ClassVar = ("netns", "family", "name")
    family: Literal["ip", "inet", "netdev", "bridge"]
    name: str
    links: tuple[str, ...] = ()
    """The links that it hooks into or hands packets to."""
    body: str
    """Its chains, one line each; nftables 1.0.6 wants a newline before a closing brace."""

    @property
    def needs(self) -> frozenset[Place]:
        """The links of its hooks."""
        return frozenset((self.netns, link) for link in self.links)

    def _up(self) -> Iterator[ToolLine]:
        table = f"table {self.family} {self.name}"
        yield ToolLine("nft", f"{table} {{\n}}\ndelete {table}\n{table} {{\n{self.body}\n}}")

    def _down(self) -> Iterator[ToolLine]:
        yield ToolLine("nft", f"delete table {self.family} {self.name}")
