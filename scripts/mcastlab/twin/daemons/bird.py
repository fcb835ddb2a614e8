"""Unicast routing of a namespace: static, connected and BGP routes in a kernel table of their own, by BIRD 2."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class BirdNeighbor:
    """An external BGP neighbour on a connected network. Times in seconds."""

    local: IPv4Address
    remote: IPv4Address
    remote_as: int
    keepalive_s: int = 10
    hold_s: int = 30
    passive: bool = False
    """Wait for the other end to open the session."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BirdRoute:
    """A static route by next hop, by interface (kernel name), or both; `distance` as on IOS: the least wins."""

    prefix: IPv4Network
    next_hop: IPv4Address | None = None
    interface: str | None = None
    distance: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class BirdCopy:
    """A second kernel table that gets every route but those inside a prefix of `without`."""

    kernel_table: int
    without: tuple[IPv4Network, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BirdConfig:
    """What BIRD is to do in a namespace."""

    router_id: IPv4Address
    asn: int | None = None
    """Own AS; None runs no BGP."""
    kernel_table: int = 100
    """Where learnt, static and (see `connected`) connected routes go."""
    neighbors: tuple[BirdNeighbor, ...] = ()
    originated: tuple[IPv4Network, ...] = ()
    """Advertised always, route or not."""
    networks: tuple[IPv4Network, ...] = ()
    """Advertised while the table holds exactly this prefix (``network`` of IOS)."""
    routes: tuple[BirdRoute, ...] = ()
    connected: bool = False
    """Connected networks go to `kernel_table` too (needed where a rule looks there before the main table)."""
    copy: BirdCopy | None = None
    multipath: int = 1
    """How many equally good BGP routes share traffic."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BirdPeer:
    """A BGP session; `state` in BGP's words (RFC 4271 8.2.2), `prefixes` None while it is not established."""

    remote: IPv4Address
    remote_as: int
    state: str
    since_s: float
    prefixes: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BirdTableRoute:
    """A best route of BIRD's table."""

    prefix: IPv4Network
    source: str
    """``connected``, ``static`` or ``bgp``."""
    distance: int
    next_hop: IPv4Address | None
    interface: str | None


class Bird:
    """One BIRD in one namespace."""

    def __init__(self, netns: str, run_dir: Path) -> None:
        self._netns = netns
        self._run_dir = run_dir

    async def apply(self, config: BirdConfig) -> None:
        """Start BIRD, or have the running one take `config` over; sessions that it does not change stay up.

        Raises:
            ProgramError, TimeoutError: BIRD refused the configuration or did not answer.
        """
        raise NotImplementedError

    async def stop(self) -> None:
        """End BIRD; its routes leave the kernel. Harmless when not started."""
        raise NotImplementedError

    async def peers(self) -> tuple[BirdPeer, ...]:
        """Return the BGP sessions, in the order of the configuration."""
        raise NotImplementedError

    async def routes(self) -> tuple[BirdTableRoute, ...]:
        """Return the best routes, by prefix."""
        raise NotImplementedError
