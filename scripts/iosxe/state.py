"""What a running router sees, as values: the hand-over from a backend to the show commands. Times in seconds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping
    from ipaddress import IPv4Address, IPv4Interface, IPv4Network

    from iosxe.intent import RouterIntent


@dataclass(frozen=True, slots=True, kw_only=True)
class InterfaceState:
    """An interface as it runs."""

    name: str
    address: IPv4Interface | None
    admin_up: bool
    protocol_up: bool
    mtu: int
    hardware_address: str | None = None
    """``02:00:5e:10:00:01``; None for an interface that has none."""
    packets_in: int = 0
    bytes_in: int = 0
    packets_out: int = 0
    bytes_out: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LivePimNeighbor:
    """A PIM neighbour."""

    address: IPv4Address
    interface: str
    uptime_s: float
    expires_s: float
    dr_priority: int = 1
    is_dr: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveOutgoingInterface:
    """An entry of an outgoing interface list."""

    interface: str
    uptime_s: float
    expires_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveMroute:
    """A multicast route: (*, G) where `source` is None."""

    source: IPv4Address | None
    group: IPv4Address
    rendezvous_point: IPv4Address | None
    flags: str
    """IOS flag letters, e.g. ``SJCL``."""
    uptime_s: float
    expires_s: float | None
    incoming_interface: str | None
    rpf_neighbor: IPv4Address | None
    rpf_is_mroute: bool
    registering: bool
    outgoing: tuple[LiveOutgoingInterface, ...]
    packets: int = 0
    bytes: int = 0
    wrong_interface: int = 0
    """Packets that came in elsewhere than on the incoming interface."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveIgmpGroup:
    """A group with members on an interface."""

    group: IPv4Address
    interface: str
    uptime_s: float
    expires_s: float | None
    last_reporter: IPv4Address


@dataclass(frozen=True, slots=True, kw_only=True)
class UnicastRoute:
    """A route of the unicast table."""

    prefix: IPv4Network
    source: Literal["connected", "local", "static", "bgp", "dhcp"]
    distance: int
    metric: int
    next_hop: IPv4Address | None
    interface: str | None
    age_s: float = 0
    """How long a route of BGP has been there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RpfResult:
    """The reverse path towards an address."""

    interface: str
    neighbor: IPv4Address | None
    prefix: IPv4Network
    kind: Literal["multicast (static)", "unicast (static)", "unicast (bgp)", "unicast (connected)"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveBgpPeer:
    """A BGP neighbour; `prefixes` is None while the session is not established."""

    address: IPv4Address
    remote_as: int
    state: str
    since_s: float
    prefixes: int | None
    messages_received: int = 0
    messages_sent: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveIkev2Sa:
    """An IKEv2 security association."""

    local: IPv4Address
    local_port: int
    remote: IPv4Address
    remote_port: int
    ready: bool
    encryption: str
    key_bits: int
    prf: str
    integrity: str
    dh_group: int
    lifetime_s: int
    active_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PingResult:
    """Echo requests sent and answered; round trip times in milliseconds."""

    sent: int
    received: int
    round_trip_ms: tuple[float, ...]


class BackendError(Exception):
    """The backend could not make the configuration real; the text says what the program behind it answered."""


class Backend(Protocol):
    """What makes a router's configuration real and tells what became of it."""

    async def apply(self, intent: RouterIntent) -> None:
        """Make the router be what `intent` says; the same intent twice changes nothing.

        Raises:
            BackendError: a program behind it refused.
        """

    async def interfaces(self) -> tuple[InterfaceState, ...]:
        """Return every interface that exists, physical ones first."""

    async def pim_neighbors(self) -> tuple[LivePimNeighbor, ...]:
        """Return the PIM neighbours."""

    async def mroutes(self, *, counted: bool = False) -> tuple[LiveMroute, ...]:
        """Return the multicast routing table, each (*, G) before its (S, G); `counted` with packets and bytes."""

    async def igmp_groups(self) -> tuple[LiveIgmpGroup, ...]:
        """Return the groups with members, by interface."""

    async def igmp_queriers(self) -> Mapping[str, IPv4Address]:
        """Return the IGMP querier of each interface that has one, by interface."""

    async def routes(self) -> tuple[UnicastRoute, ...]:
        """Return the unicast routing table."""

    async def rpf(self, address: IPv4Address) -> RpfResult | None:
        """Return the reverse path to `address` as IOS computes it: static mroutes first, then the unicast route."""

    async def bgp_peers(self) -> tuple[LiveBgpPeer, ...]:
        """Return the BGP neighbours."""

    async def ikev2_sas(self) -> tuple[LiveIkev2Sa, ...]:
        """Return the IKEv2 security associations."""

    async def rekey(self) -> None:
        """Have every security association negotiated anew, as at the end of its lifetime.

        Raises:
            BackendError: an association is not there any more, or was not made anew in time.
        """

    async def ping(
        self,
        destination: IPv4Address,
        *,
        source: IPv4Address | None,
        count: int,
        size: int,
        timeout_s: float,
        whole: bool = False,
    ) -> PingResult:
        """Send echo requests of `size` bytes, IP header included; with `whole`, ones that may not be fragmented."""
