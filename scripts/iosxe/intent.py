"""What a router's configuration asks for, as values: the hand-over from the configuration tree to a backend.

Interface names are canonical IOS names (``GigabitEthernet1``, ``Loopback0``, ``Tunnel200``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from ipaddress import IPv4Address, IPv4Interface, IPv4Network

    from mcastlab_base.secret import Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Tunnel:
    """The tunnel half of a Tunnel interface that has source, destination and (for IPsec) protection."""

    mode: Literal["gre", "ipsec"]
    source: str | IPv4Address
    """An interface's name or an own address."""
    destination: IPv4Address


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundaryEntry:
    """An entry of the access list of a multicast boundary."""

    permits: bool
    sources: IPv4Network
    groups: IPv4Network


@dataclass(frozen=True, slots=True, kw_only=True)
class Interface:
    """An interface. `address` "dhcp" takes what the network gives it."""

    name: str
    address: IPv4Interface | Literal["dhcp"] | None = None
    shutdown: bool = False
    ip_mtu: int | None = None
    tcp_adjust_mss: int | None = None
    pim_sparse: bool = False
    igmp_version: int = 2
    igmp_join_groups: tuple[IPv4Address, ...] = ()
    igmp_static_groups: tuple[IPv4Address, ...] = ()
    boundary_out: tuple[BoundaryEntry, ...] | None = None
    """What multicast may leave, the first entry that matches decides, and nothing else; None where all may."""
    tunnel: Tunnel | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StaticRoute:
    """``ip route``: by next hop, by interface, or both."""

    prefix: IPv4Network
    next_hop: IPv4Address | None = None
    interface: str | None = None
    distance: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class StaticMroute:
    """``ip mroute``: the RPF neighbour or the RPF interface for sources in `prefix`."""

    prefix: IPv4Network
    rpf: IPv4Address | str
    distance: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RendezvousPoint:
    """``ip pim rp-address``: a static RP for `groups` (all of 224.0.0.0/4 where no access list limits it)."""

    address: IPv4Address
    groups: tuple[IPv4Network, ...]
    override: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BgpNeighbor:
    """A neighbour of ``router bgp``. Times in seconds."""

    address: IPv4Address
    remote_as: int
    keepalive_s: int = 60
    hold_s: int = 180


@dataclass(frozen=True, slots=True, kw_only=True)
class Bgp:
    """``router bgp``: neighbours, and the networks it originates where the routing table has them."""

    asn: int
    router_id: IPv4Address | None = None
    neighbors: tuple[BgpNeighbor, ...] = ()
    networks: tuple[IPv4Network, ...] = ()
    maximum_paths: int = 1
    """How many equally good routes of one neighbouring AS share traffic (``maximum-paths``)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IkeProposal:
    """What an IKEv2 proposal offers; `integrity` holds the PRFs where the encryption is GCM."""

    encryption: tuple[str, ...]
    integrity: tuple[str, ...]
    groups: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class IpsecTunnel:
    """An IPsec VTI with its IKEv2 profile, keyring, proposals and transform set resolved.

    Algorithms are in IOS's words: ``aes-cbc-256``, ``sha256``, DH group numbers.
    """

    interface: str
    pre_shared_key: Secret
    ike_proposals: tuple[IkeProposal, ...]
    """Those of the policy, the first one first."""
    ike_lifetime_s: int
    esp_encryption: str
    """e.g. ``esp-aes 256`` or ``esp-gcm 256``."""
    esp_integrity: str | None
    """e.g. ``esp-sha256-hmac``; None with GCM."""
    pfs_group: int | None
    esp_lifetime_s: int
    dpd_interval_s: int | None
    dpd_retry_s: int | None
    replay_window: int
    """How many packets one may come behind the latest and still be taken."""
    local_identity: IPv4Address | None = None
    """Where ``identity local address`` sets it; else the tunnel's source address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RouterIntent:
    """Everything that a backend makes real."""

    hostname: str = "Router"
    multicast_routing: bool = False
    interfaces: tuple[Interface, ...] = ()
    routes: tuple[StaticRoute, ...] = ()
    mroutes: tuple[StaticMroute, ...] = ()
    rendezvous_points: tuple[RendezvousPoint, ...] = ()
    register_source: str | None = None
    """``ip pim register-source``: an interface's name."""
    bgp: Bgp | None = None
    ipsec_tunnels: tuple[IpsecTunnel, ...] = ()
