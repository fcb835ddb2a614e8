"""The router's nftables rules. Pure.

What Linux and pimd do not do by themselves as IOS does:

- ``ip tcp adjust-mss``;
- ``ip igmp static-group``: it is a join of pimd's whose report does not leave the router;
- ``ip multicast boundary LIST out``: what the list denies does not leave, although pimd lists the interface;
- multicast from a source outside the interface's own network, where no PIM neighbour can have sent it: IOS opens no
  state for it (RFC 7761 4.2: only a directly connected source, a Register or a join does), pimd does after a while;
- unicast PIM (Register, Register-Stop) that arrives where PIM is off, such as an IPsec tunnel: IOS takes it, pimd has
  no socket there. It is handed to pimd by way of the loopback interface, if that runs PIM;
- ``ip pim register-source``: a Register leaves with that interface's address, or without the command with that of the
  interface by which it leaves, whereas pimd gives it the address of the interface where the source is;
- who reported membership last.
"""

from __future__ import annotations

from ipaddress import collapse_addresses
from typing import TYPE_CHECKING, Final

from mcastlab_twin.routers import reporters

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from ipaddress import IPv4Interface

    from iosxe.intent import Interface, RouterIntent

TABLES: Final = ("inet router", "ip router", "netdev router")
_LOOPBACK: Final = "lo"
_PIM_HOLD_S: Final = 105


def ruleset(
    intent: RouterIntent, device: Callable[[str], str | None], address: Callable[[str], IPv4Interface | None]
) -> str:
    """Return the whole ruleset as a transaction that replaces what was there; empty where there is nothing to rule.

    Args:
        intent: what the configuration asks for.
        device: the kernel's name of an interface.
        address: an interface's address, as it stands in the configuration or came by DHCP.
    """
    named = [(each, name) for each in intent.interfaces if (name := device(each.name)) is not None]
    mss = [line for each, name in named if each.tcp_adjust_mss for line in _adjust_mss(name, each.tcp_adjust_mss)]
    ports = [(each, name) for each, name in named if each.name.startswith("Gigabit") and intent.multicast_routing]
    foreign = [line for each, name in ports for line in _foreign_sources(intent, each, name, address(each.name))]
    silent = [line for each, name in ports for line in _silent_joins(each, name)]
    bounded = [line for each, name in ports for line in _boundary(each, name)]
    speaking = {name for each, name in named if each.pim_sparse and intent.multicast_routing}
    parts: list[str] = []
    reports = list(reporters.rules(name for each, name in ports if each.pim_sparse))
    if mss or foreign or reports or bounded:
        parts += ["table inet router {", *_pim_speakers(foreign), *reports, *_forward(mss), *_bounded(bounded), "}"]
    if _LOOPBACK in speaking:
        registers = list(_register_sources(intent, named, address))
        parts += ["table ip router {", *_unicast_pim(speaking), *_registers(registers), "}"]
    if silent:
        parts += ["table netdev router {", *silent, "}"]
    if not parts:
        return ""
    return "\n".join([*(f"table {table}\ndelete table {table}" for table in TABLES), *parts]) + "\n"


def _adjust_mss(device: str, mss: int) -> Iterator[str]:
    for direction in ("iifname", "oifname"):
        yield (
            f'  {direction} "{device}" tcp flags & (syn | rst) == syn tcp option maxseg size > {mss}'
            f" tcp option maxseg size set {mss}"
        )


def _forward(rules: list[str]) -> list[str]:
    if not rules:
        return []
    return [" chain mss {", "  type filter hook forward priority mangle; policy accept;", *rules, " }"]


def _bounded(rules: list[str]) -> list[str]:
    if not rules:
        return []
    return [" chain boundary {", "  type filter hook forward priority filter; policy accept;", *rules, " }"]


def _boundary(interface: Interface, device: str) -> Iterator[str]:
    if interface.boundary_out is None:
        return
    leaving = f'  oifname "{device}" ip daddr 224.0.0.0/4'
    for entry in interface.boundary_out:
        verdict = "accept" if entry.permits else "drop"
        yield f"{leaving} ip saddr {entry.sources} ip daddr {entry.groups} {verdict}"
    yield f"{leaving} drop"


def _pim_speakers(rules: list[str]) -> list[str]:
    if not rules:
        return []
    return [
        " set pim_speakers {",
        "  type ifname",
        "  flags dynamic,timeout",
        f"  timeout {_PIM_HOLD_S}s",
        " }",
        " chain foreign {",
        "  type filter hook prerouting priority raw; policy accept;",
        "  ip daddr 224.0.0.13 ip protocol pim fib saddr type != local update @pim_speakers { iifname }",
        "  ip daddr 224.0.0.0/24 accept",
        *rules,
        " }",
    ]


def _unicast_pim(speaking: set[str]) -> list[str]:
    names = ", ".join(f'"{name}"' for name in sorted(speaking))
    return [
        " chain unicast_pim {",
        "  type filter hook prerouting priority raw; policy accept;",
        f'  iifname != {{ {names} }} ip protocol pim fib daddr type local dup to 127.0.0.1 device "{_LOOPBACK}" drop',
        " }",
    ]


def _register_sources(
    intent: RouterIntent, named: list[tuple[Interface, str]], address: Callable[[str], IPv4Interface | None]
) -> Iterator[str]:
    points = ", ".join(sorted({str(point.address) for point in intent.rendezvous_points}))
    if not points:
        return
    # Version 2, type 1 (RFC 7761 4.9), from this router itself.
    register = f"ip protocol pim @th,0,8 0x21 ip daddr {{ {points} }} fib saddr type local"
    source = address(intent.register_source) if intent.register_source else None
    if source is not None:
        yield f"  {register} ip saddr set {source.ip}"
        return
    for interface, device in named:
        leaves_by = address(interface.name)
        if leaves_by is not None and device != _LOOPBACK:
            yield f'  oifname "{device}" {register} ip saddr set {leaves_by.ip}'


def _registers(rules: list[str]) -> list[str]:
    if not rules:
        return []
    return [" chain registers {", "  type filter hook postrouting priority mangle; policy accept;", *rules, " }"]


def _foreign_sources(
    intent: RouterIntent, interface: Interface, device: str, address: IPv4Interface | None
) -> Iterator[str]:
    if not interface.pim_sparse or address is None:
        return
    # A static mroute to the interface itself makes its sources directly connected.
    near = [address.network, *(mroute.prefix for mroute in intent.mroutes if mroute.rpf == interface.name)]
    sources = ", ".join(str(prefix) for prefix in collapse_addresses(near))
    yield (
        f'  iifname "{device}" ip daddr 224.0.0.0/4 ip protocol != igmp'
        f" ip saddr != {{ {sources} }} iifname != @pim_speakers drop"
    )


def _silent_joins(interface: Interface, device: str) -> Iterator[str]:
    groups = sorted(set(interface.igmp_static_groups) - set(interface.igmp_join_groups))
    if groups:
        yield f" chain {device} {{"
        yield f'  type filter hook egress device "{device}" priority 0; policy accept;'
        yield f"  ip protocol igmp ip daddr {{ {', '.join(str(group) for group in groups)} }} drop"
        yield " }"
