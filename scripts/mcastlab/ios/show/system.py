"""The router itself: version, interfaces, throughput, ping."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mcastlab.ios.show.tables import (
    UnreadableError,
    first_line,
    ntc_rows,
    rows,
)
from mcastlab.text import last_line

if TYPE_CHECKING:
    from ipaddress import IPv4Address

_RELEASE: Final = re.compile(r"^(?!\s*ROM:).*\bSoftware \([^)]*\), (?:Experimental )?Version ([^\s,]+)", re.MULTILINE)
"""Of the image; bootstraps have versions too, and an engineering image is no release."""
_LEVEL: Final = re.compile(r"current throughput level is (?:(\d{1,12}) (?:kb/s|kbps)|unthrottled)")
UNTHROTTLED: Final = 1_000_000_000
"""kbit/s: what stands for a router that its licence does not hold back, more than any of them forwards."""
_RATE: Final = re.compile(
    r"Success rate is \d+ percent \((\d{1,9})/(\d{1,9})\)"
    r"(?:, round-trip min/avg/max = (\d{1,9})/(\d{1,9})/(\d{1,9}) ms)?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """``show version``."""

    hostname: str
    release: str
    """``17.9.4a``."""
    hardware: str
    serial: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InterfaceCounts:
    """How many packets an interface of ``show interfaces`` has seen since its counters were cleared."""

    name: str
    packets_in: int
    packets_out: int


@dataclass(frozen=True, slots=True, kw_only=True)
class InterfaceBrief:
    """A line of ``show ip interface brief``."""

    name: str
    address: IPv4Address | None
    admin_up: bool
    protocol_up: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Ping:
    """What ``ping`` printed; times in milliseconds, None where nothing came back."""

    sent: int
    received: int
    average_ms: int | None


def version(text: str) -> Version:
    """Read ``show version``."""
    found = ntc_rows("show version", text)
    if not found:
        raise UnreadableError("show version", first_line(text))
    row, release = found[0], _RELEASE.search(text)
    return Version(
        hostname=row.text("hostname"),
        release=row.text("version") if release is None else release[1],
        hardware=row.text("hardware"),
        serial=row.text("serial"),
    )


def interface_counts(text: str) -> tuple[InterfaceCounts, ...]:
    """Read the packet counters of ``show interfaces``; an interface that has none is left out."""
    return tuple(
        InterfaceCounts(
            name=row.text("INTERFACE"),
            packets_in=row.number("PACKETS_IN"),
            packets_out=row.number("PACKETS_OUT"),
        )
        for row in rows("interfaces", text)
        if row.text("PACKETS_IN") and row.text("PACKETS_OUT")
    )


def interfaces_brief(text: str) -> tuple[InterfaceBrief, ...]:
    """Read ``show ip interface brief``.

    Raises:
        UnreadableError: it is not what the command prints, which has a heading always.
    """
    found = rows("ip_interface_brief", text, known="IP-Address")
    if not found and not text.strip():
        raise UnreadableError("show ip interface brief", "", expected="the command's heading")
    return tuple(
        InterfaceBrief(
            name=row.text("INTERFACE"),
            address=None if row.text("ADDRESS") == "unassigned" else row.address("ADDRESS"),
            admin_up="administratively" not in row.text("STATUS"),
            protocol_up=row.text("PROTOCOL") == "up",
        )
        for row in found
    )


def throughput_kbits(text: str) -> int:
    """Read ``show platform hardware throughput level``: kbit/s, `UNTHROTTLED` for one without a limit.

    Raises:
        UnreadableError: it tells no level.
    """
    found = _LEVEL.search(text)
    if found is None:
        raise UnreadableError(
            "show platform hardware throughput level", first_line(text), expected="the throughput level"
        )
    return UNTHROTTLED if found[1] is None else int(found[1])


def ping(text: str) -> Ping:
    """Read what ``ping`` printed.

    Raises:
        UnreadableError: it tells no success rate.
    """
    found = _RATE.search(text)
    if found is None:
        raise UnreadableError("ping", last_line(text), expected="a success rate")
    return Ping(sent=int(found[2]), received=int(found[1]), average_ms=int(found[4]) if found[4] else None)
