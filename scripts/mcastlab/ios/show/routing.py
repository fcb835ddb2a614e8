"""The unicast route that an address takes, as a router shows it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from typing import TYPE_CHECKING, Final

from mcastlab.ios.show.tables import UnreadableError, first_line, rows
from mcastlab_base.as_numbers import in_asplain

if TYPE_CHECKING:
    from mcastlab.ios.show.tables import ShowRow

_TABLE: Final = "Codes:|Gateway of last resort"
_AGE: Final = re.compile(r", (?:\d+:\d\d:\d\d|\d+[ywdh]\w*)(?=,|$)|^\d+:\d\d:\d\d, ")
NOT_IN_TABLE: Final = "not in table"


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteTo:
    """``show ip route`` with an address."""

    prefix: IPv4Network
    known_via: str
    """``bgp 65001``, ``static``, ``connected``, ``ospf 1``."""
    distance: int
    next_hops: tuple[IPv4Address, ...]
    interfaces: tuple[str, ...]
    """As far as the router names them: it names none for what BGP announced."""


def route_to(text: str) -> RouteTo | None:
    """Read ``show ip route`` with an address; None where at most the default route leads there.

    Raises:
        UnreadableError: it is not what the command prints.
    """
    if NOT_IN_TABLE in text:
        return None
    found = rows("ip_route_to", text, command="show ip route")
    if not found:
        raise UnreadableError(
            "show ip route", first_line(text), expected="a routing entry, or that the address is not in the table"
        )
    row = found[0]
    return RouteTo(
        prefix=row.network("PREFIX"),
        known_via=in_asplain(row.text("KNOWN")),
        distance=row.number("DISTANCE"),
        next_hops=tuple(row.read(each, IPv4Address, "a next hop") for each in row.items("NEXT_HOP")),
        interfaces=row.items("INTERFACE"),
    )


def static_routes(text: str) -> tuple[tuple[str, str], ...]:
    """Read ``show ip route static``: each prefix, with where it leads, which is an address, an interface or both."""
    found = rows("ip_route_static", text, known=_TABLE)
    return tuple((_prefix(row), _AGE.sub("", row.needed("WAY"))) for row in found)


def _prefix(row: ShowRow) -> str:
    """Return a prefix as the router prints it; one whose mask is written out with its length."""
    text = row.needed("PREFIX")
    return str(row.network("PREFIX")) if " " in text else text
