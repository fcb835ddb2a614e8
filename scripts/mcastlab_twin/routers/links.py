"""Interfaces of a router's namespace as values, and the `ip` lines that lead from one state to another. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from ipaddress import IPv4Interface


@dataclass(frozen=True, slots=True, kw_only=True)
class RouterLink:
    """An interface by its kernel name. `lo` carries the addresses of all loopback interfaces."""

    device: str
    up: bool
    mtu: int | None = None
    """None leaves what it has."""
    addresses: tuple[IPv4Interface, ...] = ()
    igmp_version: int = 2
    """The version that the kernel reports group membership in (RFC 2236, RFC 3376)."""


def link_lines(applied: Mapping[str, RouterLink], wanted: Sequence[RouterLink]) -> tuple[str, ...]:
    """Return what `ip -batch` is to do. An interface that is not in `applied` may hold anything: it is cleared."""
    return tuple(line for link in wanted for line in _lines(applied.get(link.device), link))


def _lines(old: RouterLink | None, new: RouterLink) -> Iterator[str]:
    device = new.device
    if old is None:
        yield f"address flush dev {device} scope global"
    had = () if old is None else old.addresses
    for address in had:
        if address not in new.addresses:
            yield f"address del {address} dev {device}"
    for address in new.addresses:
        if address not in had:
            yield f"address add {address} dev {device}"
    if new.mtu is not None and (old is None or old.mtu != new.mtu):
        yield f"link set {device} mtu {new.mtu}"
    if old is None or old.up != new.up:
        yield f"link set {device} {'up' if new.up else 'down'}"


def sysctls(applied: Mapping[str, RouterLink], wanted: Sequence[RouterLink]) -> tuple[str, ...]:
    """Return the settings (``name=value``) that differ. A version of 3 is the kernel's own choice, written 0."""
    return tuple(
        # Slashes part the words, since a device's name may hold dots.
        f"net/ipv4/conf/{link.device}/force_igmp_version={0 if link.igmp_version >= 3 else link.igmp_version}"  # noqa: PLR2004
        for link in wanted
        if link.device not in applied or applied[link.device].igmp_version != link.igmp_version
    )
