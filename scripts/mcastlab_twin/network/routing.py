"""Addresses, routes and policy rules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from mcastlab_twin.network.piece import Line, Phase, Place

if TYPE_CHECKING:
    from collections.abc import Hashable
    from ipaddress import IPv4Address, IPv4Interface, IPv4Network


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
    """A routing policy rule: in order of preference, what arrives by `iif`, and goes `to`, is looked up in `table`.

    No table drops; `forwarded` leaves out what the namespace itself sends.
    """

    phase: ClassVar = Phase.SETUP
    in_place: ClassVar = False
    netns: str
    preference: int
    iif: str | None = None
    to: IPv4Network | None = None
    forwarded: bool = False
    table: int | None = None

    @property
    def key(self) -> Hashable:
        """Identity."""
        return PolicyRule, self.netns, self.preference, self.iif, self.to, self.table

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
        where = f" to {self.to}" if self.to else ""
        return f"pref {self.preference}{who}{where} {what}"
