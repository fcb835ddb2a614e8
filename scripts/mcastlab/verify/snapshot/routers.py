"""A router as it shows itself at one time, with the questions that its configuration answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import IPv4Network
from typing import TYPE_CHECKING, Final, Literal

from mcastlab.ios.configuration import section

if TYPE_CHECKING:
    from collections.abc import Mapping
    from ipaddress import IPv4Address

    from mcastlab.ios.configuration import Tree
    from mcastlab.ios.show.igmp import IgmpGroup, IgmpInterface
    from mcastlab.ios.show.multicast import Mroute, MrouteCount, PimInterface, PimNeighbor, PimTunnel, Rpf, RpMapping
    from mcastlab.ios.show.routing import RouteTo
    from mcastlab.ios.show.system import InterfaceBrief, Ping, Version
    from mcastlab.ios.show.vpn import BgpPeer, Ikev2Sa

NOT_NEEDED: Final = frozenset({"show version", "show platform hardware throughput level", "show ip mroute count"})
"""What no check needs: not every platform answers it, and in one form."""

IOS_GRE_MTU: Final = 1476
"""What a GRE tunnel carries whose configuration has no `ip mtu`. Source: Cisco, GRE tunnel transport MTU."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TunnelRate:
    """How many packets went through a router's interface, in each direction, over a measured time."""

    interface: str
    in_pps: float
    out_pps: float
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedRouter:
    """A router as it shows itself. What it did not answer is None or empty, and named in `unread`."""

    name: str
    site: str | None = None
    """None for the AWS router."""
    version: Version | None = None
    throughput_kbits: int | None = None
    running: str = ""
    """The running configuration with its keys masked."""
    tree: Tree = ()
    """The same in sections."""
    keys: Mapping[str, bool] = field(default_factory=dict)
    """By the outside address of a VPN endpoint: whether the router's pre-shared key for it is the connection's."""
    interfaces: tuple[InterfaceBrief, ...] = ()
    ikev2: tuple[Ikev2Sa, ...] = ()
    bgp: tuple[BgpPeer, ...] = ()
    pim_interfaces: tuple[PimInterface, ...] = ()
    pim_neighbors: tuple[PimNeighbor, ...] = ()
    rp_mappings: tuple[RpMapping, ...] = ()
    pim_tunnels: tuple[PimTunnel, ...] = ()
    igmp_interfaces: tuple[IgmpInterface, ...] = ()
    igmp_groups: tuple[IgmpGroup, ...] = ()
    mroutes: tuple[Mroute, ...] = ()
    mroute_counts: tuple[MrouteCount, ...] = ()
    rpf: Mapping[IPv4Address, Rpf | None] = field(default_factory=dict)
    """By the address that was asked for; None where the router has no reverse path."""
    routes: Mapping[IPv4Address, RouteTo | None] = field(default_factory=dict)
    """By the loopbacks at the other ends of GRE; None where at most the default route leads there."""
    underlay: Ping | None = None
    """From its loopback to the AWS router's, as GRE goes; of remote routers only."""
    overlay: Ping | None = None
    """To the other end of its GRE tunnel; of remote routers only."""
    full_size: Ping | None = None
    """The same, as large as the design lets packets be, and not to be cut."""
    rates: tuple[TunnelRate, ...] = ()
    """Of the GRE tunnels, where they were asked for."""
    unread: Mapping[str, str] = field(default_factory=dict)
    """What could not be read of an answer, by command."""

    def interface(self, name: str) -> InterfaceBrief | None:
        """Return an interface's state."""
        return next((each for each in self.interfaces if each.name == name), None)

    def lines(self, interface: str) -> tuple[str, ...] | None:
        """Return the configuration of an interface; None where it has none."""
        found = section(self.tree, f"interface {interface}")
        return None if found is None else tuple(line.text for line in found.below)

    def value(self, interface: str, word: str) -> str | None:
        """Return what stands behind a word in an interface's configuration: ``tunnel destination``, ``ip mtu``."""
        lines = self.lines(interface) or ()
        return next((line.removeprefix(f"{word} ") for line in lines if line.startswith(f"{word} ")), None)

    def has_line(self, start: str) -> bool:
        """Say whether the configuration has a line at its top level that starts so."""
        return any(line.text.startswith(start) for line in self.tree)

    def bgp_lines(self) -> frozenset[str]:
        """Return the lines below ``router bgp``."""
        return frozenset(line.text for top in self.tree if top.text.startswith("router bgp ") for line in top.below)

    def tunnel_to(self, address: IPv4Address) -> str | None:
        """Return the tunnel interface whose destination an address is."""
        for top in self.tree:
            if top.text.startswith("interface Tunnel") and any(
                line.text == f"tunnel destination {address}" for line in top.below
            ):
                return top.text.removeprefix("interface ")
        return None

    def gre_mtu(self, interface: str) -> int:
        """Return a GRE tunnel's IP MTU in octets."""
        configured = self.value(interface, "ip mtu")
        return int(configured) if configured and configured.isdecimal() else IOS_GRE_MTU

    def register_tunnel(self, rendezvous_point: IPv4Address) -> PimTunnel | None:
        """Return the tunnel by which the router registers senders. Source: RFC 7761, section 4.4."""
        return next((each for each in self.pim_tunnels if not each.decap and each.rp == rendezvous_point), None)

    def static_lines(self, kind: Literal["route", "mroute"], address: IPv4Address) -> list[tuple[int, str, str]]:
        """Return prefix length, line and target of the static lines that an address may take, in the router's order.

        Source: Cisco, ``ip route`` and ``ip mroute``: network, mask, then the interface or next hop.
        """
        found = []
        for line in self.tree:
            words = line.text.split()
            if words[:2] != ["ip", kind] or len(words) < 5:  # noqa: PLR2004  (ip KIND NETWORK MASK TARGET)
                continue
            try:
                network = IPv4Network(f"{words[2]}/{words[3]}")
            except ValueError:
                continue
            if address in network:
                found.append((network.prefixlen, line.text, words[4]))
        return found
