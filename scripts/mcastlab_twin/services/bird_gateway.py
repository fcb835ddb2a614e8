"""BIRD's configuration for a gateway: a BIRD table a route table, and a BIRD table a VPN connection. Pure.

What a connection's neighbours tell is in its own table, from which it goes to the route tables that the connection
propagates to; what is announced to them comes from the one route table that the connection is associated with.
Source: AWS, Transit Gateway, "How transit gateways work" (association, propagation).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mcastlab_twin.services.bird_conf import (
    BGP_PREFERENCE,
    RESOLVED,
    SCAN,
    BirdNeighbor,
    BirdRoute,
    bgp_name,
    header,
    session,
    static,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from ipaddress import IPv4Address, IPv4Network
    from pathlib import Path

_LAST: Final = 0
"""The preference of what is only announced to neighbours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayTable:
    """A route table: its kernel table, what it tells neighbours whatever it learns, and its static routes into VPNs."""

    kernel_table: int
    originated: tuple[IPv4Network, ...] = ()
    routes: tuple[BirdRoute, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayConnection:
    """A VPN connection: a neighbour a tunnel, and the kernel tables that it is associated with and propagates to."""

    neighbors: tuple[BirdNeighbor, ...]
    associated: int | None
    propagated: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayConfig:
    """What BIRD is to do for a gateway."""

    router_id: IPv4Address
    asn: int
    tables: tuple[GatewayTable, ...]
    connections: tuple[GatewayConnection, ...]
    multipath: int = 1
    """How many equally good routes share traffic."""

    @property
    def neighbors(self) -> tuple[BirdNeighbor, ...]:
        """All neighbours."""
        return tuple(neighbor for connection in self.connections for neighbor in connection.neighbors)

    def text(self, log: Path) -> str:
        """Return BIRD's configuration."""
        return "".join(f"{line}\n" for line in self._lines(log))

    def _lines(self, log: Path) -> Iterator[str]:
        yield from header(self.router_id, log)
        merge = f"merge paths on limit {self.multipath}; " if self.multipath > 1 else ""
        for table in self.tables:
            yield from _table(table, merge)
        known = {table.kernel_table for table in self.tables}
        for connection in self.connections:
            yield from _connection(connection, self.asn, known)


def _table(table: GatewayTable, merge: str) -> Iterator[str]:
    number = table.kernel_table
    yield f"ipv4 table t{number};"
    yield (
        f"protocol kernel r_kernel_{number} {{ kernel table {number}; {SCAN} {merge}"
        f' ipv4 {{ table t{number}; import none; export where {RESOLVED} && proto != "r_originated_{number}"; }}; }}'
    )
    yield from static(f"r_static_{number}", table.routes, f"t{number}", lookup=f"t{number}")
    if table.originated:
        yield f"protocol static r_originated_{number} {{ ipv4 {{ table t{number}; preference {_LAST}; }};"
        yield from (f"  route {prefix} blackhole;" for prefix in table.originated)
        yield "}"


def _connection(connection: GatewayConnection, asn: int, known: set[int]) -> Iterator[str]:
    names = [bgp_name(neighbor.remote) for neighbor in connection.neighbors]
    if not names:
        return
    own = f"c_{names[0]}"
    theirs = " || ".join(f'proto = "{name}"' for name in names)
    yield f"ipv4 table {own};"
    for neighbor in connection.neighbors:
        options = f"table {own}; preference {BGP_PREFERENCE}; import all; next hop self; export all;"
        yield from session(neighbor, asn, options)
    for number in connection.propagated:
        if number in known:
            yield (
                f"protocol pipe r_up_{names[0]}_{number} {{ table {own}; peer table t{number};"
                f" import none; export where {theirs}; }}"
            )
    if connection.associated in known:
        number = connection.associated
        yield (
            f"protocol pipe r_down_{names[0]} {{ table t{number}; peer table {own}; import none;"
            f' export where (source = RTS_BGP || proto = "r_originated_{number}") && !({theirs}); }}'
        )
