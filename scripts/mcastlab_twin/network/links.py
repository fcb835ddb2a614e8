"""Namespaces, the links between them, and the settings of either."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from mcastlab_twin.network.piece import Line, Phase, Place

if TYPE_CHECKING:
    from collections.abc import Hashable


@dataclass(frozen=True, slots=True, kw_only=True)
class Namespace:
    """A network namespace of the vessel, with settings that do not depend on the machine's.

    It belongs to a user namespace of its own, so that a node's root can be given it, and nothing else.
    """

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
        return (Line("netns", f"add {self.name}"),)

    def down(self) -> tuple[Line, ...]:
        """How it is unmade."""
        return (Line("netns", f"del {self.name}"),)

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
